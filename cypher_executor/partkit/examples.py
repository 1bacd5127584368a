"""Runs a part's examples: they are its tests, its documentation and what agents are shown, so they have to be true.

Executing is somebody else's business: `Execute` takes a module, an input and the tape, and gives the output. An output
is a failure when it is a map whose only key is `error`; an example's `error` names the code exactly and may give a
piece of the message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cypher_executor.core.parts import Example, Part
from cypher_executor.core.recipe import Value

Tape = Sequence[tuple[Mapping[str, Value], Mapping[str, Value]]]
Execute = Callable[[bytes, bytes, Tape], bytes]
"""(module, input as JSON, pairs of request and answer) -> output as JSON. Raises when the module traps or when it asks
for something else than the next request of the tape."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An example and how it went. `problem` is None when the part did what the example says."""

    example: Example
    problem: str | None


def try_examples(part: Part, module: bytes, execute: Execute) -> list[Tried]:
    """Run every example of a part."""
    return [Tried(example, problem_of(example, module, execute)) for example in part.examples]


def problem_of(example: Example, module: bytes, execute: Execute) -> str | None:
    """What is wrong with this example, in one sentence, or None."""
    given = json.dumps(example.input, ensure_ascii=False).encode()
    got = json.loads(execute(module, given, example.calls))
    if example.error is not None:
        return _refusal_problem(example.error, got)
    return None if same(got, example.output) else f"expected {_show(example.output)}, got {_show(got)}"


def failure_of(output: Value) -> Mapping[str, Value] | None:
    """The error that an output is, or None when it is a result."""
    if isinstance(output, dict) and set(output) == {"error"} and isinstance(output["error"], dict):
        return output["error"]
    return None


def _refusal_problem(wanted: Mapping[str, Value], got: Value) -> str | None:
    error = failure_of(got)
    if error is None:
        return f"expected the error {_show(wanted)}, got {_show(got)}"
    fits = error.get("code") == wanted["code"] and str(wanted.get("message", "")) in str(error.get("message"))
    fits = fits and wanted.get("retryable", error.get("retryable")) == error.get("retryable")
    return None if fits else f"expected the error {_show(wanted)}, got {_show(error)}"


def same(a: Value, b: Value) -> bool:
    """Whether two JSON values are the same: `1`, `1.0` and `true` are three values, the order of keys means nothing."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def _show(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)
