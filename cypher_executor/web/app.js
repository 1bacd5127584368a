// The page asks, and shows what is answered: as a picture where there are nodes in it, and as a table.

import { ask, key, Problem, questions } from "./ask.js";
import { draw, MOST } from "./graph.js";
import { element, fill } from "./values.js";

const at = (id) => document.getElementById(id);
const [query, problem, answer] = [at("query"), at("problem"), at("answer")];
let asked = 0;

async function run(text) {
  const mine = ++asked;
  key.set(at("key-text").value.trim() || key.get());
  try {
    const told = await ask(text, parameters());
    if (mine === asked) show(told); // an answer that comes late is of a question that was asked before
  } catch (error) {
    if (mine === asked) complain(error);
  }
}

function show(told) {
  problem.hidden = true;
  answer.hidden = false;
  at("key").hidden = true;
  const drawn = told.graph !== null && told.graph.nodes.length > 0;
  at("drawing").hidden = !drawn;
  if (drawn) draw(at("graph"), at("details"), told.graph);
  fill(at("table"), told.columns, told.rows);
  at("plan").hidden = told.plan === null;
  at("plan").textContent = told.plan ?? "";
  at("summary").textContent = summary(told);
}

function summary(told) {
  if (told.plan !== null) return "how it would be answered";
  const rows = `${told.summary.rows} ${told.summary.rows === 1 ? "row" : "rows"} in ${told.summary.took_ms.toFixed(1)} ms`;
  const more = told.more ? "; there are more, which LIMIT and SKIP reach" : "";
  const drawn = told.graph !== null && told.graph.nodes.length > MOST ? `; the first ${MOST} nodes are drawn` : "";
  return rows + more + drawn;
}

function complain(error) {
  const told = error instanceof Problem ? error.told : { detail: `the service does not answer: ${error.message}` };
  answer.hidden = true;
  problem.hidden = false;
  const found = told.diagnostics?.length ? told.diagnostics : [{ message: told.detail, where: told.where, fix: null }];
  problem.replaceChildren(...found.map(line), ...(told.next_actions ?? []).map((action) => element("p", action)));
  if (told.status === 401 || told.code === "scope_missing") at("key").hidden = false;
  const first = found[0].where;
  if (first) select(first);
}

function line(found) {
  const place = found.where ? `line ${found.where.line}, column ${found.where.column}: ` : "";
  const made = element("p", place + found.message);
  if (found.fix) {
    const button = element("button", `write ${found.fix.text || "nothing"} there`);
    button.type = "button";
    button.addEventListener("click", () => mend(found.fix));
    made.append(" ", button);
  }
  return made;
}

function mend(fix) {
  const [start, end] = [offset(fix.where.line, fix.where.column), offset(fix.where.end_line, fix.where.end_column)];
  query.setRangeText(fix.text, start, end, "end");
  changed();
  query.focus();
}

function select(where) {
  query.focus();
  query.setSelectionRange(offset(where.line, where.column), offset(where.end_line, where.end_column));
}

// Lines and columns count from 1, in code points; a text area counts from 0, in UTF-16 units.
function offset(line, column) {
  const lines = query.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
}

function parameters() {
  const inputs = [...at("parameters").querySelectorAll("input")];
  return Object.fromEntries(inputs.map((input) => [input.name, read(input.value)]));
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text; // what is no JSON is a text
  }
}

// A field for each parameter that the query names; what was filled in stays.
function changed() {
  const names = [...new Set([...query.value.matchAll(/\$([\p{L}_][\p{L}\p{N}_]*)/gu)].map((found) => found[1]))];
  const kept = new Map([...at("parameters").querySelectorAll("input")].map((input) => [input.name, input]));
  at("parameters").replaceChildren(...names.map((name) => field(name, kept.get(name))));
  at("parameters").hidden = names.length === 0;
}

function field(name, kept) {
  const input = kept ?? document.createElement("input");
  input.name = name;
  input.placeholder = "text, or JSON";
  return element("label", `$${name}`, input);
}

async function offer() {
  for (const each of await questions()) {
    const option = element("option", each.question);
    option.value = each.query;
    at("questions").append(option);
  }
}

at("asking").addEventListener("submit", (event) => {
  event.preventDefault();
  run(query.value);
});
at("explain").addEventListener("click", () => run(/^\s*explain\b/i.test(query.value) ? query.value : `EXPLAIN ${query.value}`));
at("questions").addEventListener("change", () => {
  if (at("questions").value) query.value = at("questions").value;
  changed();
});
query.addEventListener("input", changed);
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("asking").requestSubmit();
});
const given = new URLSearchParams(location.search).get("query");
if (given) query.value = given;
changed();
offer().catch(() => {}); // without the list the page still asks
