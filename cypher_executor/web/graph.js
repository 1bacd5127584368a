// The answer as a picture: nodes and relationships as SVG, and what one of them is when it is chosen.

import { layout } from "./layout.js";
import { element, shown } from "./values.js";

export const MOST = 300;
const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 14;
const CAPTION = 22;

export function draw(svg, details, graph) {
  const nodes = graph.nodes.slice(0, MOST);
  const known = new Set(nodes.map((node) => node.id));
  const ways = graph.relationships.filter((way) => known.has(way.start) && known.has(way.end));
  const places = layout(nodes, ways);
  svg.replaceChildren(arrowhead(), ...ways.flatMap((way, at) => drawnWay(way, places, beside(ways, at))));
  for (const node of nodes) svg.append(drawnNode(node, places.get(node.id), () => choose(svg, details, node)));
  svg.setAttribute("viewBox", frame([...places.values()]));
  details.replaceChildren(element("p", "Choose a node to see what it is."));
}

function choose(svg, details, node) {
  for (const each of svg.querySelectorAll(".node")) each.classList.toggle("chosen", each.dataset.id === node.id);
  const rows = Object.entries(node.properties).flatMap(([name, value]) => [element("dt", name), element("dd", shown(value))]);
  details.replaceChildren(element("h2", `:${node.labels.join(":")}`), element("dl", ...rows));
}

function drawnNode(node, place, chosen) {
  const kinds = node.labels.map((label) => label.toLowerCase().replace(/[^a-z]/g, "")).filter(Boolean);
  const group = made("g", { class: ["node", ...kinds].join(" "), transform: `translate(${place.x},${place.y})`, tabindex: 0, role: "button" });
  group.dataset.id = node.id;
  const name = String(node.properties.name ?? node.labels[0] ?? "");
  group.append(made("circle", { r: RADIUS }), made("text", { y: RADIUS + 12 }, cut(name)), made("title", {}, `${name} :${node.labels.join(":")}`));
  group.addEventListener("click", chosen);
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      chosen();
    }
  });
  return group;
}

function drawnWay(way, places, turn) {
  const [from, to] = [places.get(way.start), places.get(way.end)];
  if (from === to) {
    const loop = `M${from.x - 6},${from.y - RADIUS} c-22,-34 34,-34 12,0`;
    return [made("path", { class: "way", d: loop }), made("text", { class: "way-name", x: from.x, y: from.y - 42 }, way.type)];
  }
  const length = Math.max(1, Math.hypot(to.x - from.x, to.y - from.y));
  const [x, y] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const middle = { x: (from.x + to.x) / 2 - y * turn, y: (from.y + to.y) / 2 + x * turn };
  const start = `${from.x + x * RADIUS},${from.y + y * RADIUS}`;
  const end = `${to.x - x * (RADIUS + 6)},${to.y - y * (RADIUS + 6)}`;
  const path = made("path", { class: "way", d: `M${start} Q${middle.x},${middle.y} ${end}`, "marker-end": "url(#arrow)" });
  return [path, made("text", { class: "way-name", x: (middle.x * 2 + from.x + to.x) / 4, y: (middle.y * 2 + from.y + to.y) / 4 - 3 }, way.type)];
}

// Several relationships between the same two nodes are drawn beside each other.
function beside(ways, at) {
  const same = (other) => [other.start, other.end].sort().join() === [ways[at].start, ways[at].end].sort().join();
  const before = ways.slice(0, at).filter(same).length;
  const sign = ways[at].start < ways[at].end ? 1 : -1;
  return sign * (before % 2 ? -1 : 1) * Math.ceil(before / 2) * 40;
}

function arrowhead() {
  const marker = made("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
  marker.append(made("path", { class: "way", d: "M0,0 L8,4 L0,8" }));
  const definitions = made("defs", {});
  definitions.append(marker);
  return definitions;
}

function frame(places) {
  const [xs, ys] = [places.map((p) => p.x), places.map((p) => p.y)];
  const [left, top] = [Math.min(...xs) - 60, Math.min(...ys) - 50];
  return `${left} ${top} ${Math.max(...xs) + 60 - left} ${Math.max(...ys) + 50 - top}`;
}

function made(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function cut(name) {
  const characters = [...name];
  return characters.length > CAPTION ? `${characters.slice(0, CAPTION - 1).join("")}…` : name;
}
