// `js`: the user's own JavaScript. This file is what the engine runs; the user's code is in the input.
//
// The code is an expression, the body of a function, or an expression that is a function. It sees `input`, each name of
// `values`, and `console`; what it returns (or a promise of it) is the output. Line numbers in errors are those of the
// code as it was written: the engine counts the lines that a function's head takes, and they are taken off again.
import * as std from "qjs:std";
import * as os from "qjs:os";

const { parse, stringify } = JSON;
const AsyncFunction = (async () => {}).constructor;
const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const HEAD_LINES = 2;

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function read() {
  let given;
  try {
    given = parse(std.in.readAsString());
  } catch (error) {
    throw new Refused("bad_input", `the input is not JSON: ${error.message}`);
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new Refused("bad_input", "the input must be a map");
  }
  const { code, values = null } = given;
  if (typeof code !== "string") throw new Refused("bad_input", "`code` is missing; give JavaScript as a text");
  if (values !== null && (typeof values !== "object" || Array.isArray(values))) {
    throw new Refused("bad_input", "`values` must be a map of names and values");
  }
  for (const name of Object.keys(values ?? {})) {
    if (!NAME.test(name)) throw new Refused("bad_input", `\`${name}\` in \`values\` cannot be the name of a variable; use \`input\``);
  }
  return { code, input: given.input ?? values, values: values ?? {} };
}

// An expression if it can be one, else a body: `{a: 1}` is a map and `a; return b` is a body.
function compile(code, names) {
  for (const [body, more] of [[`return (\n${code}\n)`, 1], [code, 0]]) {
    try {
      return { run: new AsyncFunction(...names, body), lines: HEAD_LINES + more };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw new Refused("bad_input", error.message);
      if (more === 0) throw Object.assign(error, { lines: HEAD_LINES });
    }
  }
}

function placeOf(error, lines) {
  const found = /<input>:(\d+):(\d+)/.exec(error.stack ?? "");
  return found ? { line: Math.max(1, found[1] - lines), column: Number(found[2]) } : {};
}

function frames(error, lines) {
  const own = (error.stack ?? "").split("\n").filter((line) => line.includes("<input>:"));
  return own.map((line) => line.trim().replace(/<input>:(\d+)/, (_, n) => `line ${Math.max(1, n - lines)}`)).slice(0, 20);
}

// What was thrown: an Error, a map with `code` and `message` of the author's own, or anything else.
function failureOf(thrown, lines) {
  if (thrown instanceof Refused) return { code: thrown.code, message: thrown.message, retryable: false };
  if (thrown === null || typeof thrown !== "object") return { code: "js_error", message: `thrown: ${String(thrown)}`, retryable: false };
  const isError = thrown instanceof Error;
  const place = isError ? placeOf(thrown, thrown.lines ?? lines) : {};
  const outOfMemory = isError && thrown.name === "InternalError" && thrown.message === "out of memory";
  const own = typeof thrown.code === "string" ? thrown.code : undefined;
  const code = own ?? (outOfMemory ? "out_of_memory" : thrown instanceof SyntaxError && thrown.lines ? "js_syntax" : "js_error");
  const name = isError ? `${thrown.name}: ` : "";
  const where = place.line ? ` (line ${place.line}, column ${place.column})` : "";
  const details = { ...place, ...(isError && !thrown.lines ? { stack: frames(thrown, lines) } : {}) };
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

// Logs go where logs of parts go. What reaches the outside of the sandbox is taken away: it would find nothing there.
let timers = 0;
function furnish() {
  const log = (...values) => std.err.puts(`${values.map(shown).join(" ")}\n`);
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

async function main() {
  let lines = HEAD_LINES;
  try {
    const { code, input, values } = read();
    furnish();
    const names = ["input", ...Object.keys(values).filter((name) => name !== "input")];
    const compiled = compile(code, names);
    lines = compiled.lines;
    const call = async () => {
      const found = await compiled.run(...names.map((name) => (name === "input" ? input : values[name])));
      return typeof found === "function" ? found(input) : found;
    };
    return stringify((await settling(call())) ?? null, checked) ?? "null";
  } catch (error) {
    return stringify({ error: told(error, lines) });
  }
}

// Even looking at what was thrown runs the user's code, when it is a proxy.
function told(thrown, lines) {
  try {
    return failureOf(thrown, lines);
  } catch {
    return { code: "js_error", message: "something was thrown that cannot be looked at", retryable: false };
  }
}

std.out.puts(await main());
std.out.flush();
std.err.flush();
