"""How much the outputs of one run are together: they are in memory as long as it is open, and a loop has many steps.

An output beyond the limit is not taken in: the attempt has failed with `run_too_large`, which is journaled as any
other failure and may be handled. Only the latest output of a step counts. Of a run that was read from the journal it is
worked out when its next output comes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cypher_executor.core.events import AttemptFailed, AttemptSucceeded, Event, Item, RunId
from cypher_executor.core.recipe import Value
from cypher_executor.core.run import Run
from cypher_executor.core.weight import Scales
from cypher_executor.engine.live import Live
from cypher_executor.errors import Failure

_Step = tuple[str, Item]

SMALL_BYTES = 256
"""Outputs of up to this are counted as one with the steps that have them: no run has so many that it matters."""


class Volume:
    """The outputs of the runs in memory, by their length as JSON."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._of: dict[RunId, dict[_Step, int]] = {}
        self._bytes: dict[RunId, int] = {}

    def taken_in(self, live: Live, event: Event) -> Event:
        """The event as it is, or the failure that takes its place when there is no room for its output."""
        if not isinstance(event, AttemptSucceeded):
            return event
        length = _length(event.output)
        if length <= SMALL_BYTES and live.id not in self._of:
            return event
        steps = self._steps(live)
        before, step = steps.get((event.node, event.item), 0), (event.node, event.item)
        total = self._bytes[live.id] + length - before
        if total > self._most_bytes and length > SMALL_BYTES:
            return self._refused(event, total)
        self._bytes[live.id], steps[step] = total, length
        return event

    def ended(self, run: RunId) -> None:
        """Nothing of this run is in memory any more."""
        self._of.pop(run, None)
        self._bytes.pop(run, None)

    def _steps(self, live: Live) -> dict[_Step, int]:
        if live.id not in self._of:
            self._of[live.id] = dict(_lengths(live.run))
            self._bytes[live.id] = sum(self._of[live.id].values())
        return self._of[live.id]

    def _refused(self, event: AttemptSucceeded, total: int) -> AttemptFailed:
        mib = self._most_bytes / 1024 / 1024
        message = f"with this output, those of the run would be {total} bytes together; the limit is {mib:.0f} MiB"
        return AttemptFailed(
            at_us=event.at_us,
            node=event.node,
            item=event.item,
            attempt=event.attempt,
            failure=Failure("run_too_large", message, details={"limit_bytes": self._most_bytes}),
            started_us=event.started_us,
        )


def _lengths(run: Run) -> Iterator[tuple[_Step, int]]:
    """The outputs of the parts of a run that count."""
    for key, step in run.steps.items():
        if step.node.part is not None and (length := _length(step.output)) > SMALL_BYTES:
            yield key, length


def _length(output: Value) -> int:
    """How many bytes an output is as JSON, near enough."""
    return Scales().length(output) if isinstance(output, dict | list | str) and output else 4
