"""What the tests of schedules stand on: the real engine, journal, catalog and library over SQLite, and a clock by hand.

`Shop` is a data folder that may be opened several times, one after the other, as a service that is started again. Time
stands still unless the test moves it; `look` is one turn of the loop, done when the test says so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cypher_executor.adapters.sqlite import Database, SqliteCatalog, SqliteJournal, SqliteSchedules
from cypher_executor.core.events import AttemptSucceeded, RunId
from cypher_executor.core.recipe import Value
from cypher_executor.core.schedules import KeptSchedule, ScheduleKey
from cypher_executor.engine import Engine
from cypher_executor.engine.admission import Bounds
from cypher_executor.library import Library
from cypher_executor.ports import Inbox, RunFilter
from cypher_executor.schedules import AnnouncedCatalog, Clockwork
from tests.engine.support import Functions, Hand, PartFunction, settle
from tests.graph.world import FUNCTIONS, KnownParts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOURLY = "CREATE (c:cron {schedule: '0 * * * *', %s})-[:STARTS]->(a:set {t: $trigger, i: $input}), (other)"
LONG = "CREATE (c:cron {schedule: '0 * * * *', %s})-[:STARTS]->(a:array_ops {items: [1]})"
"""A recipe whose runs go on until the test ends them."""


def us(text: str) -> int:
    """A time in microseconds since 1970 UTC."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


class Clock(Hand):
    """A clock by hand whose run ids never repeat, as those of a real one."""

    def at(self, text: str) -> None:
        """Move it there, back if need be."""
        self.us = us(text)


@dataclass
class Opened:
    """A data folder that is open."""

    clock: Clock
    database: Database
    engine: Engine
    store: SqliteSchedules
    catalog: AnnouncedCatalog
    library: Library
    clockwork: Clockwork
    journal: SqliteJournal
    tasks: asyncio.TaskGroup

    async def save(self, name: str, text: str, settings: str = "") -> None:
        """Store a version of a recipe; `settings` fill its one gap."""
        await self.library.save("default", text % settings if "%s" in text else text, name)

    async def at(self, time: str) -> list[str]:
        """Move the clock there and look; the times for which runs have begun until then, in order."""
        self.clock.at(time)
        await self.look()
        return await self.begun()

    async def look(self) -> None:
        """A turn of the loop, and all that follows from it."""
        for _ in range(3):  # what has ended meanwhile lets others begin
            await self.clockwork.look(self.tasks)
            await self.quiet()

    async def quiet(self) -> None:
        """Until nothing happens any more without time passing."""
        for _ in range(4):
            await settle()
            await self.database.write(lambda connection: None)
        await settle()

    async def begun(self) -> list[str]:
        """The times of all runs that a schedule has begun, in the order in which they began."""
        return [shown(run["time"]) for run in await self.triggers()]

    async def triggers(self) -> list[Mapping[str, Value]]:
        """How all runs began, oldest first."""
        found = [await self.engine.inspect(run, lambda seen: seen.started) for run in await self.runs()]
        return [started.trigger for started in found if started is not None]

    async def runs(self) -> list[RunId]:
        """All runs, oldest first."""
        return [each.id for each in reversed(await self.journal.list_runs(RunFilter(limit=1_000)))]

    async def end(self, run: RunId) -> None:
        """Let the one step of a run of `LONG` succeed."""
        now_us = self.clock.us
        done = AttemptSucceeded(at_us=now_us, node="a", attempt=1, output={}, started_us=now_us)
        self.engine.deliver([(run, done)])
        assert await self.engine.wait(run, 5)
        await self.quiet()

    async def kept(self, recipe: str = "it", node: str = "c") -> KeptSchedule:
        """A schedule as it is on disk."""
        return await self.clockwork.one(key(recipe, node))


def key(recipe: str = "it", node: str = "c") -> ScheduleKey:
    return ScheduleKey("default", recipe, node)


def shown(time: Any) -> str:
    """A time as short as it can be said: without zeros at its end."""
    return str(time).removesuffix("Z").removesuffix(".000000").removesuffix(":00")


@dataclass
class Shop:
    """A data folder and the time."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    functions: Mapping[str, PartFunction] = field(default_factory=lambda: {**FUNCTIONS})
    bounds: Bounds | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Opened]:
        """The service, until the block is left."""
        database, parts = Database(self.folder), KnownParts()
        journal, catalog = SqliteJournal(database, self.clock.now_us), AnnouncedCatalog(SqliteCatalog(database))
        library, store = Library(catalog, parts, self.clock), SqliteSchedules(database)

        def dispatcher(inbox: Inbox) -> Functions:
            return Functions({n: f for n, f in self.functions.items() if n != "array_ops"}, self.clock, inbox)

        engine = Engine(
            journal=journal,
            recipes=library,
            parts=parts,
            clock=self.clock,
            calls={},
            dispatcher=dispatcher,
            bounds=self.bounds,
        )
        clockwork = Clockwork(store, catalog, library, engine, self.clock)
        catalog.listener = clockwork.follow
        try:
            async with engine.running(drain_s=0), _tasks() as tasks:
                yield Opened(self.clock, database, engine, store, catalog, library, clockwork, journal, tasks)
        finally:
            await journal.close()


@contextlib.asynccontextmanager
async def _tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks that are cancelled with the block."""
    made: list[asyncio.Task[Any]] = []

    class Group(asyncio.TaskGroup):
        def create_task(self, *given: Any, **more: Any) -> asyncio.Task[Any]:
            made.append(super().create_task(*given, **more))
            return made[-1]

    async with Group() as tasks:
        yield tasks
        for task in made:
            task.cancel()


def minutes(times: Sequence[str]) -> list[str]:
    """The part of times that says when on their day."""
    return [time.partition("T")[2] for time in times]
