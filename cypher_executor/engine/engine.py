"""The engine: the thin shell around the run machine. It drains, journals, applies and dispatches, and decides nothing.

One turn of the engine takes everything that has happened since the last one (parts that answered, timers that fired,
runs to start), applies it to the runs, hands all of it to the journal in one group, and carries out what the runs ask
for. Turns do not wait for the disk, and a group in which nothing is urgent lingers a little, so that a chain of short
steps costs one sync and not one for each. What leaves the house does wait:

* parts run ahead of the disk, because a part has no effect except through a call, and running it again is harmless;
* calls (`Perform`) are held back until the group that asked for them, and so every group before it, has been synced;
* answers to callers wait in the same way: `start`, `wait` and `inspect` return only what is on disk.

Groups are confirmed in the order in which they were handed over, by one task. When the journal fails, memory is ahead
of the disk and cannot be trusted: the engine drops every run, refuses new work, reopens the journal and recovers by
reading it, which is the path that every start takes.

Everything that runs beside the turns (calls, starts of children, timers) is a task of one TaskGroup.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from secrets import token_hex
from typing import Any, TypeVar

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import (
    AwaitCallback,
    Command,
    Conclude,
    Execute,
    Interrupt,
    Perform,
    StartChild,
    StartTimer,
    WatchRuns,
)
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallAnswered,
    CallbackChecked,
    CallRequested,
    Event,
    Item,
    Parent,
    RunEnded,
    RunId,
    RunStarted,
)
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.core.run import Mint, Run
from cypher_executor.engine.admission import Admission, Bounds, family_of
from cypher_executor.engine.calls import HARMLESS_OPS, Calls
from cypher_executor.engine.children import Children
from cypher_executor.engine.disk import Disk
from cypher_executor.engine.live import Beginning, Group, Live, Started, Unwritable
from cypher_executor.engine.reading import Reading
from cypher_executor.engine.steering import Called, Misfit, Steering
from cypher_executor.engine.timers import Timers
from cypher_executor.errors import Conflict, CypherExecutorError, Failure, RequestInvalid, Unavailable
from cypher_executor.ports import (
    Appended,
    CallHandler,
    Claim,
    Claimed,
    Clock,
    Dispatcher,
    Inbox,
    Journal,
    Opening,
    Outcome,
    PartStore,
    Prepared,
    Recipes,
    failed_call,
)

T = TypeVar("T")

_log = logging.getLogger(__name__)

KEPT_ENDED = 64
"""How many runs that have ended are kept in memory; all others are read from the journal."""

TURN_EVENTS = 500
"""How many events one turn takes in; whoever else uses the event loop comes in between."""

REOPEN_EVERY_S = 0.5
"""How often a journal that has failed is tried again."""

LAST_SYNC_S = 5.0
"""How long a service that stops waits for the disk."""

_EXECUTED = AttemptSucceeded | AttemptFailed | AttemptLost | CallRequested


class Engine:
    """Runs recipes, inside `async with engine.running():`."""

    def __init__(
        self,
        *,
        journal: Journal,
        recipes: Recipes,
        parts: PartStore,
        clock: Clock,
        calls: Mapping[str, CallHandler],
        dispatcher: Callable[[Inbox], Dispatcher],
        bounds: Bounds | None = None,
        mint: Mint | None = None,
        address: str = "",
        misfit: Misfit = lambda schema, value: None,
    ) -> None:
        """`mint` makes the tokens of waits, whose addresses begin with `address`; `misfit` checks callbacks."""
        self._journal = journal
        self._recipes = recipes
        self._parts = parts
        self._clock = clock
        self._dispatcher = dispatcher(self.deliver)
        self._idle = asyncio.Event()
        self._timers = Timers(clock, self.deliver)
        self._calls = Calls(calls, parts, clock, self.deliver, self._idle.set)
        self._children = Children(self, recipes, journal, clock)
        self._mint = mint
        self._address = address
        self._reading = Reading(journal, recipes, mint)
        self._admission = Admission(bounds or Bounds())
        self._runs: dict[RunId, Live] = {}
        self._steering = Steering(self._runs, self._wish, self._take_on, self._reading, journal, clock, misfit)
        self._ended: OrderedDict[RunId, Run] = OrderedDict()
        self._inbox: deque[Beginning | tuple[RunId, Event]] = deque()
        self._wake = asyncio.Event()
        self._disk = Disk(journal)
        self._waiters: dict[RunId, list[asyncio.Future[None]]] = {}
        self._executing: set[tuple[RunId, str, Item]] = set()
        self._draining = False
        self.accepting = False
        """Whether new runs are taken on: False before recovery, after a failure of the journal, and while draining."""

    # --- for callers --------------------------------------------------------------------------------------------------

    async def start(
        self,
        prepared: Prepared,
        *,
        tenant: str = "default",
        trigger: Mapping[str, Value] | None = None,
        claim: Claim | None = None,
    ) -> Started:
        """Begin a run; returns when it is on disk.

        Raises Unavailable when it is not known to have begun (ask again under the same key), and Conflict (code
        `idempotency_conflict`) when the key was used for something else.
        """
        if not self.accepting:
            raise Unavailable("the service is not taking on runs just now", code="not_ready")
        started = self._first_event(prepared, tenant, trigger or {"kind": "api"})
        return await self._begin(prepared, started, claim)

    async def inspect(self, run: RunId, look: Callable[[Run], T]) -> T | None:
        """What `look` sees of a run, once all that it saw is on disk; None for an unknown run."""
        live = self._runs.get(run)
        if live is None:
            found = self._ended.get(run) or await self._reading.one(run)
            return None if found is None else look(found)
        seen = look(live.run)
        self._disk.flush()
        await live.until_synced(live.run.version)
        return seen

    async def wait(self, run: RunId, timeout_s: float | None) -> bool:
        """Wait until a run has ended on disk; False when it has not ended in that time."""
        if run not in self._runs:
            return True
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(run, []).append(ended)
        try:
            async with asyncio.timeout(timeout_s):
                await ended
        except TimeoutError:
            return False
        finally:
            self._forget_waiter(run, ended)
        return True

    async def cancel(self, run: RunId, reason: str = "", *, tree: bool = False) -> bool:
        """Ask for the end of a run; True when the wish is on disk, False for one that is unknown or has ended.

        The children that it waits for are cancelled with it, and with `tree` all others that descend from it.
        """
        return await self._steering.cancel(run, reason, tree=tree)

    async def _wish(self, live: Live, event: Event) -> None:
        """Let a run hear of this before anything else, and wait until that is on disk."""
        self._inbox.appendleft((live.id, event))
        self._turn()
        self._disk.flush()
        await live.until_synced(live.run.version)

    async def pause(self, run: RunId, reason: str = "") -> bool:
        """Ask that nothing more begins in a run; True when the wish is on disk, False as for `cancel`."""
        return await self._steering.pause(run, reason)

    async def resume(self, run: RunId) -> bool:
        """Ask a paused run to go on; True when the wish is on disk, False as for `cancel`."""
        return await self._steering.resume(run)

    async def retry(self, run: RunId, reason: str = "") -> None:
        """Let a run that failed or was cancelled go on from there. Raises NotFound, or Conflict for any other run."""
        if not self.accepting:
            raise Unavailable("the service is not taking on runs just now", code="not_ready")
        await self._steering.reopen(run, reason)

    async def call_back(self, wait: Wait, body: Value) -> Called:
        """Somebody called the address of a wait: see `Steering.call_back`."""
        return await self._steering.call_back(wait, body)

    def waits(self) -> list[tuple[RunStarted, AwaitCallback]]:
        """All waits for callbacks that are going on, each with the beginning of its run."""
        return [(live.started, wait) for live in self._runs.values() for wait in live.run.waits]

    def live(self, run: RunId) -> Live | None:
        """A run that has not ended, as it is in memory: for the engine's own helpers."""
        return self._runs.get(run)

    @property
    def open_runs(self) -> int:
        """How many runs have not ended."""
        return len(self._runs)

    @property
    def unreadable(self) -> Mapping[RunId, str]:
        """The open runs that stay as they are on disk, because they cannot be read, and why."""
        return self._reading.unreadable

    def deliver(self, events: Sequence[tuple[RunId, Event]]) -> None:
        """The inbox: facts about runs, from whoever carried out their commands."""
        self._inbox.extend(events)
        self._wake.set()

    # --- life ---------------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self, drain_s: float = 10.0) -> AsyncIterator[Engine]:
        """Recover, then work until the block is left; then let running steps end for up to `drain_s` seconds."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await self._dispatcher.start()
            loops = [tasks.create_task(loop()) for loop in (self._turns, self._confirm, self._timers.watch)]
            try:
                await self._recover()
                self.accepting = True
                yield self
            finally:
                await self._drain(drain_s)
                for task in loops:
                    task.cancel()
                self._calls.cancel_all()
                self._children.cancel_all()
                await self._dispatcher.close()

    async def _drain(self, grace_s: float) -> None:
        """Begin nothing new, and give what is going on its time. What does not end is handed back to the journal."""
        self.accepting, self._draining = False, True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._executing or self._calls:
                    self._idle.clear()
                    await self._idle.wait()
        self._turn()
        self._disk.flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SYNC_S):
                await self._disk.idle()

    async def _recover(self) -> None:
        """Read every open run, then carry out what each still asks for."""
        async for run, found in self._reading.open_runs():
            live = self._runs[run] = Live(run, found, synced=found.version)
            self._admission.began(live.started)
        for live in list(self._runs.values()):
            self._go_on(live)
        self._children.reclaim(self._tasks, list(self._runs.values()))
        for run in [run for run in self._waiters if run not in self._runs]:
            self._tell_waiters(run)

    def _take_on(self, run: RunId, found: Run) -> None:
        """Move a run that was read from the journal."""
        self._ended.pop(run, None)
        live = self._runs[run] = Live(run, found, synced=found.version)
        self._admission.began(live.started)
        self._go_on(live)

    def _go_on(self, live: Live) -> None:
        if live.run.broken:
            self._end_broken(live)
        else:
            self._carry_out_all(live, live.run.outstanding)

    # --- turns --------------------------------------------------------------------------------------------------------

    async def _turns(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._inbox:
                self._turn()
                await asyncio.sleep(0)

    def _turn(self) -> None:
        """Apply what has happened, carry out what is asked for, and see to it that the journal hears of it."""
        group = self._disk.group
        executes: list[tuple[RunId, Execute]] = []
        for _ in range(TURN_EVENTS):
            if not self._inbox:
                break
            live, event = self._next(group)
            if live is not None:
                for command in self._apply(group, live, event):
                    self._carry_out(live, command, executes, group.held)
        self._dispatch(executes)
        self._disk.end_turn()

    def _next(self, group: Group) -> tuple[Live | None, Event]:
        """The next thing that happened, and the run that waits for it; None when no run does."""
        happened = self._inbox.popleft()
        if isinstance(happened, Beginning):
            self._runs[happened.live.id] = happened.live
            group.beginnings[happened.live.id] = happened
            return happened.live, happened.event
        run, event = happened
        if isinstance(event, _EXECUTED):
            self._executing.discard((run, event.node, event.item))
            self._idle.set()
        live = self._runs.get(run)
        return (live if live is not None and live.run.awaits(event) else None), event

    def _apply(self, group: Group, live: Live, event: Event) -> Sequence[Command]:
        """Apply one event. A run that breaks the run machine ends alone, with an error that says so."""
        group.add(live, event)
        try:
            return live.run.apply(event)
        except Exception:
            _log.exception("run %s cannot go on: this is a bug in cypher-executor", live.id)
            live.run.version = group.after[live.id] + len(group.events[live.id])
            self._end_broken(live)
            return ()

    def _end_broken(self, live: Live) -> None:
        """Let a run that cannot go on come to its end, by the way that all events take."""
        live.run.broken = True
        failure = Failure("internal_error", "the run met a bug in cypher-executor; the service's log has the details")
        self.deliver([(live.id, RunEnded(at_us=self._clock.now_us(), state="failed", failure=failure))])

    def _carry_out_all(self, live: Live, commands: Sequence[Command]) -> None:
        """Carry out commands whose reasons are on disk already."""
        executes: list[tuple[RunId, Execute]] = []
        held: list[tuple[Live, Perform]] = []
        for command in commands:
            self._carry_out(live, command, executes, held)
        self._dispatch(executes)
        for _, perform in held:
            self._calls.perform(self._tasks, live, perform)

    def _carry_out(
        self,
        live: Live,
        command: Command,
        executes: list[tuple[RunId, Execute]],
        held: list[tuple[Live, Perform]],
    ) -> None:
        match command:
            case Execute():
                executes.append((live.id, command))
            case Perform() if command.request.get("op") in HARMLESS_OPS:
                self._calls.perform(self._tasks, live, command)
            case Perform():
                held.append((live, command))
            case StartTimer():
                self._timers.start(live.id, command)
            case StartChild():
                self._children.start(self._tasks, live, command)
            case WatchRuns():
                self._children.watch(self._tasks, live, command)
            case AwaitCallback():
                self._await_callback(live, command)
            case Interrupt():
                executes[:] = [one for one in executes if not _same_step(one, live.id, command)]
                self._dispatcher.interrupt(live.id, command.node, command.item)
                self._calls.interrupt(live.id, command)
                self._children.interrupt(live.id, command)
            case Conclude(state=state, result=result, failure=failure):
                ended = RunEnded(at_us=self._clock.now_us(), state=state, result=result, failure=failure)
                self._inbox.append((live.id, ended))
                self._wake.set()

    def _await_callback(self, live: Live, command: AwaitCallback) -> None:
        """There is nothing to be done, but to say so when it may not be, or when what came early does not fit."""
        about: dict[str, Any] = {"node": command.node, "item": command.item, "attempt": command.attempt}
        about["at_us"] = self._clock.now_us()
        part = self._parts.by_digest(command.digest) if command.digest is not None else None
        if command.call is not None and (part is None or not part.grants.callback):
            message = "the part may not wait for callbacks: write `callback = true` into [grants] of its part.toml"
            answer = failed_call("grant_missing", message)
            self.deliver([(live.id, CallAnswered(**about, number=command.call, answer=answer))])
        elif command.body:
            problem = self._steering.problem(command.schema, command.body[0])
            self.deliver([(live.id, CallbackChecked(**about, problem=problem))])

    def _dispatch(self, executes: list[tuple[RunId, Execute]]) -> None:
        if executes and not self._draining:
            self._executing.update((run, e.node, e.item) for run, e in executes)
            try:
                self._dispatcher.run_many(executes)
            except Exception:
                _log.exception("a batch of %d executions could not be handed over", len(executes))
                self.deliver([(run, self._undeliverable(execute)) for run, execute in executes])

    def _undeliverable(self, execute: Execute) -> AttemptFailed:
        now_us = self._clock.now_us()
        failure = Failure("internal_error", "the step could not be handed to a worker; the log has the details")
        return AttemptFailed(
            at_us=now_us,
            node=execute.node,
            item=execute.item,
            attempt=execute.attempt,
            failure=failure,
            started_us=now_us,
        )

    # --- the disk has followed ----------------------------------------------------------------------------------------

    async def _confirm(self) -> None:
        async for group, answer in self._disk.confirmed():
            if isinstance(answer, Unavailable):
                await self._journal_failed(group, answer)
            else:
                self._confirmed(group, answer)

    def _confirmed(self, group: Group, outcomes: Sequence[Outcome | Unwritable]) -> None:
        for live, outcome in zip(group.lives, outcomes, strict=True):
            beginning = group.beginnings.get(live.id)
            match outcome:
                case Appended():
                    self._appended(live, group.after[live.id] + len(group.events[live.id]), beginning)
                case Claimed():
                    self._claimed(live, outcome, beginning)
                case Unwritable():
                    self._unwritable(live, outcome, beginning)
                case _:
                    self._drop(live, Unavailable(f"run {live.id} went on elsewhere", code="run_moved"))
        for live, perform in group.held:
            if self._still_wanted(live, perform):
                self._calls.perform(self._tasks, live, perform)

    def _appended(self, live: Live, version: int, beginning: Beginning | None) -> None:
        live.synced_to(version)
        if beginning is not None:
            beginning.answer(Started(live.id, fresh=True))
        if live.run.ended is not None and version == live.run.version:
            self._runs.pop(live.id, None)
            self._admission.ended(live.id)
            self._timers.ended(live.id)
            self._keep_ended(live)
            self._tell_waiters(live.id)
            self._children.ended(live)
        elif self._children.is_waited_for(live.id) and version == live.run.version and live.run.paused:
            self._children.paused(live.id)

    def _claimed(self, live: Live, outcome: Claimed, beginning: Beginning | None) -> None:
        """The key belongs to another run: this one never began."""
        self._drop(live, Unavailable(f"the key belongs to {outcome.run}"))
        if beginning is None:
            return
        if outcome.same:
            beginning.answer(Started(outcome.run, fresh=False))
        else:
            message = f"the key was used before, for {outcome.run} with another recipe or input: choose a new key"
            beginning.refuse(Conflict(message, code="idempotency_conflict"))

    def _unwritable(self, live: Live, why: Unwritable, beginning: Beginning | None) -> None:
        """What happened cannot be journaled: go back to what the disk has of this run, and end it there."""
        _log.error("run %s: what happened in it cannot be written: %s", live.id, why.why)
        self._drop(live, Unavailable(f"run {live.id} met a bug in cypher-executor", code="internal_error"))
        if beginning is not None:
            beginning.refuse(RequestInvalid(f"the run cannot be written down: {why.why}"))
        else:
            self._tasks.create_task(self._end_as_on_disk(live.id))

    async def _end_as_on_disk(self, run: RunId) -> None:
        with contextlib.suppress(CypherExecutorError):  # The journal has failed: recovering will find the run.
            found = await self._reading.one(run)
            if found is not None and found.ended is None and run not in self._runs:
                found.broken = True
                self._take_on(run, found)

    def _still_wanted(self, live: Live, perform: Perform) -> bool:
        answer = CallAnswered(
            at_us=0,
            node=perform.node,
            item=perform.item,
            attempt=perform.attempt,
            number=perform.number,
            answer={},
        )
        return self._runs.get(live.id) is live and live.run.awaits(answer)

    def _drop(self, live: Live, why: Unavailable) -> None:
        self._runs.pop(live.id, None)
        self._admission.ended(live.id)
        self._timers.ended(live.id)
        live.abandon(why)

    # --- the disk has failed ------------------------------------------------------------------------------------------

    async def _journal_failed(self, group: Group, why: Unavailable) -> None:
        """Forget everything that is ahead of the disk, and begin again from what the disk has."""
        _log.error("the journal failed, nothing is accepted until it works again: %s", why.message)
        self.accepting = False
        _refuse_all(group, why)
        await self._reopen()
        self.accepting = not self._draining
        _log.warning("the journal works again; %d open runs go on", len(self._runs))

    async def _reopen(self) -> None:
        while True:
            self._forget_all()
            try:
                await self._journal.reopen()
                await self._recover()
            except Unavailable as still:
                _log.debug("the journal does not work yet: %s", still.message)
                await asyncio.sleep(REOPEN_EVERY_S)
            else:
                return

    def _forget_all(self) -> None:
        why = Unavailable("the journal failed; what was asked may or may not be on disk", code="journal_unavailable")
        for happened in self._inbox:
            if isinstance(happened, Beginning):
                happened.refuse(why)
        self._inbox.clear()
        for group in self._disk.give_up():
            _refuse_all(group, why)
        for live in list(self._runs.values()):
            self._drop(live, why)
        self._calls.cancel_all()
        self._children.cancel_all()
        self._timers.clear()
        self._admission.forget()
        self._executing.clear()

    # --- small helps --------------------------------------------------------------------------------------------------

    async def start_child(
        self,
        prepared: Prepared,
        above: RunStarted,
        *,
        trigger: Mapping[str, Value],
        claim: Claim,
        parent: Parent,
        depth: int,
    ) -> Started:
        first = self._first_event(prepared, above.tenant, trigger)
        return await self._begin(prepared, replace(first, parent=parent, depth=depth, family=family_of(above)), claim)

    async def _begin(self, prepared: Prepared, first: RunStarted, claim: Claim | None) -> Started:
        self._admission.admit(first)
        accepted: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        opening = Opening(prepared.recipe.text, claim)
        self._inbox.append(Beginning(Live(first.run, Run(prepared.recipe, self._mint)), first, opening, accepted))
        self._wake.set()
        return await accepted

    def _first_event(self, prepared: Prepared, tenant: str, trigger: Mapping[str, Value]) -> RunStarted:
        return RunStarted(
            at_us=self._clock.now_us(),
            run=self._clock.new_run_id(),
            recipe=prepared.recipe.digest,
            name=prepared.name,
            version=prepared.version,
            input=prepared.input,
            trigger=trigger,
            parts=self._digests(prepared.recipe),
            tenant=tenant,
            seed=token_hex(16),
            address=self._address,
        )

    def _digests(self, recipe: Recipe) -> Mapping[str, Digest]:
        found = ((name, self._parts.find(name)) for name in recipe.parts)
        return {name: part.digest for name, part in found if part is not None and part.digest is not None}

    def _keep_ended(self, live: Live) -> None:
        """Whoever waited for a run will look at it next."""
        self._ended[live.id] = live.run
        if len(self._ended) > KEPT_ENDED:
            self._ended.popitem(last=False)

    def _tell_waiters(self, run: RunId) -> None:
        for waiter in self._waiters.pop(run, ()):
            if not waiter.done():
                waiter.set_result(None)

    def _forget_waiter(self, run: RunId, waiter: asyncio.Future[None]) -> None:
        waiters = self._waiters.get(run, [])
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters:
            self._waiters.pop(run, None)


def _same_step(one: tuple[RunId, Execute], run: RunId, command: Interrupt) -> bool:
    return one[0] == run and one[1].node == command.node and one[1].item == command.item


def _refuse_all(group: Group, why: Unavailable) -> None:
    for beginning in group.beginnings.values():
        beginning.refuse(why)
