// A part: `run` gets the input (a map) and returns the output, or a promise of it.
//
// What it throws is a failure: an Error with `code` and perhaps `retryable`. `console.log` writes into the step's log.
// The language is ES2023; there are no files, no network and no timers that outlast the call.

export function run({ name }) {
  if (!name) throw Object.assign(new Error("`name` is missing; give it in the node's map"), { code: "bad_input" });
  return { greeting: `Hello, ${name}!` };
}
