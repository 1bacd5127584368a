"""The parts that run in the engine, because they are about runs and time: what each asks for, given its input.

They have no module. Each is a function from a step's input to what the run should do: a command's worth of facts
(`Child`, `Delay`), or a Failure when the input does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cypher_executor.core.durations import duration_ms
from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Value
from cypher_executor.errors import Failure

MAX_DEPTH = 32
"""How many runs may stand above a run, so that a recipe which starts itself comes to an end."""

MAX_WAIT_MS = 366 * 24 * 3_600_000 * 10
"""Ten years: a longer wait is a mistake in a unit."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Child:
    """Start a run of another recipe."""

    workflow: str
    input: Value
    wait: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class Delay:
    """Do nothing for so long."""

    ms: int


@dataclass(frozen=True, slots=True)
class Until:
    """Do nothing until this time, in microseconds since 1970 UTC; not at all when it has passed."""

    due_us: int


@dataclass(frozen=True, slots=True)
class Callback:
    """Do nothing until somebody calls; `schema` is what the call's body has to fit."""

    schema: Value
    note: str | None
    on_timeout: OnTimeout


@dataclass(frozen=True, slots=True)
class Watch:
    """Do nothing until so many of these runs have succeeded, or, with `all`, until all have ended."""

    runs: tuple[RunId, ...]
    mode: Literal["all", "any"] | int
    on_timeout: OnTimeout
    on_child_fail: Literal["collect", "fail"]


OnTimeout = Literal["fail", "partial"]
"""What becomes of a wait whose time is over: the step fails, or it succeeds with what there is."""

Orchestrated = Child | Delay | Until | Callback | Watch | Failure


def _trigger_workflow(given: Mapping[str, Value]) -> Orchestrated:
    workflow, wait, key = given.get("workflow"), given.get("wait", False), given.get("key")
    if not isinstance(workflow, str) or not workflow:
        return _misfit("`workflow` must be the name of a recipe")
    if not isinstance(wait, bool):
        return _misfit("`wait` must be true or false")
    if key is not None and not isinstance(key, str):
        return _misfit("`key` must be a string")
    return Child(workflow, given.get("input", {}), wait, key)


def _wait(given: Mapping[str, Value]) -> Orchestrated:
    if (given.get("seconds") is None) == (given.get("until") is None):
        return _misfit("give either `seconds` or `until`")
    return _wait_until(given["until"]) if given.get("until") is not None else _wait_for(given)


def _wait_until(until: Value) -> Orchestrated:
    try:
        when = datetime.fromisoformat(until)
    except (TypeError, ValueError):
        return _misfit("`until` must be a time such as '2030-01-31T08:00:00+01:00'")
    if when.tzinfo is None:
        return _misfit("`until` must say its offset, such as 'Z' or '+01:00'")
    return Until((when - _EPOCH) // timedelta(microseconds=1))


def _wait_for(given: Mapping[str, Value]) -> Orchestrated:
    try:
        delay_ms = duration_ms(given.get("seconds"))
    except ValueError as problem:
        return _misfit(f"`seconds`: {problem}")
    return Delay(delay_ms) if delay_ms <= MAX_WAIT_MS else _misfit("`seconds` must not be more than ten years")


def _wait_for_callback(given: Mapping[str, Value]) -> Orchestrated:
    schema, note, on_timeout = given.get("schema"), given.get("note"), _or(given.get("on_timeout"), "fail")
    if schema is not None and not isinstance(schema, dict | bool):
        return _misfit("`schema` must be a JSON Schema")
    if note is not None and not isinstance(note, str):
        return _misfit("`note` must be a string")
    if on_timeout not in ("fail", "partial"):
        return _misfit("`on_timeout` must be 'fail' or 'partial'")
    return Callback(schema, note, on_timeout)


def _wait_for_workflows(given: Mapping[str, Value]) -> Orchestrated:
    runs, mode = given.get("runs"), _or(given.get("mode"), "all")
    on_timeout, on_child_fail = _or(given.get("on_timeout"), "fail"), _or(given.get("on_child_fail"), "collect")
    if not isinstance(runs, list) or not all(isinstance(run, str) for run in runs):
        return _misfit("`runs` must be a list of the ids of runs")
    if on_timeout not in ("fail", "partial"):
        return _misfit("`on_timeout` must be 'fail' or 'partial'")
    if on_child_fail not in ("collect", "fail"):
        return _misfit("`on_child_fail` must be 'collect' or 'fail'")
    ids = tuple(RunId(run) for run in dict.fromkeys(runs))
    if mode not in ("all", "any") and (not isinstance(mode, int) or isinstance(mode, bool) or mode < 1):
        return _misfit("`mode` must be 'all', 'any' or a number from 1")
    if isinstance(mode, int) and mode > len(ids) > 0:
        return _misfit(f"`mode` asks for {mode} of {len(ids)} runs")
    return Watch(ids, mode, on_timeout, on_child_fail)


def _or(value: Value, default: Value) -> Value:
    return default if value is None else value


ENGINE_PARTS: Mapping[str, Callable[[Mapping[str, Value]], Orchestrated]] = {
    "trigger_workflow": _trigger_workflow,
    "wait": _wait,
    "wait_for_callback": _wait_for_callback,
    "wait_for_workflows": _wait_for_workflows,
}
"""The parts that have no module, by name."""


def orchestrate(part: str, given: Value) -> Orchestrated:
    """What the engine part `part` asks for with this input."""
    if not isinstance(given, dict):
        return _misfit(f"`{part}` takes a map")
    return ENGINE_PARTS[part](given)


def _misfit(message: str) -> Failure:
    return Failure("input_invalid", message)
