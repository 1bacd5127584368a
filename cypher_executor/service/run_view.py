"""Runs as they leave the service. These functions look at a run machine and copy out what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cypher_executor.core.events import Origin
from cypher_executor.core.run import Run
from cypher_executor.core.step import Attempt, Step
from cypher_executor.errors import Failure
from cypher_executor.ports import RunSummary
from cypher_executor.service.room import Room
from cypher_executor.service.times import iso
from cypher_executor.service.wait_view import waits_of, within


def run_view(run: Run, address: str) -> dict[str, Any]:
    """A run with its steps, in the order of the graph. Of large values of steps only the address is told (`room`).

    `address` is where the service is reached: what the addresses of its waits begin with.
    """
    about, ended = run.started, run.ended
    assert about is not None, "a run that can be looked at has begun"
    room, waits = Room(about.run), waits_of(run, address)
    return {
        "id": about.run,
        "recipe": about.name,
        "version": about.version,
        "state": run.state,
        "paused": run.held,
        "origin": _origin(about.origin),
        "input": about.input,
        "result": None if ended is None else ended.result,
        "error": None if ended is None or ended.failure is None else _failure(ended.failure),
        "started_at": iso(about.at_us),
        "ended_at": None if ended is None else iso(ended.at_us),
        "steps": [_within(room, step, waits.get((step.name, step.item))) for step in run.steps_in_order()],
    }


def state_view(run: Run) -> dict[str, Any]:
    """What of a run changes until it has ended, in the words of `summary_view`."""
    return {"state": run.state, "ended_at": None if run.ended is None else iso(run.ended.at_us)}


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    """Where a run has results from, and what it does itself."""
    if origin is None:
        return None
    only = None if origin.only is None else list(origin.only)
    return {"run": origin.run, "step": origin.node, "item": list(origin.item), "only": only}


def _within(room: Room, step: Step, wait: dict[str, Any] | None) -> dict[str, Any]:
    """A step, with as much of its values as there is room for."""
    view = step_view(step, wait if wait is None else within(room, wait, step))
    view["input"], view["output"] = room.shown(view["input"], step), room.shown(view["output"], step)
    if view["error"] is not None and "details" in view["error"]:
        view["error"] = {**view["error"], "details": room.shown(view["error"]["details"], step)}
    return view


def step_view(step: Step, wait: dict[str, Any] | None) -> dict[str, Any]:
    """A step with its whole values; `attempts` is how many there were, `wait` the callback that it waits for now."""
    return {
        "name": step.name,
        "item": list(step.item),
        "part": step.node.part,
        "state": step.state,
        "attempts": step.attempt,
        "inherited": step.inherited is not None,
        "input": step.input,
        "output": step.output,
        "error": None if step.failure is None else step.error(),
        "wait": wait,
        "started_at": iso(step.started_us),
        "ended_at": iso(step.ended_us),
    }


def step_detail(run: Run, step: Step, address: str) -> dict[str, Any]:
    """A step of a run; `attempts` is the list of them."""
    attempts = [_attempt(attempt, step) for attempt in step.attempts]
    return {**step_view(step, waits_of(run, address).get((step.name, step.item))), "attempts": attempts}


def summary_view(summary: RunSummary) -> dict[str, Any]:
    """A run as lists show it."""
    return {
        "id": summary.id,
        "recipe": summary.recipe,
        "version": summary.version,
        "state": summary.state,
        "parent": summary.parent,
        "started_at": iso(summary.started_us),
        "ended_at": iso(summary.ended_us),
    }


def _attempt(attempt: Attempt, step: Step) -> dict[str, Any]:
    return {
        "attempt": attempt.number,
        "state": _state_of(attempt, step),
        "error": None if attempt.failure is None else _failure(attempt.failure),
        "started_at": iso(attempt.started_us),
        "ended_at": iso(attempt.ended_us),
    }


def _state_of(attempt: Attempt, step: Step) -> str:
    """An attempt that neither failed nor succeeded goes on, or ended as its step did, because it was the last one."""
    if attempt.failure is not None:
        return "failed"
    return "succeeded" if attempt.succeeded else step.state


def _failure(failure: Failure) -> Mapping[str, Any]:
    seen = {"code": failure.code, "message": failure.message, "retryable": failure.retryable}
    return {**seen, "details": dict(failure.details)} if failure.details else seen
