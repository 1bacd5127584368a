"""Schedules in SQLite, beside the recipes that declare them: what `schedules.store.ScheduleStore` promises.

Every change says what it is based on - the digest of a recipe, how far a schedule had come - and is looked up in the
transaction that makes it. So whoever has been overtaken, by a newer version or by somebody who pauses, changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.recipe import Digest
from cypher_executor.core.schedules import Declared, Firing, KeptSchedule, Passing, ScheduleKey, Settled
from cypher_executor.core.triggers import Schedule

_SQL = statements("schedules")


class SqliteSchedules:
    """`schedules.store.ScheduleStore` over a `Database`, which it does not close."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def behind(self) -> Sequence[tuple[str, str]]:
        """Tenant and name of the recipes whose schedules are not those of their current version."""
        return [(tenant, name) for tenant, name in await self._rows("behind", ())]

    async def declare(
        self, tenant: str, recipe: str, digest: Digest | None, declared: Sequence[Declared], now_us: int
    ) -> bool:
        """Let these be the schedules of a recipe; False when its current version has another digest by now."""

        def work(connection: apsw.Connection) -> bool:
            if connection.execute(_SQL["digest"], (tenant, recipe)).get != digest:
                return False
            nodes = json.dumps([one.node for one in declared])
            connection.execute(_SQL["drop_others"], (tenant, recipe, nodes))
            for one in declared:
                _declare(connection, ScheduleKey(tenant, recipe, one.node), one, now_us)
            connection.execute(_SQL["note_digest"], (digest, tenant, recipe))
            return True

        return await self._database.write(work)

    async def next_due(self) -> int | None:
        """When the first schedule fires; None when none does."""
        (row,) = await self._rows("next_due", ())
        return None if row[0] is None else int(row[0])

    async def due(self, now_us: int, limit: int) -> Sequence[KeptSchedule]:
        """Schedules that have a time up to now, those that wait longest first."""
        return [_kept(row) for row in await self._rows("due", (now_us, limit))]

    async def ahead(self, of_us: int) -> Sequence[KeptSchedule]:
        """Schedules that are not paused and have been moved past this time."""
        return [_kept(row) for row in await self._rows("ahead", (of_us,))]

    async def move_on(self, passings: Sequence[Passing]) -> Sequence[Firing]:
        """Move schedules past their times; gives the firings of those that nobody has changed meanwhile."""

        def work(connection: apsw.Connection) -> list[Firing]:
            return [firing for one in passings if _pass(connection, one) for firing in one.firings]

        return await self._database.write(work)

    async def firings(self) -> Sequence[Firing]:
        """Everything that has not been settled, by schedule and time."""
        return [
            Firing(number, fire, begin, bool(made_up)) for number, fire, begin, made_up in await self._rows("fires", ())
        ]

    async def settle(self, settled: Sequence[Settled]) -> None:
        """Note what became of firings."""

        def work(connection: apsw.Connection) -> None:
            for one in settled:
                _settle(connection, one)

        await self._database.write(work)

    async def numbered(self, numbers: Iterable[int]) -> Sequence[KeptSchedule]:
        """The schedules of these numbers that there are."""

        def work(connection: apsw.Connection) -> list[Any]:
            found = (connection.execute(_SQL["numbered"], (number,)).fetchone() for number in numbers)
            return [row for row in found if row is not None]

        return [_kept(row) for row in await self._database.read(work)]

    async def one(self, key: ScheduleKey) -> KeptSchedule | None:
        """A schedule; None when no current version declares it."""
        rows = await self._rows("one", key)
        return _kept(rows[0]) if rows else None

    async def listed(
        self, tenant: str, recipe: str | None = None, after: tuple[str, str] = ("", ""), limit: int = 100
    ) -> Sequence[KeptSchedule]:
        """Schedules by recipe and node, behind `after`."""
        about = {"tenant": tenant, "recipe": recipe, "after_recipe": after[0], "after_node": after[1], "limit": limit}
        return [_kept(row) for row in await self._rows("list", about)]

    async def pause(self, key: ScheduleKey, now_us: int) -> None:
        """Let a schedule fire no more. One that is paused already stays so."""
        await self._database.write(lambda connection: connection.execute(_SQL["pause"], (now_us, *key)).get)

    async def resume(self, paused: KeptSchedule, now_us: int, next_us: int | None) -> bool:
        """Let a schedule fire from now on; False when it has changed meanwhile."""
        times = {"cron": paused.settings.cron, "timezone": paused.settings.timezone}
        about = {"number": paused.number, "seen_us": now_us, "next_us": next_us, **times}

        def work(connection: apsw.Connection) -> bool:
            connection.execute(_SQL["resume"], about)
            return connection.changes() > 0

        return await self._database.write(work)

    async def _rows(self, name: str, values: apsw.Bindings) -> list[Any]:
        return await self._database.read(lambda connection: connection.execute(_SQL[name], values).fetchall())


def _declare(connection: apsw.Connection, key: ScheduleKey, declared: Declared, now_us: int) -> None:
    settings = declared.settings
    about = {**key._asdict(), "cron": settings.cron, "timezone": settings.timezone}
    if not connection.execute(_SQL["same_times"], about).get:
        connection.execute(_SQL["drop_fires"], key._asdict())
    rest = {"overlap": settings.overlap, "catch_up": settings.catch_up, "jitter_ms": settings.jitter_ms}
    cursor = {"input": json.dumps(settings.input).encode(), "seen_us": now_us, "next_us": declared.next_us}
    connection.execute(_SQL["declare"], {**about, **rest, **cursor})


def _pass(connection: apsw.Connection, passing: Passing) -> bool:
    schedule = passing.schedule
    about = {
        "number": schedule.number,
        "seen_us": schedule.seen_us,
        "cron": schedule.settings.cron,
        "timezone": schedule.settings.timezone,
        "until_us": passing.until_us,
        "next_us": passing.next_us,
        "missed_us": passing.missed_us,
        "skipped_us": passing.skipped_us,
    }
    connection.execute(_SQL["pass"], about)
    if not connection.changes():
        return False
    for one in passing.firings:
        connection.execute(_SQL["note_fire"], (one.schedule, one.fire_us, one.begin_us, int(one.made_up)))
    return True


def _settle(connection: apsw.Connection, settled: Settled) -> None:
    firing = settled.firing
    about = {"number": firing.schedule, "fire_us": firing.fire_us}
    connection.execute(_SQL["drop_fire"], about)
    if settled.run is not None:
        connection.execute(_SQL["begun"], {**about, "run": settled.run})
    elif settled.refusal is not None:
        connection.execute(_SQL["refused"], {**about, "refusal": settled.refusal})
    else:
        connection.execute(_SQL["skipped"], about)


def _kept(row: Any) -> KeptSchedule:
    number, tenant, recipe, node, cron, timezone, overlap, catch_up, jitter_ms, given, seen_us, *rest = row
    settings = Schedule(cron, timezone, overlap, catch_up, jitter_ms, json.loads(given))
    next_us, paused_us, fired_us, run, skipped_us, missed_us, refused_us, refusal, waiting = rest
    return KeptSchedule(
        number=number,
        key=ScheduleKey(tenant, recipe, node),
        settings=settings,
        seen_us=seen_us,
        next_us=next_us,
        paused_us=paused_us,
        fired_us=fired_us,
        run=run,
        skipped_us=skipped_us,
        missed_us=missed_us,
        refused_us=refused_us,
        refusal=refusal,
        waiting=waiting,
    )
