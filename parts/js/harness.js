// What runs around JavaScript in a part: what the code sees, and how it fails. `values.js` is about what goes in and comes
// out, `loop.js` about promises and timers.
//
// The part `js` is these and `main.js`; a part that somebody writes in JavaScript is their own file and these. So both
// have the same console, the same rules for what can be an output, and the same errors.
//
// The engine's modules have other names here than in other programs (`[package.renamed]` in the manifest). Names that
// begin with a dot are looked for beside the file that imports them; this file is in a folder, `.`, and code that is made
// of a text is in none. So this file can import them, and code cannot, whichever name it gives.
const std = await import("./q:std");
const os = await import("./q:os");

// Which lines are the author's: those of this file, as the engine calls it, from behind its head to the last.
const author = { file: "<input>", head: 0, last: Infinity };

const NO_MODULE = /^could not load module/;

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// The lines of a stack that are in the author's code, with their numbers in it.
function frames(error, head) {
  const found = [];
  for (const text of String(error.stack ?? "").split("\n")) {
    const place = /(<\w+>|\.\/main\.js):(\d+):(\d+)/.exec(text);
    if (place === null || place[1] !== author.file || Number(place[2]) > author.last) continue;
    const line = Math.max(1, place[2] - head);
    found.push({ line, column: Number(place[3]), text: text.trim().replace(`${place[1]}:${place[2]}`, `line ${line}`) });
  }
  return found;
}

// What was thrown: an Error, a map with `code` and `message` of the author's own, or anything else.
function failureOf(thrown) {
  if (thrown instanceof Refused) return { code: thrown.code, message: thrown.message, retryable: false };
  if (thrown === null || typeof thrown !== "object") return { code: "js_error", message: `thrown: ${String(thrown)}`, retryable: false };
  const isError = thrown instanceof Error;
  const stack = isError ? frames(thrown, thrown.head ?? author.head) : [];
  const place = stack.length > 0 ? { line: stack[0].line, column: stack[0].column } : {};
  const outOfMemory = isError && thrown.name === "InternalError" && thrown.message === "out of memory";
  const own = typeof thrown.code === "string" ? thrown.code : undefined;
  const code = own ?? (outOfMemory ? "out_of_memory" : thrown instanceof SyntaxError && thrown.head ? "js_syntax" : "js_error");
  // Whoever gives a code of their own has written the message for those who read it; the place is in the details.
  const name = isError && own === undefined ? `${thrown.name}: ` : "";
  const where = place.line && own === undefined ? ` (line ${place.line}, column ${place.column})` : "";
  const hint = name && NO_MODULE.test(thrown.message) ? ": there are no modules to import, neither packages nor files" : "";
  const details = { ...place, ...(isError && !thrown.head ? { stack: stack.slice(0, 20).map(({ text }) => text) } : {}) };
  return {
    code,
    message: `${name}${thrown.message ?? shown(thrown)}${hint}${where}`.toWellFormed(),
    retryable: thrown.retryable === true,
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}

function shown(value) {
  if (typeof value === "string") return value;
  try {
    return value instanceof Error ? String(value) : jsonOf(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function log(...values) {
  std.err.puts(`${values.map(shown).join(" ")}\n`);
}

// Logs go where logs of parts go. What reaches the outside of the sandbox is taken away: it would find nothing there.
function furnish() {
  globalThis.console = { log, info: log, warn: log, error: log, debug: log };
  globalThis.setTimeout = timersAs("setTimeout", false);
  globalThis.setInterval = timersAs("setInterval", true);
  globalThis.clearTimeout = globalThis.clearInterval = clearTimer;
  for (const name of ["print", "scriptArgs", "execArgv", "argv0", "gc", "navigator"]) delete globalThis[name];
}

// Even looking at what was thrown runs the author's code, when it is a proxy.
function told(thrown) {
  try {
    return failureOf(thrown);
  } catch {
    return { code: "js_error", message: "something was thrown that cannot be looked at", retryable: false };
  }
}

// Write what `call`, a function of the input, gives or a promise of it gives: the output, or what was thrown.
async function answer(call) {
  let text;
  try {
    const input = readInput();
    furnish();
    text = jsonOf((await settled(() => call(input))) ?? null) ?? "null";
  } catch (error) {
    text = stringify({ error: told(error) });
  }
  std.out.puts(text);
  std.out.flush();
  std.err.flush();
}
