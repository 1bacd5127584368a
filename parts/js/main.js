// `js`: the user's own JavaScript. This file is what the engine runs, behind `harness.js`; the code is in the input.
//
// The code is an expression, the body of a function, or an expression that is a function. It sees `input`, each name of
// `values`, and `console`; what it returns (or a promise of it) is the output. Line numbers in errors are those of the
// code as it was written: the engine counts the lines that a function's head takes, and they are taken off again.
const AsyncFunction = (async () => {}).constructor;
const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const HEAD_LINES = 2;

function wish(given) {
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
      const run = new AsyncFunction(...names, body);
      author.head = HEAD_LINES + more;
      return run;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw new Refused("bad_input", error.message);
      if (more === 0) throw Object.assign(error, { head: HEAD_LINES });
    }
  }
}

await answer(async (given) => {
  const { code, input, values } = wish(given);
  const names = ["input", ...Object.keys(values).filter((name) => name !== "input")];
  const found = await compile(code, names)(...names.map((name) => (name === "input" ? input : values[name])));
  return typeof found === "function" ? found(input) : found;
});
