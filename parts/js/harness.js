// What runs around JavaScript in a part: what the code sees, what becomes of what it gives, and where errors are.
//
// The part `js` is this and `main.js`; a part that somebody writes in JavaScript is their own file and this. So both
// have the same console, the same rules for what can be an output, and the same errors.
const std = await import("qjs:std");
const os = await import("qjs:os");
const { parse, stringify } = JSON;

// Which lines are the author's: those of this file, as the engine calls it, from behind its head to the last.
const author = { file: "<input>", head: 0, last: Infinity };

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function readInput() {
  let given;
  try {
    given = parse(std.in.readAsString());
  } catch (error) {
    throw new Refused("bad_input", `the input is not JSON: ${error.message}`);
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new Refused("bad_input", "the input must be a map");
  }
  return given;
}

// The lines of a stack that are in the author's code, with their numbers in it.
function frames(error, head) {
  const found = [];
  for (const text of String(error.stack ?? "").split("\n")) {
    const place = /(<\w+>):(\d+):(\d+)/.exec(text);
    if (place === null || place[1] !== author.file || Number(place[2]) > author.last) continue;
    const line = Math.max(1, place[2] - head);
    found.push({ line, column: Number(place[3]), text: text.trim().replace(/<\w+>:\d+/, `line ${line}`) });
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
  const details = { ...place, ...(isError && !thrown.head ? { stack: stack.slice(0, 20).map(({ text }) => text) } : {}) };
  return {
    code,
    message: `${name}${thrown.message ?? stringify(thrown)}${where}`.toWellFormed(),
    retryable: thrown.retryable === true,
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}

// JSON knows no such values; leaving them out in silence would lose data.
function checked(key, value) {
  if (typeof value === "bigint") throw new Refused("bad_output", `\`${key}\` is a BigInt; turn it into a text or a Number`);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Refused("bad_output", `\`${key}\` is ${value}, which JSON does not have`);
  if (typeof value === "string" && !value.isWellFormed()) throw new Refused("bad_output", `\`${key}\` holds half of a character`);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

function shown(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return String(value);
  try {
    return stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function log(...values) {
  std.err.puts(`${values.map(shown).join(" ")}\n`);
}

// Logs go where logs of parts go. What reaches the outside of the sandbox is taken away: it would find nothing there.
let timers = 0;
function furnish() {
  globalThis.console = { log, info: log, warn: log, error: log, debug: log };
  globalThis.setTimeout = (call, ms = 0, ...rest) => {
    timers += 1;
    return os.setTimeout(() => { timers -= 1; call(...rest); }, ms);
  };
  for (const name of ["std", "os", "bjson", "print", "scriptArgs", "gc", "navigator"]) delete globalThis[name];
}

// A promise that nothing can settle any more would keep the part waiting until its time is up.
function settling(promise) {
  return new Promise((resolve, reject) => {
    let settled = false;
    const done = (then) => (value) => { settled = true; then(value); };
    promise.then(done(resolve), done(reject));
    // A timer that has just fired leaves work behind that is done before the next look, so one idle look proves nothing.
    let idle = 0;
    const look = () => {
      if (settled) return;
      idle = timers > 0 ? 0 : idle + 1;
      if (idle < 3) os.setTimeout(look, 1);
      else reject(new Refused("js_never_settles", "the promise is never settled: nothing is left that could settle it"));
    };
    os.setTimeout(look, 0);
  });
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
    text = stringify((await settling((async () => call(input))())) ?? null, checked) ?? "null";
  } catch (error) {
    text = stringify({ error: told(error) });
  }
  std.out.puts(text);
  std.out.flush();
  std.err.flush();
}
