// A part: `run` gets the input (a map) and returns the output, or a promise of it.
//
// What it throws is a failure: an Error with `code` and perhaps `retryable`. `console.log` writes into the step's log.
// The language is ES2023; there are no files, no network and no timers that outlast the call.

export function run({ name }) {
  if (!name) throw refusal("`name` is missing; give it in the node's map");
  if (typeof name !== "string") throw refusal("`name` must be a text");
  return { greeting: `Hello, ${name}!` };
}

function refusal(message) {
  return Object.assign(new Error(message), { code: "bad_input" });
}
