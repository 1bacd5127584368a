"""What a schedule does while the run that it began last still goes on."""

from __future__ import annotations

import pytest

from cypher_executor.core.schedules import Firing, KeptSchedule
from cypher_executor.core.triggers import Schedule
from cypher_executor.schedules import passing
from tests.schedules.support import LONG, Shop, key, minutes, us


async def test_skip_leaves_a_time_out(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'skip'")
        await it.at("2026-01-05T09:00:00Z")
        assert minutes(await it.at("2026-01-05T10:00:00Z")) == ["09:00"]
        kept = await it.kept()
        assert (kept.skipped_us, kept.waiting) == (us("2026-01-05T10:00:00Z"), 0)
        await it.end((await it.runs())[0])
        assert minutes(await it.at("2026-01-05T11:00:00Z")) == ["09:00", "11:00"]


async def test_allow_begins_beside_it(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'allow'")
        await it.at("2026-01-05T09:00:00Z")
        assert minutes(await it.at("2026-01-05T10:00:00Z")) == ["09:00", "10:00"]


async def test_queue_begins_one_after_the_other_in_the_order_of_the_times(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        for hour in ("09", "10", "11"):
            await it.at(f"2026-01-05T{hour}:00:00Z")
        assert (minutes(await it.begun()), (await it.kept()).waiting) == (["09:00"], 2)
        for number, expected in enumerate((["09:00", "10:00"], ["09:00", "10:00", "11:00"])):
            await it.end((await it.runs())[number])
            await it.look()
            assert minutes(await it.begun()) == expected
        assert (await it.kept()).waiting == 0


async def test_what_is_queued_outlives_the_service(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        for hour in ("09", "10", "11"):
            await it.at(f"2026-01-05T{hour}:00:00Z")
    shop.clock.at("2026-01-05T11:40:00Z")
    async with shop.open() as it:
        await it.look()
        assert minutes(await it.begun()) == ["09:00"]
        await it.end((await it.runs())[0])
        await it.look()
        assert minutes(await it.begun()) == ["09:00", "10:00"]


async def test_a_run_that_ended_while_nobody_was_there_holds_nobody_up(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        await it.at("2026-01-05T09:00:00Z")
        it.engine.accepting = False  # the service drains
        await it.at("2026-01-05T10:00:00Z")
        await it.end((await it.runs())[0])
    async with shop.open() as it:
        await it.look()
        assert minutes(await it.begun()) == ["09:00", "10:00"]


async def test_times_that_are_made_up_for_wait_for_each_other(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'skip', catch_up: 2")
    async with shop.open() as it:
        assert minutes(await it.at("2026-01-05T12:30:00Z")) == ["11:00"]
        assert minutes(await it.at("2026-01-05T13:00:00Z")) == ["11:00"]
        kept = await it.kept()
        assert (kept.waiting, kept.skipped_us) == (1, us("2026-01-05T13:00:00Z"))
        await it.end((await it.runs())[0])
        await it.look()
        assert minutes(await it.begun()) == ["11:00", "12:00"]


async def test_a_run_that_somebody_wants_now_is_no_run_of_the_schedule(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'skip'")
        now = await it.clockwork.run_now(key(), None)
        await it.at("2026-01-05T09:00:00Z")
        assert [run.get("manual", False) for run in await it.triggers()] == [True, False]
        assert (await it.kept()).run != now.run


async def test_another_schedule_of_the_recipe_is_not_held_up(shop: Shop) -> None:
    async with shop.open() as it:
        text = LONG % "overlap: 'queue'" + " CREATE (d:cron {schedule: '5 * * * *'})-[:STARTS]->(a)"
        await it.save("it", text)
        await it.at("2026-01-05T09:00:00Z")
        assert minutes(await it.at("2026-01-05T09:05:00Z")) == ["09:00", "09:05"]


async def test_more_than_so_many_do_not_wait(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "MOST_WAITING", 2)
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        for hour in ("09", "10", "11", "12", "13"):
            await it.at(f"2026-01-05T{hour}:00:00Z")
        kept = await it.kept()
        assert (kept.waiting, kept.skipped_us) == (2, us("2026-01-05T13:00:00Z"))
        assert [one.fire_us for one in await it.store.firings()] == [us(f"2026-01-05T{h}:00:00Z") for h in (10, 11)]


def kept(settings: Schedule, seen: str, first: str) -> KeptSchedule:
    return KeptSchedule(number=1, key=key(), settings=settings, seen_us=us(seen), next_us=us(first))


def test_a_time_that_is_late_is_not_missed_but_one_that_is_old_is() -> None:
    hourly = kept(Schedule("0 * * * *"), "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z")
    late = passing.passing(hourly, us("2026-01-05T09:00:09.999999Z"))
    nine = us("2026-01-05T09:00:00Z")
    assert (late.firings, late.missed_us) == ((Firing(1, nine, nine),), None)
    old = passing.passing(hourly, us("2026-01-05T09:00:10Z"))
    assert (old.firings, old.missed_us, old.next_us) == ((), nine, us("2026-01-05T10:00:00Z"))


def test_a_missed_time_and_one_that_is_on_time_are_told_apart() -> None:
    hourly = kept(Schedule("0 * * * *", catch_up=1), "2026-01-05T07:30:00Z", "2026-01-05T08:00:00Z")
    found = passing.passing(hourly, us("2026-01-05T10:00:00Z"))
    hours = [us(f"2026-01-05T{hour}:00:00Z") for hour in ("08", "09", "10")]
    assert [(one.fire_us, one.made_up) for one in found.firings] == [(hours[1], True), (hours[2], False)]
    assert found.missed_us == hours[0]
