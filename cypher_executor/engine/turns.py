"""Turns: what happens to the runs that are in memory, and what is done because of it.

One turn takes in what has happened since the last one (parts that answered, timers that fired, runs to start), applies
it to the runs, hands all of it to the journal in one group, and carries out what the runs ask for. Turns do not wait
for the disk; what must not leave the house before the disk has followed waits in the group (`live.Group`) and is let go
by `confirmed`. Only so much is taken in at once, because others use the event loop, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    CallAnswered,
    CallbackChecked,
    Event,
    ResumeRequested,
    RunEnded,
    RunId,
    RunStarted,
)
from cypher_executor.core.run import Run
from cypher_executor.engine.admission import Admission
from cypher_executor.engine.cache import Cache
from cypher_executor.engine.calls import HARMLESS_OPS, Calls
from cypher_executor.engine.children import Children
from cypher_executor.engine.disk import Disk
from cypher_executor.engine.live import Beginning, Group, Live, Started, Unwritable
from cypher_executor.engine.queue import Executed, FairQueue
from cypher_executor.engine.room import Room
from cypher_executor.engine.shares import Asked, Shares
from cypher_executor.engine.steering import Misfit
from cypher_executor.engine.timers import Timers
from cypher_executor.engine.turnstile import Turnstile, in_any_case
from cypher_executor.engine.volume import Volume
from cypher_executor.errors import Conflict, Failure, RequestInvalid, Unavailable
from cypher_executor.ports import (
    Appended,
    CallHandler,
    Claimed,
    Clock,
    Dispatcher,
    Inbox,
    Outcome,
    Outputs,
    PartStore,
    failed_call,
)

_log = logging.getLogger(__name__)

TURN_EVENTS = 500
"""How many events one turn takes in; whoever else uses the event loop comes in between."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many executions are with the dispatcher and how many wait for that, how many attempts wait for a place of
    their node (`concurrency_limit`), how many executions were answered from the cache, and how many outputs that has;
    and how many runs wait for a place of their recipe.
    """

    executing: int
    queued: int
    without_place: int
    cache_hits: int
    cached: int
    waiting_runs: int


class Turns:
    """The runs in memory. `on_end` hears of every run that has ended on disk, `on_unwritable` of every one whose events
    cannot be written: nothing of that one is in memory any more.
    """

    def __init__(
        self,
        *,
        disk: Disk,
        clock: Clock,
        parts: PartStore,
        admission: Admission,
        calls: Mapping[str, CallHandler],
        children: Children,
        dispatcher: Callable[[Inbox], Dispatcher],
        room: Room,
        run_bytes: int,
        misfit: Misfit,
        on_end: Callable[[Live], None],
        on_unwritable: Callable[[RunId], None],
        outputs: Outputs | None,
    ) -> None:
        self.runs: dict[RunId, Live] = {}
        self.draining = False
        """Whether no execution is begun any more."""
        self.idle = asyncio.Event()
        """Set whenever something that was going on has ended."""
        self._disk = disk
        self._clock = clock
        self._parts = parts
        self._admission = admission
        self._misfit = misfit
        self._on_end = on_end
        self._on_unwritable = on_unwritable
        self._dispatcher = dispatcher(self.deliver)
        self._timers = Timers(clock, self.deliver)
        self._calls = Calls(calls, parts, clock, self.deliver, self.idle.set)
        self._children = children
        self._outputs = outputs
        self._cache = Cache(parts, clock, self.deliver, outputs)
        self._queue = FairQueue(self._dispatcher, self._cache, clock, self.deliver, room)
        self._dispatcher.tell_long(self._found_long)
        self._shares = Shares()
        self._turnstile = Turnstile(self.runs.get)
        self._volume = Volume(run_bytes)
        self._inbox: deque[Beginning | tuple[RunId, Event]] = deque()
        self._wake = asyncio.Event()

    @property
    def busy(self) -> bool:
        """Whether a part is being executed, or a call carried out."""
        return bool(self._queue.handed or self._calls)

    def waits_for_turn(self, run: RunId) -> bool:
        """Whether a run is taken on and may not begin yet (`concurrency_limit` of its recipe)."""
        return self._turnstile.holds_back(run)

    @property
    def queued(self) -> int:
        """How many executions wait for a worker."""
        return self._queue.waiting

    @property
    def load(self) -> Load:
        """How much is being executed, and how much waits for that."""
        queue = self._queue
        shares, cache = self._shares.waiting, self._cache
        return Load(queue.handed, queue.waiting, shares, cache.hits, len(cache), self._turnstile.waiting)

    @contextlib.asynccontextmanager
    async def running(self, tasks: asyncio.TaskGroup) -> AsyncIterator[None]:
        """Take turns, and fire timers, until the block is left."""
        self._tasks = tasks
        await self._dispatcher.start()
        if self._outputs is not None:
            self._outputs.open(self._cache.take)
        loops = [tasks.create_task(loop()) for loop in (self._take_turns, self._timers.watch)]
        try:
            yield
        finally:
            for task in loops:
                task.cancel()
            self._calls.cancel_all()
            self._children.cancel_all()
            await self._dispatcher.close()
            if self._outputs is not None:
                await asyncio.to_thread(self._outputs.close)

    # --- what happens -------------------------------------------------------------------------------------------------

    def begin(self, beginning: Beginning) -> None:
        """A run is to begin."""
        self._inbox.append(beginning)
        self._wake.set()

    def deliver(self, events: Sequence[tuple[RunId, Event]]) -> None:
        """The inbox: facts about runs, from whoever carried out their commands."""
        self._inbox.extend(events)
        self._wake.set()

    def _found_long(self, run: RunId, execute: Execute) -> None:
        """What takes long gives its place to others, who may have it at once; but not in the middle of handing over."""
        self._queue.found_long(run, execute)
        asyncio.get_running_loop().call_soon(self._hand_out)

    async def wish(self, live: Live, event: Event) -> None:
        """Let a run hear of this before anything else, and wait until that is on disk."""
        self._inbox.appendleft((live.id, event))
        self.turn()
        self._disk.flush()
        await live.until_synced(live.run.version)

    def take_on(self, run: RunId, found: Run) -> None:
        """Move a run that was read from the journal."""
        self.go_on(self._held(run, found))

    def hold(self, run: RunId, found: Run) -> Live:
        """Have a run that was open before a restart among those in memory, with all that it had."""
        live = self._held(run, found)
        self._turnstile.reclaim(live)
        return live

    def _held(self, run: RunId, found: Run) -> Live:
        live = self.runs[run] = Live(run, found, synced=found.version)
        self._admission.began(live.started)
        self._shares.reclaim(live)
        return live

    def go_on(self, live: Live) -> None:
        """Carry out what a run that was read still asks for."""
        if live.run.broken:
            self.end_broken(live)
        elif self._turnstile.enter(live):
            self._carry_out_all(live, live.run.outstanding)
        else:
            self._carry_out_all(live, [command for command in live.run.outstanding if in_any_case(command)])

    # --- turns --------------------------------------------------------------------------------------------------------

    async def _take_turns(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._inbox:
                self.turn()
                if self._inbox:
                    await asyncio.sleep(0)

    def finish(self) -> None:
        """Take in all that there is."""
        while self._inbox:
            self.turn()

    def turn(self) -> None:
        """Apply what has happened, carry out what is asked for, and see to it that the journal hears of it."""
        group = self._disk.group
        for _ in range(TURN_EVENTS):
            if not self._inbox:
                break
            live, event = self._next(group)
            if live is not None:
                commands = self._apply(group, live, event)
                self._queue.moved(live)
                self._let_in(self._shares.moved(live, event))
                self._pass_turnstile(live, event)
                waits = self._turnstile.holds_back(live.id)
                for command in commands:
                    if not waits or in_any_case(command):
                        self._carry_out(live, command, group.held)
        self._hand_out()
        self._disk.end_turn()

    def _next(self, group: Group) -> tuple[Live | None, Event]:
        """The next thing that happened, and the run that waits for it; None when no run does."""
        happened = self._inbox.popleft()
        if isinstance(happened, Beginning):
            self.runs[happened.live.id] = happened.live
            group.beginnings[happened.live.id] = happened
            return happened.live, happened.event
        run, event = happened
        if isinstance(event, Executed):
            self._queue.answered(run, event)
            self.idle.set()
        live = self.runs.get(run)
        if live is None or not live.run.awaits(event):
            return None, event
        return live, self._volume.taken_in(live, event)

    def _apply(self, group: Group, live: Live, event: Event) -> Sequence[Command]:
        """Apply one event. A run that breaks the run machine ends alone, with an error that says so."""
        group.add(live, event)
        try:
            return live.run.apply(event)
        except Exception:
            _log.exception("run %s cannot go on: this is a bug in cypher-executor", live.id)
            live.run.version = group.after[live.id] + len(group.events[live.id])
            self.end_broken(live)
            return ()

    def end_broken(self, live: Live) -> None:
        """Let a run that cannot go on come to its end, by the way that all events take."""
        live.run.broken = True
        failure = Failure("internal_error", "the run met a bug in cypher-executor; the service's log has the details")
        self.deliver([(live.id, RunEnded(at_us=self._clock.now_us(), state="failed", failure=failure))])

    def _carry_out_all(self, live: Live, commands: Sequence[Command]) -> None:
        """Carry out commands whose reasons are on disk already."""
        held: list[tuple[Live, Perform]] = []
        for command in commands:
            self._carry_out(live, command, held)
        self._hand_out()
        for _, perform in held:
            self._calls.perform(self._tasks, live, perform)

    def _carry_out(
        self,
        live: Live,
        command: Command,
        held: list[tuple[Live, Perform]],
    ) -> None:
        match command:
            case Execute() | StartChild():
                self._ask_for(live, command)
            case Perform() if command.request.get("op") in HARMLESS_OPS:
                self._calls.perform(self._tasks, live, command)
            case Perform():
                held.append((live, command))
            case StartTimer():
                self._timers.start(live.id, command)
            case WatchRuns():
                self._children.watch(self._tasks, live, command)
            case AwaitCallback():
                self._await_callback(live, command)
            case Interrupt():
                self._queue.interrupt(live.id, command)
                self._calls.interrupt(live.id, command)
                self._children.interrupt(live.id, command)
                self._let_in(self._shares.leave(live.id, command.node, command.item))
            case Conclude(state=state, result=result, failure=failure):
                ended = RunEnded(at_us=self._clock.now_us(), state=state, result=result, failure=failure)
                self._inbox.append((live.id, ended))
                self._wake.set()

    def _await_callback(self, live: Live, command: AwaitCallback) -> None:
        """There is nothing to be done, but to say so when it may not be, or when what came early does not fit."""
        about: dict[str, Any] = {"node": command.node, "item": command.item, "attempt": command.attempt}
        about["at_us"] = self._clock.now_us()
        name = live.run.recipe.nodes[command.node].part
        part = self._parts.by_digest(command.digest, name) if command.digest is not None else None
        if command.call is not None and (part is None or not part.grants.callback):
            message = "the part may not wait for callbacks: write `callback = true` into [grants] of its part.toml"
            answer = failed_call("grant_missing", message)
            self.deliver([(live.id, CallAnswered(**about, number=command.call, answer=answer))])
        elif command.body:
            problem = _problem(self._misfit, command)
            self.deliver([(live.id, CallbackChecked(**about, problem=problem))])

    def _pass_turnstile(self, live: Live, event: Event) -> None:
        """A run that begins may have to wait for a place; one that goes on after a pause may have it now."""
        if isinstance(event, RunStarted):
            self._turnstile.enter(live)
        elif isinstance(event, ResumeRequested):
            self._begin_runs(self._turnstile.goes_on(live.id))

    def _begin_runs(self, lives: Sequence[Live]) -> None:
        """Begin runs that had to wait for a place."""
        for live in lives:
            self._carry_out_all(live, live.run.outstanding)

    # --- what is executed, and when -----------------------------------------------------------------------------------

    def _ask_for(self, live: Live, command: Execute | StartChild) -> None:
        """Have this done at once, or when it is its turn; or not at all, where it is known what would come of it."""
        known = isinstance(command, Execute) and self._cache.answers(live, command)
        if not known and self._shares.enter(live, command):
            self._begin(live, command)

    def _begin(self, live: Live, command: Execute | StartChild) -> None:
        if isinstance(command, Execute):
            self._queue.put(live, command)
        else:
            self._children.start(self._tasks, live, command)

    def _let_in(self, asked: Sequence[Asked]) -> None:
        """Begin what had to wait for a place."""
        for live, command in asked:
            self._begin(live, command)

    def _hand_out(self) -> None:
        if not self.draining:
            self._queue.hand_out()

    # --- the disk has followed ----------------------------------------------------------------------------------------

    def confirmed(self, group: Group, outcomes: Sequence[Outcome | Unwritable]) -> None:
        """A group is on disk, as far as `outcomes` say so: let go of what waited for that."""
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
            self.runs.pop(live.id, None)
            self._admission.ended(live.id)
            self._timers.ended(live.id)
            self._volume.ended(live.id)
            self._begins_no_more(live)
            self._on_end(live)
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
            self._on_unwritable(live.id)

    def _still_wanted(self, live: Live, perform: Perform) -> bool:
        answer = CallAnswered(
            at_us=0,
            node=perform.node,
            item=perform.item,
            attempt=perform.attempt,
            number=perform.number,
            answer={},
        )
        return self.runs.get(live.id) is live and live.run.awaits(answer)

    def _drop(self, live: Live, why: Unavailable) -> None:
        self.runs.pop(live.id, None)
        self._admission.ended(live.id)
        self._timers.ended(live.id)
        self._volume.ended(live.id)
        self._begins_no_more(live)
        live.abandon(why)

    def _begins_no_more(self, live: Live) -> None:
        """Nothing that still waits to begin for this run is wanted."""
        self._queue.ended(live.id)
        self._let_in(self._shares.ended(live.id))
        self._begin_runs(self._turnstile.ended(live.id))
        self._hand_out()

    # --- the disk has failed ------------------------------------------------------------------------------------------

    def forget_all(self) -> None:
        """Drop every run, and whatever is ahead of the disk; refuse who waits for it."""
        why = Unavailable("the journal failed; what was asked may or may not be on disk", code="journal_unavailable")
        for happened in self._inbox:
            if isinstance(happened, Beginning):
                happened.refuse(why)
        self._inbox.clear()
        for group in self._disk.give_up():
            refuse_all(group, why)
        self._queue.forget()
        self._shares.forget()
        self._turnstile.forget()
        for live in list(self.runs.values()):
            self._drop(live, why)
        self._calls.cancel_all()
        self._children.cancel_all()
        self._timers.clear()
        self._admission.forget()


def _problem(misfit: Misfit, wait: AwaitCallback) -> str | None:
    return None if wait.schema is None else misfit(wait.schema, wait.body[0])


def refuse_all(group: Group, why: Unavailable) -> None:
    """Tell everybody who waits for a run of this group to begin that it is not known to have begun."""
    for beginning in group.beginnings.values():
        beginning.refuse(why)
