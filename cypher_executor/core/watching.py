"""What `wait_for_workflows` makes of the ends of the runs that it watches: when it is over, and what it gives."""

from __future__ import annotations

from typing import Literal

from cypher_executor.core.events import WatchedEnded
from cypher_executor.core.orchestration import Watch
from cypher_executor.core.recipe import Value
from cypher_executor.core.step import Watching
from cypher_executor.errors import Failure

Verdict = Literal["go_on", "succeed", "fail"]


def begin(watch: Watch) -> Watching:
    """Nothing is known of any of them yet."""
    return Watching(watch, dict.fromkeys(watch.runs))


def note(watching: Watching, event: WatchedEnded) -> None:
    """One of them has ended."""
    del watching.pending[event.run]
    (watching.succeeded if event.state == "succeeded" else watching.failed).append(event.run)
    failure = event.failure
    watching.results[event.run] = {
        "workflow": event.workflow,
        "status": event.state,
        "result": event.result,
        "error": None if failure is None else {"code": failure.code, "message": failure.message},
        "duration_ms": event.duration_ms,
    }


def verdict(watching: Watching) -> Verdict:
    """Whether it is over. With a number, it is as soon as so many can no longer succeed; with `all`, when all ended."""
    watch = watching.asked
    refused: Verdict = "fail" if watch.on_child_fail == "fail" else "succeed"
    if watch.mode == "all":
        if watching.failed and refused == "fail":
            return "fail"
        return "go_on" if watching.pending else "succeed"
    needed = 1 if watch.mode == "any" else int(watch.mode)
    if len(watching.succeeded) >= needed:
        return "succeed"
    return "go_on" if len(watching.succeeded) + len(watching.pending) >= needed else refused


def output(watching: Watching) -> Value:
    """Every run by its id, in the order in which they were named."""
    running = {"workflow": None, "status": "running", "result": None, "error": None, "duration_ms": None}
    return {
        "results": {run: watching.results.get(run) or dict(running) for run in watching.asked.runs},
        "succeeded": list(watching.succeeded),
        "failed": list(watching.failed),
        "pending": list(watching.pending),
    }


def failure(watching: Watching) -> Failure:
    """Too many of them have failed."""
    first = watching.failed[0]
    error = watching.results[first]["error"]
    why = f": {error['message']}" if error else ""
    count = f"{len(watching.failed)} of {len(watching.asked.runs)} runs did not succeed"
    ended = watching.results[first]["status"]
    seen = output(watching)
    details = {name: seen[name] for name in ("succeeded", "failed", "pending")}
    return Failure("child_failed", f"{count}; the first was {first}, which {_ENDED_AS[ended]}{why}", details=details)


_ENDED_AS = {"failed": "failed", "cancelled": "was cancelled"}
