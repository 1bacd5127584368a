// Values as text, and elements that hold text. Whatever is in an answer is data: it never becomes markup.

export function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

export function shown(value) {
  if (value === null) return "null";
  if (typeof value === "string") return value;
  if (typeof value !== "object") return String(value);
  if (value.kind === "node") return `(:${value.labels.join(":")} ${value.properties.name ?? ""})`;
  if (value.kind === "relationship") return `[:${value.type}]`;
  if (value.kind === "path") return value.nodes.map(shown).join(" - ");
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  return JSON.stringify(value);
}

export function fill(table, columns, rows) {
  const head = element("tr", ...columns.map((column) => element("th", column)));
  const body = rows.map((row) => element("tr", ...row.map(cell)));
  table.replaceChildren(element("thead", head), element("tbody", ...body));
}

function cell(value) {
  const made = element("td", shown(value));
  if (typeof value === "number") made.className = "number";
  return made;
}
