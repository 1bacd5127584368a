// A part: one JSON map in on standard input, one JSON value out on standard output.
//
// A failure is a value too: {"error": {"code", "message", "retryable"}}. What `log` writes stands in the log of the step.
import { JSON } from "json-as/assembly";
import { readInput, writeOutput } from "./wasi";


@json
class Input {
  name: JSON.Raw = new JSON.Raw("null"); // As it stands there: another type than the field's own would end the part.
}


@json
class Output {
  greeting: string = "";
}


@json
class Problem {
  code: string = "bad_input";
  message: string = "";
  retryable: bool = false;
}


@json
class Refusal {
  error: Problem = new Problem();
}

function run(input: Input): string {
  const given = input.name.data;
  if (given == "null" || given == '""') return refuse("`name` is missing; give it in the node's map");
  if (!given.startsWith('"')) return refuse("`name` must be a text");
  const name = JSON.parse<string>(given);
  const output = new Output();
  output.greeting = "Hello, " + name + "!";
  return JSON.stringify(output);
}

function refuse(message: string): string {
  const refusal = new Refusal();
  refusal.error.message = message;
  return JSON.stringify(refusal);
}

export function _start(): void {
  writeOutput(run(JSON.parse<Input>(readInput())));
}
