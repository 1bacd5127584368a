"""The loop that lets schedules fire, and what people may do with a schedule.

Each turn of the loop moves the schedules that are due past their times, and begins the firings whose turn it is. Which
schedules are due is asked of an index, and only when the first of them is; nothing is looked through. The wall clock is
read after every sleep, and sleeps are short, so that a clock that was set or a machine that slept is noticed. When it
was put back by much, schedules go back with it, and are not silent until it is where it was. A time for which a run has
begun does not begin another one then: that is claimed.

Times are noted also while no runs are taken on - the service drains, or has failed to write - and begin afterwards.
When the storage fails, memory is forgotten and read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from cypher_executor.core.events import RunId
from cypher_executor.core.schedules import Firing, KeptSchedule, Passing, ScheduleKey, Settled
from cypher_executor.errors import NotFound, Unavailable, nearest
from cypher_executor.ports import Catalog, Claim, Clock, Recipes
from cypher_executor.schedules.beginning import Began, Beginning, Later, Runs
from cypher_executor.schedules.following import Following
from cypher_executor.schedules.line import Line, Turn
from cypher_executor.schedules.store import ScheduleStore

_log = logging.getLogger(__name__)

AT_ONCE = 50
"""How many schedules are moved on before others use the event loop again: each takes part of a millisecond."""
BEGIN_AT_ONCE = 100
"""How many runs are begun together, and noted by one sync."""

PUT_BACK_US = 60_000_000
"""A clock that is put back by less than this is waited for."""

MAX_NAP_S = 0.5
FIRST_NAP_S = 0.05
RETRY_S = 1.0
"""How soon what could not be done is tried again."""


class Clockwork:
    """The schedules of the stored recipes. They fire while `work` runs."""

    def __init__(self, store: ScheduleStore, catalog: Catalog, recipes: Recipes, runs: Runs, clock: Clock) -> None:
        self._store = store
        self._runs = runs
        self._clock = clock
        self._following = Following(store, catalog, recipes, clock)
        self._beginning = Beginning(recipes, runs)
        self._line = Line(lambda run: runs.live(run) is not None)
        self._watched: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._begins = asyncio.Lock()
        """Held while runs are begun, and by whoever wants that none is begun from now on."""
        self._known = False
        """Whether memory has what the store has. Set to False by whoever changes the store beside the loop."""
        self._next_due_us: int | None = None
        self._looked_us = 0
        self._caught_up = asyncio.Event()

    async def caught_up(self) -> None:
        """Wait until all is done that was left to do when the service was started."""
        await self._caught_up.wait()

    # --- for people ---------------------------------------------------------------------------------------------------

    async def follow(self, tenant: str, name: str) -> None:
        """What this name points at has changed: keep its schedules. See `Following.follow`."""
        try:
            await self._following.follow(tenant, name)
        finally:
            self._look_again()

    async def listed(
        self, tenant: str, recipe: str | None = None, after: tuple[str, str] = ("", ""), limit: int = 100
    ) -> Sequence[KeptSchedule]:
        """The schedules of a tenant, or of one recipe, by recipe and node; those behind `after`."""
        return await self._store.listed(tenant, recipe, after, limit)

    async def one(self, key: ScheduleKey) -> KeptSchedule:
        """A schedule. Raises NotFound (`unknown_schedule`) with the nearest name."""
        found = await self._store.one(key)
        if found is not None:
            return found
        nodes = [each.key.node for each in await self._store.listed(key.tenant, key.recipe)]
        message = f"recipe {key.recipe!r} has no schedule {key.node!r}"
        raise NotFound(message, code="unknown_schedule", did_you_mean=nearest(key.node, nodes))

    async def pause(self, key: ScheduleKey) -> KeptSchedule:
        """Let a schedule fire no more, and what waits for its turn wait, until it is resumed."""
        await self.one(key)
        async with self._begins:
            await self._store.pause(key, self._clock.now_us())
            self._look_again()
        return await self.one(key)

    async def resume(self, key: ScheduleKey) -> KeptSchedule:
        """Let a schedule fire again, from the next time on: times that have come meanwhile are left out."""
        from cypher_executor.triggers.times import next_fire

        while (kept := await self.one(key)).paused_us is not None:
            now_us = self._clock.now_us()
            await self._store.resume(kept, now_us, next_fire(kept.settings, now_us))
        self._look_again()
        return kept

    async def run_now(self, key: ScheduleKey, claim: Claim | None) -> Began:
        """Begin a run as the schedule would, paused or not, whatever else goes on. It is none of the schedule's own:
        `overlap` does not count it. Raises what `Engine.start` and `Recipes.prepare` do."""
        return await self._beginning.now(await self.one(key), self._clock.now_us(), claim)

    def _look_again(self) -> None:
        self._known = False
        self._changed.set()

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Let schedules fire, for ever."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._changed.clear()
                    if await self._turn(tasks):
                        await self._nap()
                    else:
                        await asyncio.sleep(RETRY_S)
        finally:
            self._watched.clear()

    async def _turn(self, tasks: asyncio.TaskGroup) -> bool:
        """One turn; False when it could not be done, and is to be tried again from what the store has."""
        try:
            await self.look(tasks)
        except Unavailable as error:
            _log.warning("schedules wait until the journal works again: %s", error.message)
        except Exception:
            _log.exception("schedules cannot go on as they were: this is a bug in cypher-executor")
        else:
            return True
        self._known = False
        return False

    async def look(self, tasks: asyncio.TaskGroup) -> None:
        """Do all that is to be done by now. `tasks` hold those who wait for the end of a run."""
        now_us, before_us = self._clock.now_us(), self._looked_us
        self._looked_us = now_us
        if not self._known or now_us < before_us - PUT_BACK_US:
            await self._recall(now_us)
        await self._move_on(now_us)
        if self._runs.accepting:
            await self._begin_all()
            self._watch(tasks)
            self._caught_up.set()

    async def _recall(self, now_us: int) -> None:
        """Have in memory what the store has."""
        self._known = True
        for task in self._watched.values():
            task.cancel()
        self._watched.clear()
        await self._following.catch_up()
        await self._go_back(now_us)
        firings = await self._store.firings()
        self._line.load(await self._store.numbered({one.schedule for one in firings}), firings)
        self._next_due_us = await self._store.next_due()

    async def _go_back(self, now_us: int) -> None:
        """The clock was put back, or had been ahead: what has been moved past times that are yet to come goes back."""
        ahead = await self._store.ahead(now_us + PUT_BACK_US)
        if ahead:
            from cypher_executor.triggers.times import next_fire

            _log.warning("the clock was put back: %d schedules go on from now", len(ahead))
            await self._store.move_on([Passing(one, now_us, next_fire(one.settings, now_us)) for one in ahead])

    async def _move_on(self, now_us: int) -> None:
        """Note the times that have come."""
        if self._next_due_us is None or self._next_due_us > now_us:
            return
        from cypher_executor.schedules.passing import passing

        while due := await self._store.due(now_us, AT_ONCE):
            counted = [replace(one, waiting=self._line.waiting(one.number)) for one in due]
            noted = await self._store.move_on([passing(one, now_us) for one in counted])
            self._line.add(due, noted)
        self._next_due_us = await self._store.next_due()

    async def _begin_all(self) -> None:
        """Begin what may begin, so many at a time, as long as memory has what the store has."""
        busy = True
        while busy:
            async with self._begins:
                turn = self._line.take(self._clock.now_us(), BEGIN_AT_ONCE) if self._known else Turn()
                busy = bool(turn.begin or turn.skipped)
                if busy:
                    await self._begin_some(turn)

    async def _begin_some(self, turn: Turn) -> None:
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._begin(*each)) for each in turn.begin]
        settled = [*turn.skipped, *(one for task in asked if (one := task.result()) is not None)]
        await self._store.settle(settled)
        self._line.settled(settled)
        for number, run in self._line.blocked.items():
            if run is None:
                self._line.let_go(number)

    async def _begin(self, schedule: KeptSchedule, firing: Firing) -> Settled | None:
        """What became of a firing; None when it is to be tried again."""
        outcome = await self._beginning.begin(schedule, firing)
        if isinstance(outcome, Settled):
            if outcome.refusal is not None:
                _log.warning("schedule %r of recipe %r began no run: %s", *reversed(schedule.key[1:]), outcome.refusal)
            return outcome
        wait_s = max(RETRY_S, outcome.seconds) if isinstance(outcome, Later) else RETRY_S
        self._line.put_back(firing, self._clock.now_us() + round(wait_s * 1e6))
        self._known = self._known and isinstance(outcome, Later)
        return None

    # --- behind a run -------------------------------------------------------------------------------------------------

    def _watch(self, tasks: asyncio.TaskGroup) -> None:
        """See to it that what waits for a run goes on when that has ended."""
        for number, run in self._line.blocked.items():
            if run is None:
                self._line.let_go(number)
                self._changed.set()
            elif number not in self._watched:
                self._watched[number] = tasks.create_task(self._until_ended(number, run))

    async def _until_ended(self, number: int, run: RunId) -> None:
        try:
            await self._runs.wait(run, None)
        except Exception:  # Whatever it is, it must not end the loop: this one is looked at again.
            _log.exception("the end of run %s cannot be waited for: this is a bug in cypher-executor", run)
            await asyncio.sleep(RETRY_S)
        self._watched.pop(number, None)
        self._line.let_go(number)
        self._changed.set()

    # --- sleeping -----------------------------------------------------------------------------------------------------

    async def _nap(self) -> None:
        """Sleep until something is due, or has changed."""
        try:
            async with asyncio.timeout(self._nap_s()):
                await self._changed.wait()
        except TimeoutError:
            return

    def _nap_s(self) -> float | None:
        due = [at_us for at_us in (self._next_due_us, self._line.next_us) if at_us is not None]
        if not self._caught_up.is_set():
            return FIRST_NAP_S  # until runs are taken on
        if not due:
            return None if self._known else 0.0
        left_s = (min(due) - self._clock.now_us()) / 1e6
        return MAX_NAP_S if left_s <= 0 and not self._runs.accepting else min(MAX_NAP_S, max(0.0, left_s))
