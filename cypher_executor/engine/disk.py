"""How turns reach the disk: events gather in a group, the group goes to the journal, the journal answers in order.

A group in which nothing is urgent lingers for a moment, so that a chain of short steps costs one sync and not one for
each. Nothing is lost by that: what lingers are outcomes of pure work that nobody has been told of.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence

from cypher_executor.engine.live import Group, Unwritable
from cypher_executor.errors import RequestInvalid, Unavailable
from cypher_executor.ports import Entry, Journal, Outcome

LINGER_S = 0.02
"""How long outcomes that nobody waits for may stay off the disk. Losing them means doing pure work again."""

LINGER_EVENTS = 1_000
"""How many of them may."""


class Disk:
    """The way from the engine to the journal. `group` is what the current turn adds to."""

    def __init__(self, journal: Journal) -> None:
        self.group = Group()
        self._journal = journal
        self._lingering: asyncio.TimerHandle | None = None
        self._written: asyncio.Queue[Group] = asyncio.Queue()

    def end_turn(self) -> None:
        """Write the group now if something waits for it, a little later if not."""
        if self.group.urgent or self.group.size >= LINGER_EVENTS:
            self.flush()
        elif self.group.lives and self._lingering is None:
            self._lingering = asyncio.get_running_loop().call_later(LINGER_S, self.flush)

    def flush(self) -> None:
        """Hand the group to the journal now."""
        self._stop_lingering()
        if self.group.lives:
            group, self.group = self.group, Group()
            group.written = self._append(group.entries())
            self._written.put_nowait(group)

    def _append(self, entries: Sequence[Entry]) -> Awaitable[Sequence[Outcome | Unwritable]]:
        """Queue all entries. One that cannot be written as it stands does not hold up the others."""
        try:
            return self._journal.append(entries)
        except RequestInvalid:
            return self._append_each(entries)

    def _append_each(self, entries: Sequence[Entry]) -> Awaitable[Sequence[Outcome | Unwritable]]:
        queued: list[Awaitable[Sequence[Outcome]] | Unwritable] = []
        for entry in entries:
            try:
                queued.append(self._journal.append([entry]))
            except RequestInvalid as error:
                queued.append(Unwritable(error.message))
        return asyncio.ensure_future(_gathered(queued))

    async def confirmed(self) -> AsyncIterator[tuple[Group, Sequence[Outcome | Unwritable] | Unavailable]]:
        """Each group in the order in which it was written, with what the journal says of it; for ever."""
        while True:
            group = await self._written.get()
            try:
                yield group, await self._answer(group)
            finally:
                self._written.task_done()

    async def idle(self) -> None:
        """Wait until everything that was handed over has been confirmed."""
        await self._written.join()

    def give_up(self) -> list[Group]:
        """After a failure: every group that has not been confirmed, the current one too. None of them will be."""
        self._stop_lingering()
        groups = [self.group]
        self.group = Group()
        while not self._written.empty():
            group = self._written.get_nowait()
            if isinstance(group.written, asyncio.Future):
                group.written.add_done_callback(lambda future: future.cancelled() or future.exception())
            groups.append(group)
            self._written.task_done()
        return groups

    def _stop_lingering(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    async def _answer(self, group: Group) -> Sequence[Outcome | Unwritable] | Unavailable:
        assert group.written is not None
        try:
            return await group.written
        except Unavailable as why:
            return why


async def _gathered(queued: Sequence[Awaitable[Sequence[Outcome]] | Unwritable]) -> Sequence[Outcome | Unwritable]:
    """What became of entries that were queued one by one. All are waited for, also after one of them has failed."""
    answers = [one if isinstance(one, Unwritable) else asyncio.ensure_future(one) for one in queued]
    futures = [one for one in answers if not isinstance(one, Unwritable)]
    await asyncio.wait(futures) if futures else None
    return [one if isinstance(one, Unwritable) else one.result()[0] for one in answers]
