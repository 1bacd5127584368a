"""A run in memory, and how far the disk has followed it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from cypher_executor.core.commands import Perform
from cypher_executor.core.events import (
    CallAnswered,
    CallRequested,
    CancelRequested,
    ChildStarted,
    Event,
    RunEnded,
    RunId,
    RunStarted,
)
from cypher_executor.core.run import Run
from cypher_executor.errors import Unavailable
from cypher_executor.ports import Entry, Opening, Outcome


@dataclass(slots=True, eq=False)
class Live:
    """A run that has not ended. `synced` counts those of its events that are on disk."""

    id: RunId
    run: Run
    synced: int = 0
    _waiting: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)
    _abandoned: Unavailable | None = None

    @property
    def started(self) -> RunStarted:
        """How the run began. A run whose beginning has not been applied yet has none."""
        first = self.run.started
        assert first is not None
        return first

    async def until_synced(self, version: int) -> None:
        """Wait until that many events are on disk. Raises Unavailable when the journal fails before."""
        if self.synced < version:
            if self._abandoned is not None:
                raise Unavailable(self._abandoned.message, code=self._abandoned.code)
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((version, waiting))
            await waiting

    def synced_to(self, version: int) -> None:
        """The disk has this many events now."""
        self.synced = version
        ready = [f for needed, f in self._waiting if needed <= version]
        self._waiting = [(needed, f) for needed, f in self._waiting if needed > version]
        for future in ready:
            if not future.done():
                future.set_result(None)

    def abandon(self, why: Unavailable) -> None:
        """This copy of the run is not to be trusted any more."""
        self._abandoned = why
        waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            if not future.done():
                future.set_exception(why)


@dataclass(frozen=True, slots=True)
class Started:
    """A run was durably accepted. `fresh` is False when the key found the run of an earlier request."""

    run: RunId
    fresh: bool


@dataclass(slots=True, eq=False)
class Beginning:
    """A run that is about to begin: its first event, what the journal wants to know, and who waits to hear."""

    live: Live
    event: RunStarted
    opening: Opening
    accepted: asyncio.Future[Started]

    def answer(self, started: Started) -> None:
        """Tell the caller, unless it has gone."""
        if not self.accepted.done():
            self.accepted.set_result(started)

    def refuse(self, why: BaseException) -> None:
        """Tell the caller that it is not known to have begun."""
        if not self.accepted.done():
            self.accepted.set_exception(why)


_URGENT = RunStarted | RunEnded | CallRequested | CallAnswered | ChildStarted | CancelRequested
"""Somebody waits for the sync after these, or they record an effect that should not be made again."""


@dataclass(frozen=True, slots=True)
class Unwritable:
    """Not written: what happened in this run cannot be put into the journal. That is a bug, and ends this run alone."""

    why: str


@dataclass(slots=True)
class Group:
    """What one turn hands to the journal, and what may happen once that is on disk."""

    lives: list[Live] = field(default_factory=list)
    events: dict[RunId, list[Event]] = field(default_factory=dict)
    after: dict[RunId, int] = field(default_factory=dict)
    beginnings: dict[RunId, Beginning] = field(default_factory=dict)
    held: list[tuple[Live, Perform]] = field(default_factory=list)
    written: Awaitable[Sequence[Outcome | Unwritable]] | None = None
    urgent: bool = False
    """Whether something waits for this group to be on disk: a caller, a call, or an effect that has happened."""
    size: int = 0

    def add(self, live: Live, event: Event) -> None:
        """One more event of a run, about to be applied."""
        if live.id not in self.events:
            self.lives.append(live)
            self.events[live.id] = []
            self.after[live.id] = live.run.version
        self.events[live.id].append(event)
        self.size += 1
        self.urgent = self.urgent or isinstance(event, _URGENT)

    def entries(self) -> list[Entry]:
        """The group as the journal takes it."""
        return [self._entry(live.id) for live in self.lives]

    def _entry(self, run: RunId) -> Entry:
        beginning = self.beginnings.get(run)
        opening = beginning.opening if beginning else None
        return Entry(run, self.after[run], tuple(self.events[run]), opening)
