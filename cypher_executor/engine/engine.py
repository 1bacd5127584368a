"""The engine: the thin shell around the run machine. It drains, journals, applies and dispatches, and decides nothing.

What happens gathers in an inbox and is taken in by turns (`turns.py`). Turns do not wait for the disk (`disk.py`), and
a group in which nothing is urgent lingers a little, so that a chain of short steps costs one sync and not one for each.
What leaves the house does wait:

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
import gc
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import cpu_count, urandom
from typing import TypeVar

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import (
    AwaitCallback,
)
from cypher_executor.core.events import (
    Event,
    Parent,
    RunId,
    RunStarted,
)
from cypher_executor.core.recipe import Digest, Value
from cypher_executor.core.run import Mint, Run
from cypher_executor.core.run_places import place_of_run
from cypher_executor.engine.admission import Admission, Bounds, family_of
from cypher_executor.engine.children import Children
from cypher_executor.engine.derived import Derived
from cypher_executor.engine.disk import Disk
from cypher_executor.engine.live import Beginning, Group, Live, Started
from cypher_executor.engine.reading import Reading
from cypher_executor.engine.room import Room
from cypher_executor.engine.steering import Called, Misfit, Steering
from cypher_executor.engine.turns import Load, Turns, refuse_all
from cypher_executor.errors import CypherExecutorError, Unavailable
from cypher_executor.ports import (
    CallHandler,
    Claim,
    Clock,
    Dispatcher,
    Inbox,
    Journal,
    Opening,
    Outputs,
    PartStore,
    Prepared,
    Recipes,
)

T = TypeVar("T")

_log = logging.getLogger(__name__)

KEPT_ENDED = 64
"""How many runs that have ended are kept in memory; all others are read from the journal."""

REOPEN_EVERY_S = 0.5
"""How often a journal that has failed is tried again."""

LAST_SYNC_S = 5.0
"""How long a service that stops waits for the disk."""


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
        workers: int | None = None,
        outputs: Outputs | None = None,
    ) -> None:
        """`mint` makes the tokens of waits, whose addresses begin with `address`; `misfit` checks callbacks. `workers`
        is how many executions the dispatcher carries out at a time, one per core when not given. `outputs` is where
        what `cache` keeps outlives this engine.
        """
        self._journal = journal
        self._recipes = recipes
        self._parts = parts
        self._clock = clock
        self._disk = Disk(journal)
        self._children = Children(self, recipes, journal, clock)
        self._mint = mint
        self._address = address
        self._reading = Reading(journal, recipes, mint)
        bounds = bounds or Bounds()
        self._admission = Admission(bounds)
        self._turns = Turns(
            disk=self._disk,
            clock=clock,
            parts=parts,
            admission=self._admission,
            calls=calls,
            children=self._children,
            dispatcher=dispatcher,
            room=Room(workers or cpu_count() or 1),
            run_bytes=bounds.run_bytes,
            misfit=misfit,
            on_end=self._ended_on_disk,
            on_unwritable=self._end_as_on_disk,
            outputs=outputs,
        )
        self._runs: Mapping[RunId, Live] = self._turns.runs
        self._steering = Steering(self._turns, self._reading, journal, clock, misfit)
        self._ended: OrderedDict[RunId, Run] = OrderedDict()
        self._waiters: dict[RunId, list[asyncio.Future[Run | None]]] = {}
        self._recovered = False
        """Whether every run that goes on is in memory."""
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
        derived: Derived | None = None,
    ) -> Started:
        """Begin a run; returns when it is on disk. One that is `derived` has results of another run.

        Raises Unavailable when it is not known to have begun (ask again under the same key), and Conflict (code
        `idempotency_conflict`) when the key was used for something else. What `derived` raises, see there.
        """
        if not self.accepting:
            raise Unavailable("the service is not taking on runs just now", code="not_ready")
        started = self._first_event(prepared, tenant, trigger or {"kind": "api"})
        if derived is not None:
            started = await derived.begun(started, prepared.recipe, self.inspect)
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
        ended = self.end_of(run)
        if ended is None:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await ended
        except TimeoutError:
            return False
        finally:
            self.forget(run, ended)
        return True

    def end_of(self, run: RunId) -> asyncio.Future[Run | None] | None:
        """Has a result once the run has ended on disk: the run, if it is at hand. None for one that is not going on.

        Whoever does not wait any longer says so by `forget`.
        """
        if run not in self._runs and self._recovered:
            return None
        ended: asyncio.Future[Run | None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(run, []).append(ended)
        return ended

    def forget(self, run: RunId, ended: asyncio.Future[Run | None]) -> None:
        """Nobody waits for this any longer."""
        waiters = self._waiters.get(run)
        if waiters is not None and ended in waiters:
            waiters.remove(ended)
            if not waiters:
                del self._waiters[run]

    async def cancel(self, run: RunId, reason: str = "", *, tree: bool = False) -> bool:
        """Ask for the end of a run; True when the wish is on disk, False for one that is unknown or has ended.

        The children that it waits for are cancelled with it, and with `tree` all others that descend from it.
        """
        return await self._steering.cancel(run, reason, tree=tree)

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

    def waits_for_turn(self, run: RunId) -> bool:
        """Whether a run is taken on and may not begin yet (`concurrency_limit` of its recipe)."""
        return self._turns.waits_for_turn(run)

    @property
    def load(self) -> Load:
        """How much is being executed, and how much waits for that."""
        return self._turns.load

    @property
    def unreadable(self) -> Mapping[RunId, str]:
        """The open runs that stay as they are on disk, because they cannot be read, and why."""
        return self._reading.unreadable

    def deliver(self, events: Sequence[tuple[RunId, Event]]) -> None:
        """The inbox: facts about runs, from whoever carried out their commands."""
        self._turns.deliver(events)

    # --- life ---------------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self, drain_s: float = 10.0) -> AsyncIterator[Engine]:
        """Recover, then work until the block is left; then drain for up to `drain_s` seconds, unless that is done."""
        async with asyncio.TaskGroup() as tasks, self._turns.running(tasks):
            self._tasks = tasks
            confirming = tasks.create_task(self._confirm())
            try:
                await self._recover()
                self.accepting = True
                yield self
            finally:
                if not self._turns.draining:
                    await self.drain(drain_s)
                await self._finish()
                confirming.cancel()

    async def drain(self, grace_s: float) -> None:
        """Take nothing on and begin nothing new from now on, and give what is being executed its time to end.

        Runs can still be looked at, steered and called back. What has not ended by then is handed back to the journal
        when the engine stops: the next one does it again.
        """
        self.accepting, self._turns.draining = False, True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._turns.busy:
                    self._turns.idle.clear()
                    await self._turns.idle.wait()

    async def _finish(self) -> None:
        """Have what has happened on disk."""
        self._turns.finish()
        self._disk.flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SYNC_S):
                await self._disk.idle()

    async def _recover(self) -> None:
        """Read every open run, then carry out what each still asks for."""
        with _without_collecting():
            found = [(run, read) async for run, read in self._reading.open_runs()]
        recovered = [self._turns.hold(run, read) for run, read in found]
        for live in recovered:
            self._turns.go_on(live)
        self._children.reclaim(self._tasks, recovered)
        self._recovered = True
        for run in [run for run in self._waiters if run not in self._runs]:
            self._tell_waiters(run)

    # --- the disk has followed ----------------------------------------------------------------------------------------

    async def _confirm(self) -> None:
        async for group, answer in self._disk.confirmed():
            if isinstance(answer, Unavailable):
                await self._journal_failed(group, answer)
            else:
                self._turns.confirmed(group, answer)

    def _ended_on_disk(self, live: Live) -> None:
        self._keep_ended(live.id, live.run)
        self._tell_waiters(live.id, live.run)

    def _keep_ended(self, run: RunId, found: Run) -> None:
        """Keep it for a while: whoever waited for a run will look at it next."""
        self._ended[run] = found
        if len(self._ended) > KEPT_ENDED:
            self._ended.popitem(last=False)

    def _end_as_on_disk(self, run: RunId) -> None:
        self._tasks.create_task(self._end_unwritable(run))

    async def _end_unwritable(self, run: RunId) -> None:
        """What happened in a run cannot be written: end it where the disk has it."""
        with contextlib.suppress(CypherExecutorError):  # The journal has failed: recovering will find the run.
            found = await self._reading.one(run)
            if found is not None and found.ended is None and run not in self._runs:
                found.broken = True
                self._turns.take_on(run, found)

    # --- the disk has failed ------------------------------------------------------------------------------------------

    async def _journal_failed(self, group: Group, why: Unavailable) -> None:
        """Forget everything that is ahead of the disk, and begin again from what the disk has."""
        _log.error("the journal failed, nothing is accepted until it works again: %s", why.message)
        self.accepting = self._recovered = False
        refuse_all(group, why)
        await self._reopen()
        self.accepting = not self._turns.draining
        _log.warning("the journal works again; %d open runs go on", len(self._runs))

    async def _reopen(self) -> None:
        while True:
            self._turns.forget_all()
            try:
                await self._journal.reopen()
                await self._recover()
            except Unavailable as still:
                _log.debug("the journal does not work yet: %s", still.message)
                await asyncio.sleep(REOPEN_EVERY_S)
            else:
                return

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
        place_of_run(prepared.recipe, first)  # Raises what there would be to say, before anything is begun.
        self._admission.admit(first, prepared.recipe.max_runs, self._turns.queued)
        accepted: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        opening = Opening(prepared.recipe.text, claim)
        self._turns.begin(Beginning(Live(first.run, Run(prepared.recipe, self._mint)), first, opening, accepted))
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
            parts=self._digests(prepared),
            tenant=tenant,
            seed=urandom(16).hex(),
            address=self._address,
        )

    def _digests(self, prepared: Prepared) -> Mapping[str, Digest]:
        found = ((name, self._parts.find(name)) for name in prepared.recipe.parts)
        now = {name: part.digest for name, part in found if part is not None and part.digest is not None}
        return {**now, **prepared.pins}

    def _tell_waiters(self, run: RunId, found: Run | None = None) -> None:
        for waiter in self._waiters.pop(run, ()):
            if not waiter.done():
                waiter.set_result(found)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Make many objects that will stay, without looking through all of them again and again for what might go."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
