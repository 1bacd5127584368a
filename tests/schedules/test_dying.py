"""Wherever the service dies, each time begins one run; and thousands of schedules cost nothing while none is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.adapters.sqlite import SqliteSchedules
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.schedules import Declared
from cypher_executor.core.triggers import Schedule
from cypher_executor.engine import Engine
from cypher_executor.errors import Unavailable
from tests.schedules.support import HOURLY, Opened, Shop, minutes, us

WRITES = ((SqliteSchedules, "declare"), (SqliteSchedules, "move_on"), (SqliteSchedules, "settle"), (Engine, "start"))
"""All that is written for a schedule, in the order in which it is."""


class Dies(Exception):
    """The process was killed here."""


def dying(patch: pytest.MonkeyPatch, after: int, *, done: bool) -> None:
    """Let the write behind so many others kill the process: before it is done, or when it is done."""
    left = [after]

    def mortal(write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def either(*given: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] < 0 and not done:
                raise Dies
            answer = await write(*given, **more)
            if left[0] < 0:
                raise Dies
            return answer

        return either

    for owner, name in WRITES:
        patch.setattr(owner, name, mortal(getattr(owner, name)))


async def live(it: Opened, hour: int) -> None:
    await it.at(f"2026-01-05T{hour:02}:00:00Z")
    await it.at(f"2026-01-05T{hour:02}:00:02Z")


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("after", range(1, 7))
async def test_wherever_the_service_dies_each_time_begins_one_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, after: int, done: bool
) -> None:
    with monkeypatch.context() as patch:
        dying(patch, after, done=done)
        try:
            async with shop.open() as it:
                await it.save("it", HOURLY, "overlap: 'allow'")
                for hour in (9, 10):
                    await live(it, hour)
        except BaseExceptionGroup as group:
            assert group.subgroup(Dies) is not None
        else:
            pytest.fail("the process was to be killed")
    async with shop.open() as it:
        await it.look()
        for hour in range(9, 13):
            if it.clock.us < us(f"2026-01-05T{hour:02}:00:00Z"):
                await live(it, hour)
        assert minutes(await it.begun()) == ["09:00", "10:00", "11:00", "12:00"]


async def many(it: Opened, count: int) -> None:
    """So many schedules, one of which is due at ten, the others next year."""
    yearly, daily = Schedule("0 0 1 1 *"), Schedule("0 10 * * *")
    declared = [Declared(f"n{n}", yearly, us("2027-01-01T00:00:00Z")) for n in range(count - 1)]
    declared.append(Declared("due", daily, us("2026-01-05T10:00:00Z")))
    assert await it.store.declare("default", "many", None, declared, it.clock.us)
    it.clockwork._look_again()
    await it.look()


async def test_while_nothing_is_due_nothing_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shop.open() as it:
        await many(it, 3_000)
        monkeypatch.setattr(it.database, "read", None)
        it.clock.at("2026-01-05T09:59:59Z")
        await it.clockwork.look(it.tasks)


async def test_what_is_due_is_found_by_an_index(shop: Shop) -> None:
    def plans(connection: Any) -> str:
        sql = statements("schedules")
        asked = [("due", (us("2026-01-05T10:00:00Z"), 100)), ("next_due", ())]
        return str([connection.execute(f"EXPLAIN QUERY PLAN {sql[name]}", values).fetchall() for name, values in asked])

    async with shop.open() as it:
        await many(it, 3_000)
        plan = await it.database.read(plans)
        assert plan.count("USING INDEX schedules_due") + plan.count("USING COVERING INDEX schedules_due") == 2
        (due,) = await it.store.due(us("2026-01-05T10:00:00Z"), 100)
        assert due.key.node == "due"


async def test_thousands_that_are_due_at_once_are_moved_on_in_batches(shop: Shop) -> None:
    async with shop.open() as it:
        hourly = Schedule("0 * * * *")
        declared = [Declared(f"n{n}", hourly, us("2026-01-05T09:00:00Z")) for n in range(1_000)]
        await it.store.declare("default", "many", None, declared, it.clock.us)
        it.clockwork._look_again()
        it.engine.accepting = False
        commits = it.database.commits
        it.clock.at("2026-01-05T09:00:00Z")
        await it.clockwork.look(it.tasks)
        assert len(await it.store.firings()) == 1_000
        assert it.database.commits - commits <= 25


async def test_a_failing_look_is_told_and_tried_again_from_the_disk(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*given: Any) -> Any:
        raise error

    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        it.clock.at("2026-01-05T09:00:00Z")
        for error in (Unavailable("the disk is full"), ValueError("a bug")):  # noqa: B007
            with monkeypatch.context() as patch:
                patch.setattr(it.store, "due", fails)
                assert not await it.clockwork._turn(it.tasks)
        assert "the disk is full" in caplog.text and "this is a bug" in caplog.text
        assert await it.clockwork._turn(it.tasks)
        assert minutes(await it.begun()) == ["09:00"]


async def test_the_loop_catches_up_as_soon_as_runs_are_taken_on(shop: Shop) -> None:
    async with shop.open() as it:
        it.engine.accepting = False
        loop = it.tasks.create_task(it.clockwork.work())
        await it.quiet()
        it.engine.accepting = True
        async with asyncio.timeout(10):
            await it.clockwork.caught_up()
        loop.cancel()
