"""The disk of the simulated machine, and the journal of one process over it.

As with the real one: whatever is queued while the disk is busy goes into the next group, a group is there whole or not
at all, and groups come in the order in which they were queued. A group that was being written when the process died may
be there or not, and so may one whose write failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from cypher_executor.adapters.memory import MemoryJournal
from cypher_executor.core.events import Event, RunEnded, RunId
from cypher_executor.errors import Unavailable
from cypher_executor.ports import Appended, Claim, Claimed, Entry, Outcome, RunFilter, RunSummary, Unreadable
from tests.reliability.simulation.chaos import Chaos

_Queued = tuple[Sequence[Entry], "asyncio.Future[Sequence[Outcome]]"]


@dataclass(slots=True)
class Platter:
    """What is on the disk, whoever wrote it."""

    kept: MemoryJournal
    groups: int = 0
    """How many groups were written."""
    outages: int = 0
    """How often a write has failed."""
    in_doubt: list[Sequence[Entry]] = field(default_factory=list)
    """What a write that has failed, or was cut off, may have left behind."""

    def write(self, group: Sequence[Sequence[Entry]]) -> list[Sequence[Outcome]]:
        """A group becomes durable."""
        self.groups += 1
        return [self.kept.append(entries).result() for entries in group]

    def settle(self, chance: Random) -> None:
        """What was in doubt turns out to be there, or not: whoever reads from now on sees it so."""
        if self.in_doubt and chance.random() < 0.5:
            self.write(self.in_doubt)
        self.in_doubt.clear()


class SimulatedJournal:
    """`ports.Journal` for one process. Once that is `dead`, what it still asks for comes to nothing."""

    def __init__(self, platter: Platter, chaos: Chaos, chance: Random) -> None:
        self.dead = False
        self.healthy = True
        self._platter = platter
        self._chaos = chaos
        self._chance = chance
        self._queue: list[_Queued] = []
        self._writing: list[_Queued] = []
        self._writer: asyncio.Task[None] | None = None

    def append(self, entries: Sequence[Entry]) -> asyncio.Future[Sequence[Outcome]]:
        """See `ports.Journal`."""
        future: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        if self.dead:
            future.set_result([Appended() for _ in entries])
        elif not self.healthy:
            future.set_exception(_failed())
        else:
            self._queue.append((entries, future))
            if self._writer is None or self._writer.done():
                self._writer = asyncio.get_running_loop().create_task(self._write())
        return future

    def die(self) -> None:
        """The process is gone: what is being written is in doubt, and what is queued was never written."""
        self.dead = True
        self._platter.in_doubt += [entries for entries, _ in self._writing]
        self._platter.settle(self._chance)
        for entries, future in (*self._writing, *self._queue):
            if not future.done():
                future.set_result([Appended() for _ in entries])
        self._writing, self._queue = [], []

    async def _write(self) -> None:
        while self._queue and not self.dead:
            self._writing, self._queue = self._queue, []
            await asyncio.sleep(self._chaos.sync_s())
            if self.dead:
                return
            group, self._writing = self._writing, []
            if self._chaos.disk_fails():
                self._fail(group)
                return
            outcomes = self._platter.write([entries for entries, _ in group])
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)

    def _fail(self, group: list[_Queued]) -> None:
        self.healthy = False
        self._platter.outages += 1
        self._platter.in_doubt += [entries for entries, _ in group]
        waiting, self._queue = [*group, *self._queue], []
        for _, future in waiting:
            if not future.done():
                future.set_exception(_failed())

    async def reopen(self) -> None:
        """See `ports.Journal`."""
        await self._read()
        if not self.dead and self._chaos.disk_fails():
            raise _failed()
        if not self.dead:
            self._platter.settle(self._chance)
            self.healthy = True

    # --- reading: what is on the disk, after a moment -----------------------------------------------------------------

    async def _read(self) -> MemoryJournal:
        await asyncio.sleep(self._chaos.read_s())
        return self._platter.kept

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        return await (await self._read()).read(run, after)

    async def read_many(self, runs: Sequence[RunId]) -> Sequence[Sequence[Event] | Unreadable]:
        kept = await self._read()
        return [list(await kept.read(run)) for run in runs]

    async def end(self, run: RunId) -> RunEnded | None:
        return await (await self._read()).end(run)

    async def open_runs(self) -> Sequence[RunId]:
        return await (await self._read()).open_runs()

    async def summary(self, run: RunId) -> RunSummary | None:
        return await (await self._read()).summary(run)

    async def list_runs(self, which: RunFilter) -> Sequence[RunSummary]:
        return await (await self._read()).list_runs(which)

    async def children(self, run: RunId) -> Sequence[RunSummary]:
        return await (await self._read()).children(run)

    async def claimed(self, claim: Claim) -> Claimed | None:
        return await (await self._read()).claimed(claim)


def _failed() -> Unavailable:
    return Unavailable("the simulated disk fails", code="journal_unavailable")
