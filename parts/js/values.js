// Values between JSON and JavaScript. What JSON does not have is refused: leaving it out in silence would lose data.
//
// Integers that no Number holds exactly come in as a BigInt and go out of one as they are, so that an identifier of 64 bits
// survives. Others are Numbers.
const { parse, rawJSON, stringify } = JSON;
const { isFinite, isSafeInteger } = Number;
const MOST_LEVELS = 64;
const WIDE = /[0-9]{16}/;
const INTEGER = /^-?[0-9]+$/;

function exact(_key, value, { source }) {
  if (typeof value !== "number" || isSafeInteger(value) || !INTEGER.test(source)) return value;
  return BigInt(source);
}

function readInput() {
  let given;
  try {
    const text = std.in.readAsString();
    given = WIDE.test(text) ? parse(text, exact) : parse(text);
  } catch (error) {
    throw new Refused("bad_input", `the input is not JSON: ${error.message}`);
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new Refused("bad_input", "the input must be a map");
  }
  return given;
}

// What there is of a value in no JSON, or undefined.
function wrongIn(value) {
  if (typeof value === "number") return isFinite(value) ? undefined : `is ${value}, which JSON does not have`;
  if (typeof value === "string") return value.isWellFormed() ? undefined : "holds half of a character";
  if (typeof value !== "bigint" || BigInt.asIntN(64, value) === value) return undefined;
  return "is a BigInt beyond 64 bits, which no other part can read; make it a text";
}

// The JSON text of a value. The engine nests as deep as the value does, beyond the end of its stack; so the maps and lists
// around what is being written are known here.
function jsonOf(given) {
  const around = [];
  const place = (...key) => {
    const steps = [...around.map((one) => one.key), ...key].slice(1);
    if (steps.length === 0) return "the output";
    return `\`${steps.map((step) => (INTEGER.test(step) ? `[${step}]` : `.${step}`)).join("").replace(/^\./, "")}\``;
  };
  return stringify(given, function checked(key, value) {
    while (around.length > 0 && around[around.length - 1].value !== this) around.pop();
    if (!key.isWellFormed()) throw new Refused("bad_output", `a key in ${place()} holds half of a character`);
    const wrong = wrongIn(value);
    if (wrong !== undefined) throw new Refused("bad_output", `${place(key)} ${wrong}`);
    if (typeof value === "bigint") return rawJSON(String(value));
    if (typeof value !== "object" || value === null) return value;
    const plain = value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value;
    for (const one of around) if (one.value === plain) throw new Refused("bad_output", `${place(key)} is inside of itself`);
    if (around.length === MOST_LEVELS) throw new Refused("bad_output", `the output is nested deeper than ${MOST_LEVELS} levels`);
    around.push({ key, value: plain });
    return plain;
  });
}
