"""What people may do to a run from outside: cancel it, pause it, let it go on, reopen it, call back one of its waits.

Each wish is an event like any other, and is granted once it is on disk. Only reopening is not: a run that has ended is
not among those that the engine moves. Its wish is journaled first, and then the run is taken on as after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.events import (
    CallbackReceived,
    CancelRequested,
    Event,
    PauseRequested,
    ResumeRequested,
    RunId,
    RunReopened,
)
from cypher_executor.core.recipe import Value
from cypher_executor.core.replay import can_reopen
from cypher_executor.core.run import Run
from cypher_executor.engine.live import Live
from cypher_executor.engine.reading import Reading
from cypher_executor.errors import Conflict, NotFound, RequestInvalid, Unavailable
from cypher_executor.ports import Appended, Clock, Entry, Journal

Misfit = Callable[[Value, Value], str | None]
"""Why a value does not fit a JSON Schema (schema first); None when it does."""


@dataclass(frozen=True, slots=True)
class Called:
    """A callback was accepted, at this time. `fresh` is False for every call but the first."""

    at_us: int
    fresh: bool


class WaitOver(Conflict):
    """The wait that was called has ended, and not by a callback: its time is over, or its run is."""

    code = "wait_over"


class Runs(Protocol):
    """The runs in memory, as far as this needs them."""

    @property
    def runs(self) -> Mapping[RunId, Live]: ...

    async def wish(self, live: Live, event: Event) -> None:
        """Let a run hear of this before anything else, and wait until that is on disk."""
        ...

    def take_on(self, run: RunId, found: Run) -> None:
        """Move a run that was read from the journal."""
        ...


class Steering:
    """Carries wishes to runs."""

    def __init__(self, runs: Runs, reading: Reading, journal: Journal, clock: Clock, misfit: Misfit) -> None:
        self._runs = runs
        self._reading = reading
        self._journal = journal
        self._clock = clock
        self._misfit = misfit

    async def cancel(self, run: RunId, reason: str, *, tree: bool) -> bool:
        """Ask for the end of a run, and with `tree` of everything that descends from it. False if none was open."""
        asked, todo = False, [(run, False)]
        while todo:
            one, has_ended = todo.pop()
            if not has_ended:
                asked |= await self._ask(one, CancelRequested(at_us=self._clock.now_us(), reason=reason))
            if tree:
                todo += [(child.id, child.ended_us is not None) for child in await self._journal.children(one)]
        return asked

    async def pause(self, run: RunId, reason: str) -> bool:
        """Ask that nothing more begins in a run; False for one that is unknown or has ended."""
        return await self._ask(run, PauseRequested(at_us=self._clock.now_us(), reason=reason))

    async def resume(self, run: RunId) -> bool:
        """Ask a paused run to go on; False for one that is unknown or has ended."""
        return await self._ask(run, ResumeRequested(at_us=self._clock.now_us()))

    async def _ask(self, run: RunId, event: Event) -> bool:
        """Whether the wish is on disk: False when the run had ended, or came to its end before it could hear of it."""
        live = await self._live(run)
        if live is None:
            return False
        heard = live.run.awaits(event)
        await self._runs.wish(live, event)
        return heard or live.run.ended is None

    async def _live(self, run: RunId) -> Live | None:
        """A run in memory; None for one that is unknown, has ended, or cannot be read.

        Raises Unavailable for one that goes on and is not in memory: it is just being read, as after a failure of the
        journal, and nobody may be told that it is over.
        """
        live = self._runs.runs.get(run)
        if live is not None or run in self._reading.unreadable:
            return live
        summary = await self._journal.summary(run)
        if summary is None or summary.ended_us is not None or summary.imported:
            return None
        live = self._runs.runs.get(run)
        if live is None:
            raise Unavailable(f"run {run} is just being read from the journal", code="journal_unavailable")
        return live

    async def reopen(self, run: RunId, reason: str) -> None:
        """Let a run that failed or was cancelled go on. Raises NotFound, and Conflict for any other run."""
        old = None if run in self._runs.runs else await self._reading.one(run)
        if run in self._runs.runs or (old is not None and old.ended is None):
            raise Conflict(f"run {run} has not ended: there is nothing to retry yet", code="run_not_ended")
        if old is None:
            raise NotFound(f"there is no run {run}", code="unknown_run")
        if not can_reopen(old):
            raise Conflict(f"run {run} has succeeded: there is nothing to retry", code="run_succeeded")
        event = RunReopened(at_us=self._clock.now_us(), reason=reason)
        (outcome,) = await self._journal.append([Entry(run, old.version, (event,))])
        if not isinstance(outcome, Appended):
            raise Conflict(f"run {run} goes on already", code="run_not_ended")
        reopened = await self._reading.one(run)
        assert reopened is not None
        self._runs.take_on(run, reopened)

    # --- callbacks ----------------------------------------------------------------------------------------------------

    async def call_back(self, wait: Wait, body: Value) -> Called:
        """Somebody called the address of a wait. A second call finds the answer of the first.

        Raises NotFound for an unknown run, WaitOver, and RequestInvalid (`callback_misfit`) for a body that does not
        fit; then the wait goes on. Unavailable as `_live`.
        """
        live = await self._live(wait.run)
        run = live.run if live is not None else await self._reading.one(wait.run)
        if run is None:
            raise NotFound(f"there is no run {wait.run}", code="unknown_run")
        first = run.callbacks.get((wait.node, wait.item, wait.turn, wait.number))
        if first is not None:
            if live is not None:
                await live.until_synced(live.run.version)
            return Called(first.at_us, fresh=False)
        return await self._call_first(live, wait, body)

    async def _call_first(self, live: Live | None, wait: Wait, body: Value) -> Called:
        event = CallbackReceived(
            at_us=self._clock.now_us(), node=wait.node, item=wait.item, turn=wait.turn, number=wait.number, body=body
        )
        if live is None or not live.run.awaits(event):
            raise WaitOver(f"the wait {wait.node!r} of run {wait.run} is over: nobody waits for this call any more")
        problem = self.problem(live.run.schema_of(wait), body)
        if problem is not None:
            raise RequestInvalid(f"the body does not fit what is waited for: {problem}", code="callback_misfit")
        await self._runs.wish(live, event)
        return Called(event.at_us, fresh=True)

    def problem(self, schema: Value, body: Value) -> str | None:
        """Why a body is not what a wait waits for."""
        return None if schema is None else self._misfit(schema, body)
