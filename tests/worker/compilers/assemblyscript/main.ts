// A plain WASI command: reads {"words": [...]} and writes how often each occurs, as JSON.
//
//     npm install assemblyscript @assemblyscript/wasi-shim
//     npx asc main.ts --config node_modules/@assemblyscript/wasi-shim/asconfig.json -Oz --outFile words.wasm
function words(text: string): string[] {
  const found: string[] = [];
  const pieces = text.substring(text.indexOf("[") + 1, text.indexOf("]")).split('"');
  for (let i = 1; i < pieces.length; i += 2) found.push(pieces[i].toLowerCase());
  return found;
}

const input = new ArrayBuffer(65536);
let size: i32 = 0;
for (let n = process.stdin.read(input); n > 0; n = process.stdin.read(input, size)) size += n;
const counts = new Map<string, i32>();
const all = words(String.UTF8.decode(input.slice(0, size)));
for (let i = 0; i < all.length; i++) counts.set(all[i], (counts.has(all[i]) ? counts.get(all[i]) : 0) + 1);
const sorted = counts.keys();
sorted.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const pairs: string[] = [];
const names: string[] = [];
for (let i = 0; i < sorted.length; i++) {
  pairs.push('"' + sorted[i] + '":' + counts.get(sorted[i]).toString());
  names.push('"' + sorted[i] + '"');
}
const began = Date.now();
process.stdout.write('{"counts":{' + pairs.join(",") + '},"sorted":[' + names.join(",") + '],"args":' +
  process.argv.length.toString() + ',"home":"","waited":' + (began > 0 ? "true" : "false") + ',"missing":true}\n');
