"""Constant inputs of the parts that run in the engine: what would fail every run is told before the first one.

Their manifests say which inputs there are, of which types and with which words; what they mean (a length of time, a
moment) is said here, with the same rules as `core.orchestration` has when the step runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from cypher_executor.core.durations import duration_ms
from cypher_executor.core.orchestration import MAX_WAIT_MS
from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.constants import NotConstant, constant
from cypher_executor.cypher.plan.planned import PlannedNode
from cypher_executor.cypher.report import Report

Rule = Callable[[Value], object]
"""Raises ValueError with a sentence about what is wrong."""


def _wait(value: Value) -> object:
    if duration_ms(value) > MAX_WAIT_MS:
        raise ValueError("a wait cannot be longer than ten years")
    return value


def _moment(value: Value) -> object:
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("this is no time: write one such as '2030-01-31T08:00:00+01:00'") from None
    if when.tzinfo is None:
        raise ValueError("a time says its offset: put 'Z' or one such as '+01:00' behind it")
    return when


def _not_empty(value: Value) -> object:
    if value == "":
        raise ValueError("this must not be empty")
    return value


def _ids(value: Value) -> object:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("this must be a list of ids of runs, like [first.run_id, second.run_id]")
    return value


RULES: Mapping[str, Mapping[str, Rule]] = {
    "wait": {"seconds": _wait, "until": _moment},
    "trigger_workflow": {"workflow": _not_empty},
    "wait_for_workflows": {"runs": _ids},
}


def check_engine_inputs(node: PlannedNode, part: str, fitting: Iterable[str], report: Report) -> None:
    """Reports constants that the engine would refuse. `fitting` are the inputs that fit the manifest."""
    inputs, rules = node.inputs or {}, RULES.get(part, {})
    if part == "wait":
        _check_one_of(node, ("seconds", "until"), report)
    for name in (name for name in fitting if name in rules):
        value = inputs[name].value
        try:
            _check(node, inputs[name], constant(value), rules[name], report)
        except NotConstant:
            continue


def _check(node: PlannedNode, entry: syntax.MapEntry, value: Value, rule: Rule, report: Report) -> None:
    name, place = entry.key.text, entry.value.place
    if value is None:
        return
    try:
        rule(value)
    except ValueError as problem:
        code = "invalid_duration" if rule is _wait else "invalid_input"
        report.add(code, f"`{name}`: {problem}.", place, node=node.name)


def _check_one_of(node: PlannedNode, names: tuple[str, str], report: Report) -> None:
    """Whether exactly one of two inputs is given, as far as that can be seen: a null is none."""
    inputs = node.inputs or {}
    given = [name for name in names if name in inputs and not _is_null(inputs[name].value)]
    one, other = names
    if len(given) == 2:
        sentence = f"`{one}` and `{other}` exclude each other: take one of them out."
        report.add("invalid_input", sentence, inputs[other].key.place, node=node.name)
    elif not given and node.part is not None:
        sentence = f"part `{node.part.text}` needs `{one}` or `{other}`, and neither is given."
        report.add("missing_input", sentence, node.part.place, node=node.name)


def _is_null(expression: syntax.Syntax) -> bool:
    return isinstance(expression, syntax.Literal) and expression.value is None
