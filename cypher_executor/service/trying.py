"""A part alone: run on an input and the answers that its calls are to have, without touching the world.

Nothing is sent, kept or waited for. Calls that concern nobody are answered here (`now`, `random`, `log`, and `sleep`
without sleeping); any other call must have its answer on the tape that is given, or it is where the trial ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cypher_executor.adapters import calls
from cypher_executor.adapters.dispatch_local.workbench import Tried, Workbench
from cypher_executor.core.commands import Call, Execute
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded, CallRequested, Event, RunId
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Value
from cypher_executor.errors import Failure, RequestInvalid
from cypher_executor.ports import CallContext, Clock

LONGEST_S: Final = 60.0
"""For a whole trial, with all its executions."""

LONGEST_EXECUTION_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a part: its last execution, the tape that it had, and how many executions there were."""

    tried: Tried
    tape: tuple[Call, ...]
    executions: int


async def try_part(
    bench: Workbench, clock: Clock, part: Part, given: Value, tape: tuple[Call, ...], timeout_ms: int | None
) -> Trial:
    """Run a part until it has ended, or asks for what nobody answers."""
    if part.digest is None:
        message = f"the part {part.name!r} runs in the engine: it cannot be tried alone"
        raise RequestInvalid(message, code="part_without_module")
    timeout_ms = min(timeout_ms or LONGEST_EXECUTION_MS, part.limits.timeout_ms, LONGEST_EXECUTION_MS)
    at_us, executions = clock.now_us(), 0
    try:
        async with asyncio.timeout(LONGEST_S):
            while True:
                executions += 1
                execute = Execute(
                    node=part.name,
                    attempt=1,
                    part=part.name,
                    digest=part.digest,
                    input=given,
                    tape=tape,
                    clock_us=at_us,
                    seed=f"try:{at_us}",
                    timeout_ms=timeout_ms,
                )
                tried = await bench.execute(execute)
                answer = await _answer(tried.event, clock, part)
                if answer is None or not isinstance(tried.event, CallRequested):
                    return Trial(tried, tape, executions)
                tape = (*tape, (tried.event.request, answer))
    except TimeoutError:
        raise RequestInvalid(f"the trial took longer than {LONGEST_S:g} s", code="trial_too_long") from None


async def _answer(event: Event, clock: Clock, part: Part) -> Mapping[str, Value] | None:
    """What a call is answered that concerns nobody; None for every other event."""
    if not isinstance(event, CallRequested):
        return None
    request = event.request
    context = CallContext(run=RunId("try"), node=part.name, item=(), attempt=1, part=part.name, key="try")
    match request["op"]:
        case "now":
            return await calls.now(clock)(request, context)
        case "random":
            return await calls.random()(request, context)
        case "log" | "sleep":
            return {"ok": True}
    return None


def trial_view(part: Part, trial: Trial) -> dict[str, Any]:
    """A trial as it is answered."""
    event = trial.tried.event
    told: dict[str, Any] = {
        "part": part.name,
        "version": part.version,
        "digest": part.digest,
        "state": _state(event),
        "output": event.output if isinstance(event, AttemptSucceeded) else None,
        "error": _error(event.failure) if isinstance(event, AttemptFailed) else None,
        "asks": dict(event.request) if isinstance(event, CallRequested) else None,
        "calls": [{"request": request, "answer": answer} for request, answer in trial.tape],
        "log": list(trial.tried.log),
        "executions": trial.executions,
        "fuel_used": trial.tried.fuel_used,
        "duration_ms": 0.0 if isinstance(event, AttemptLost) else _duration_ms(event),
    }
    if isinstance(event, AttemptLost):
        told["error"] = _error(Failure("worker_lost", "the worker went down while it ran the part", True))
    return told


def _state(event: Event) -> str:
    match event:
        case AttemptSucceeded():
            return "succeeded"
        case CallRequested():
            return "asks"
    return "failed"


def _duration_ms(event: Event) -> float:
    assert isinstance(event, AttemptSucceeded | AttemptFailed | CallRequested)
    return round((event.at_us - event.started_us) / 1000, 3)


def _error(failure: Failure) -> dict[str, Any]:
    return {
        "code": failure.code,
        "message": failure.message,
        "retryable": failure.retryable,
        "details": None if failure.details is None else dict(failure.details),
    }
