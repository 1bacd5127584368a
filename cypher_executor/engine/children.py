"""Runs that start runs, and runs that wait for runs. A child is a run like any other; its parent knows its id.

Starting is safe to repeat: the step's own key (`once`), or the author's, is claimed in the same transaction that begins
the child, so a parent that is recovered finds the child that it started before. Waiting is a note in memory, made again
whenever the parent's command is carried out again; it costs no task.

A step that waits for a child of its own and gives that up - it was cancelled, or its time is over - takes the child
with it. Nobody writes that down: after a crash in between it follows from what the parent has become (`reclaim`). A
child that was started under the author's own key belongs to whoever names that key, and is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from cypher_executor.core.commands import Interrupt, StartChild, WatchRuns
from cypher_executor.core.events import (
    AttemptFailed,
    CancelRequested,
    ChildEnded,
    ChildPaused,
    ChildStarted,
    Event,
    Item,
    Parent,
    RunEnded,
    RunId,
    RunStarted,
    WatchedEnded,
)
from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.recipe import Value
from cypher_executor.core.run import Run
from cypher_executor.engine.admission import TooManyRuns
from cypher_executor.engine.live import Live, Started
from cypher_executor.errors import CypherExecutorError, Failure, Unavailable
from cypher_executor.ports import Claim, Clock, Journal, Prepared, Recipes

KEEP_KEYS_US = 72 * 3_600_000_000
"""How long an idempotency key that a caller chose is remembered."""

_Step = tuple[RunId, str, Item]


class Runs(Protocol):
    """As much of the engine as this needs."""

    def start_child(
        self,
        prepared: Prepared,
        above: RunStarted,
        *,
        trigger: Mapping[str, Value],
        claim: Claim,
        parent: Parent,
        depth: int,
    ) -> Awaitable[Started]: ...

    def live(self, run: RunId) -> Live | None: ...

    def deliver(self, events: Sequence[tuple[RunId, Event]]) -> None: ...

    def inspect(self, run: RunId, look: Callable[[Run], bool]) -> Awaitable[bool | None]: ...


def claim_of_key(tenant: str, recipe: str, key: str, asked: str) -> Claim:
    """The claim that an idempotency key of a caller makes: one run per tenant, recipe and key."""
    return Claim(f"{tenant}/{recipe}", key, asked, KEEP_KEYS_US)


@dataclass(frozen=True, slots=True)
class _Watcher:
    """A step that wants to know of the end of a run, whoever started that."""

    run: RunId
    node: str
    item: Item
    attempt: int


class Children:
    """Starts children, and tells those who wait when a run has ended."""

    def __init__(self, runs: Runs, recipes: Recipes, journal: Journal, clock: Clock) -> None:
        self._runs = runs
        self._recipes = recipes
        self._journal = journal
        self._clock = clock
        self._waiting: dict[RunId, list[Parent]] = {}
        self._watching: dict[RunId, list[_Watcher]] = {}
        self._own: dict[_Step, RunId] = {}
        """The child that a step waits for and may take with it."""
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, tasks: asyncio.TaskGroup, live: Live, command: StartChild) -> None:
        """Carry out a `StartChild`, beside everything else."""
        self._beside(tasks, self._carry_out(live, command))

    def watch(self, tasks: asyncio.TaskGroup, live: Live, command: WatchRuns) -> None:
        """Carry out a `WatchRuns`, beside everything else."""
        self._beside(tasks, self._watch(live, command))

    def is_waited_for(self, run: RunId) -> bool:
        """Whether a parent wants to know when this run ends or pauses."""
        return run in self._waiting

    def ended(self, live: Live) -> None:
        """A run has ended on disk: whoever waits for it goes on."""
        end, started = live.run.ended, live.started
        assert end is not None
        self._tell_parents(live.id, end)
        watchers = self._watching.pop(live.id, ())
        self._runs.deliver([(w.run, self._watched(w, live.id, started.name, started.at_us, end)) for w in watchers])

    def paused(self, child: RunId) -> None:
        """A run can go on only when somebody wants it to: its parents do not wait for that."""
        for parent in self._waiting.pop(child, ()):
            self._own.pop((parent.run, parent.node, parent.item), None)
            event = ChildPaused(**self._about(parent), child=child)
            self._runs.deliver([(parent.run, event)])

    def interrupt(self, run: RunId, command: Interrupt) -> None:
        """A step does not wait any more: the child that it waited for is cancelled with it."""
        child = self._own.pop((run, command.node, command.item), None)
        if child is not None:
            self._cancel(child)

    def reclaim(self, tasks: asyncio.TaskGroup, recovered: Sequence[Live]) -> None:
        """After a restart: cancel the children whose parents gave them up when nobody was there to see it."""
        orphans = [live for live in recovered if live.started.parent is not None and live.started.parent.wait]
        if orphans:
            self._beside(tasks, self._reclaim(orphans))

    def cancel_all(self) -> None:
        """Forget all of it; the parents will ask again when they are recovered."""
        self._waiting.clear()
        self._watching.clear()
        self._own.clear()
        for task in self._tasks:
            task.cancel()

    def _beside(self, tasks: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> None:
        task = tasks.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- a child of one's own -----------------------------------------------------------------------------------------

    async def _carry_out(self, live: Live, command: StartChild) -> None:
        parent = Parent(run=live.id, node=command.node, item=command.item, attempt=command.attempt, wait=command.wait)
        known = live.run.steps[command.node, command.item].child
        if known is not None:  # The parent was recovered, and what it waits for has begun long ago.
            await self._follow(parent, command, known)
            return
        try:
            await live.until_synced(1)  # A run whose key turns out to be another's never began, and starts nothing.
            started = await self._begin(live, command, parent)
        except TooManyRuns as error:
            self._runs.deliver([(live.id, self._refused(command, error))])
            return
        except Unavailable:
            return  # The journal failed or the engine is stopping: the command stays outstanding and is asked again.
        except CypherExecutorError as error:
            self._runs.deliver([(live.id, self._refused(command, error))])
            return
        event = ChildStarted(**self._about(parent), child=started.run, workflow=command.workflow)
        self._runs.deliver([(live.id, event)])
        if command.wait:
            await self._follow(parent, command, started.run)

    async def _begin(self, live: Live, command: StartChild, parent: Parent) -> Started:
        above = live.started
        prepared = await self._recipes.prepare(above.tenant, command.workflow, command.input)
        asked = fingerprint(command.workflow, command.input)
        if command.key is None:
            claim = Claim(f"children of {above.tenant}", command.once, asked)
        else:
            claim = claim_of_key(above.tenant, command.workflow, command.key, asked)
            parent = Parent(run=parent.run, node=parent.node, item=parent.item, attempt=parent.attempt)
        trigger = {"kind": "run", "run": live.id, "node": command.node}
        return await self._runs.start_child(
            prepared, above, trigger=trigger, claim=claim, parent=parent, depth=command.depth
        )

    async def _follow(self, parent: Parent, command: StartChild, child: RunId) -> None:
        self._waiting.setdefault(child, []).append(parent)
        if command.key is None:
            self._own[parent.run, parent.node, parent.item] = child
        live = self._runs.live(child)
        if live is None:
            end = await self._journal.end(child)
            if end is not None:
                self._tell_parents(child, end)
        elif live.synced == live.run.version and live.run.paused:
            self.paused(child)

    def _tell_parents(self, child: RunId, end: RunEnded) -> None:
        for parent in self._waiting.pop(child, ()):
            self._own.pop((parent.run, parent.node, parent.item), None)
            event = ChildEnded(
                **self._about(parent), child=child, state=end.state, result=end.result, failure=end.failure
            )
            self._runs.deliver([(parent.run, event)])

    def _refused(self, command: StartChild, error: CypherExecutorError) -> AttemptFailed:
        near = error.did_you_mean
        message = error.message if near is None else f"{error.message}; did you mean {near!r}?"
        failure = Failure(error.code, message, error.retryable, {"workflow": command.workflow})
        return AttemptFailed(**self._about(command), failure=failure, started_us=self._clock.now_us())

    async def _reclaim(self, orphans: Sequence[Live]) -> None:
        for child in orphans:
            parent = child.started.parent
            assert parent is not None
            with suppress(CypherExecutorError):  # A parent that cannot be read keeps its children.
                if await self._runs.inspect(parent.run, lambda run, p=parent: _gave_up(run, p)):  # type: ignore[misc]
                    self._cancel(child.id)

    def _cancel(self, child: RunId) -> None:
        reason = "the step that waited for this run waits no more"
        self._runs.deliver([(child, CancelRequested(at_us=self._clock.now_us(), reason=reason))])

    # --- runs of whomever ---------------------------------------------------------------------------------------------

    async def _watch(self, live: Live, command: WatchRuns) -> None:
        watcher = _Watcher(live.id, command.node, command.item, command.attempt)
        for run in command.runs:
            try:
                problem = await self._watch_one(live, watcher, run)
            except Unavailable as error:
                if error.code != "run_unreadable":
                    return  # The journal failed: the command stays outstanding and is asked again.
                problem = Failure(error.code, error.message)
            if problem is not None:
                event = AttemptFailed(**self._about(watcher), failure=problem, started_us=self._clock.now_us())
                self._runs.deliver([(live.id, event)])
                return

    async def _watch_one(self, live: Live, watcher: _Watcher, run: RunId) -> Failure | None:
        """Note that a run is watched, or tell at once how it ended; or say why neither can be."""
        if run == live.id:
            return Failure("input_invalid", "a run cannot wait for itself")
        target = self._runs.live(run)
        if target is not None and target.run.started is not None:
            if target.started.tenant != live.started.tenant:
                return _unknown(run)
            self._watching.setdefault(run, []).append(watcher)
            return None
        summary, end = await self._journal.summary(run), await self._journal.end(run)
        if summary is None or summary.tenant != live.started.tenant:
            return _unknown(run)
        if end is not None:
            event = self._watched(watcher, run, summary.recipe, summary.started_us, end)
            self._runs.deliver([(live.id, event)])
        return None

    def _watched(
        self, watcher: _Watcher, run: RunId, workflow: str | None, began_us: int, end: RunEnded
    ) -> WatchedEnded:
        return WatchedEnded(
            **self._about(watcher),
            run=run,
            workflow=workflow,
            state=end.state,
            result=end.result,
            failure=end.failure,
            duration_ms=(end.at_us - began_us) // 1000,
        )

    def _about(self, step: Parent | StartChild | _Watcher) -> dict[str, Any]:
        """What every answer says: when, and to whom."""
        return {"at_us": self._clock.now_us(), "node": step.node, "item": step.item, "attempt": step.attempt}


def _unknown(run: RunId) -> Failure:
    return Failure("unknown_run", f"there is no run {run}")


def _gave_up(parent_run: Run, parent: Parent) -> bool:
    """Whether the step that waited for a child has ended without it."""
    step = parent_run.steps.get((parent.node, parent.item))
    return step is not None and (step.state in ("failed", "cancelled") or step.attempt > parent.attempt)
