//! A part: one JSON map in on standard input, one JSON value out on standard output.
//!
//! A failure is a value too: `{"error": {"code", "message", "retryable"}}`. `eprintln!` writes into the step's log.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Input {
    name: Option<String>,
}

#[derive(Serialize)]
struct Output {
    greeting: String,
}

#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: String,
    retryable: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Output(Output),
    Refusal { error: Failure },
}

fn run(input: Input) -> Result<Output, Failure> {
    let name = input.name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| bad_input("`name` is missing; give it in the node's map"))?;
    Ok(Output { greeting: format!("Hello, {name}!") })
}

fn bad_input(message: impl Into<String>) -> Failure {
    Failure { code: "bad_input", message: message.into(), retryable: false }
}

fn main() -> Result<(), serde_json::Error> {
    let read: Result<Input, _> = serde_json::from_reader(std::io::stdin().lock());
    let answer = match read.map_err(|error| bad_input(error.to_string())).and_then(run) {
        Ok(output) => Answer::Output(output),
        Err(error) => Answer::Refusal { error },
    };
    serde_json::to_writer(std::io::stdout().lock(), &answer)
}
