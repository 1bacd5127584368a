// Where nodes go: springs between neighbours, and every node pushes every other one away. The same graph is always
// drawn in the same way, because nothing here is left to chance.

const TURNS = 250;
const SPRING = 90;

export function layout(nodes, ways) {
  const places = new Map(nodes.map((node, at) => [node.id, onSpiral(at)]));
  const pairs = ways.map((way) => [places.get(way.start), places.get(way.end)]).filter(([a, b]) => a !== b);
  const all = [...places.values()];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const heat = 12 * (1 - turn / TURNS);
    for (const place of all) place.dx = place.dy = 0;
    for (let i = 0; i < all.length; i += 1) {
      for (let j = i + 1; j < all.length; j += 1) push(all[i], all[j], (SPRING * SPRING) / distance(all[i], all[j]));
    }
    for (const [a, b] of pairs) push(a, b, -(distance(a, b) ** 2) / SPRING);
    for (const place of all) move(place, heat);
  }
  return places;
}

function onSpiral(at) {
  const angle = at * 2.399963; // the golden angle: no two nodes begin in one direction
  const radius = 30 * Math.sqrt(at + 1);
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), dx: 0, dy: 0 };
}

function distance(a, b) {
  return Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
}

function push(a, b, force) {
  const length = distance(a, b);
  const x = ((a.x - b.x) / length) * force;
  const y = ((a.y - b.y) / length) * force;
  a.dx += x;
  a.dy += y;
  b.dx -= x;
  b.dy -= y;
}

function move(place, heat) {
  // A weak pull to the middle keeps parts together that nothing connects.
  place.dx -= place.x * 0.4;
  place.dy -= place.y * 0.4;
  const length = Math.max(1, Math.hypot(place.dx, place.dy));
  const step = Math.min(length, heat);
  place.x += (place.dx / length) * step;
  place.y += (place.dy / length) * step;
}
