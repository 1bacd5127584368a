"""Schedules fire: once for each of their times, whatever happens to the service in between."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.errors import Unavailable
from tests.schedules.support import HOURLY, LONG, Shop, minutes, us


async def test_a_run_begins_when_a_time_has_come_and_none_before(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "input: {n: 7}")
        assert await it.at("2026-01-05T08:59:59.999999Z") == []
        assert await it.at("2026-01-05T09:00:00Z") == ["2026-01-05T09:00"]
        assert await it.at("2026-01-05T09:59:59Z") == ["2026-01-05T09:00"]
        assert minutes(await it.at("2026-01-05T10:00:00.4Z")) == ["09:00", "10:00"]


async def test_the_run_says_which_time_of_which_schedule_began_it(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "input: {n: 7}, timezone: 'Europe/Zurich'")
        await it.at("2026-01-05T09:00:03Z")
        (run,) = await it.runs()
        seen = await it.engine.inspect(run, lambda found: (found.started, found.ended, found.steps))
        assert seen is not None and seen[0] is not None and seen[1] is not None
        assert seen[0].trigger == {
            "kind": "cron",
            "node": "c",
            "time": "2026-01-05T09:00:00.000000Z",
            "schedule": "0 * * * *",
            "timezone": "Europe/Zurich",
            "made_up": False,
        }
        assert (seen[0].input, seen[0].version) == ({"n": 7}, 1)
        assert seen[1].result == {"a": {"t": seen[0].trigger, "i": {"n": 7}}}
        assert seen[2]["other", ()].state == "skipped"


async def test_all_schedules_of_all_recipes_fire(shop: Shop) -> None:
    two = (
        "CREATE (x:cron {schedule: '5 * * * *'})-[:STARTS]->(a:set {n: 1})<-[:STARTS]-(y:cron {schedule: '10 9 * * *'})"
    )
    async with shop.open() as it:
        await it.save("one", two)
        await it.save("other", HOURLY, "jitter: 0")
        for minute in ("00", "05", "10"):
            await it.at(f"2026-01-05T09:{minute}:00Z")
        assert sorted((run["node"], run["time"][11:16]) for run in await it.triggers()) == [
            ("c", "09:00"),
            ("x", "09:05"),
            ("y", "09:10"),
        ]


async def test_a_jitter_makes_a_start_late_and_keeps_its_time(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: '20m'")
        assert await it.at("2026-01-05T09:00:00Z") == []
        assert (await it.kept()).waiting == 1
        (firing,) = await it.store.firings()
        assert us("2026-01-05T09:00:00Z") < firing.begin_us <= us("2026-01-05T09:20:00Z")
        it.clock.us = firing.begin_us - 1
        await it.look()
        assert await it.begun() == []
        it.clock.us += 1
        await it.look()
        assert await it.begun() == ["2026-01-05T09:00"]


async def test_a_jitter_that_was_drawn_outlives_the_service(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: '20m'")
        await it.at("2026-01-05T09:00:00Z")
        (firing,) = await it.store.firings()
    async with shop.open() as it:
        await it.look()
        assert await it.begun() == []
        it.clock.us = firing.begin_us
        await it.look()
        assert await it.begun() == ["2026-01-05T09:00"]


async def test_who_is_killed_between_the_run_and_its_note_begins_no_second_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'allow'")
        with monkeypatch.context() as patch:
            patch.setattr(it.store, "settle", _dies)
            with pytest.raises(Unavailable):
                await it.at("2026-01-05T09:00:00Z")
        assert len(await it.runs()) == 1
    async with shop.open() as it:
        await it.look()
        assert len(await it.runs()) == 1
        kept = await it.kept()
        assert (kept.run, kept.waiting, kept.fired_us) == ((await it.runs())[0], 0, us("2026-01-05T09:00:00Z"))


async def _dies(settled: Any) -> None:
    raise Unavailable("the machine has gone")


async def test_who_is_killed_before_the_run_begins_it_afterwards(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "overlap: 'allow'")
        with monkeypatch.context() as patch:
            patch.setattr(it.engine, "start", lambda *given, **more: _dies(()))
            await it.at("2026-01-05T09:00:00Z")
        assert (await it.runs(), (await it.kept()).waiting) == ([], 1)
    shop.clock.at("2026-01-05T09:20:00Z")
    async with shop.open() as it:
        await it.look()
        assert await it.begun() == ["2026-01-05T09:00"]


async def test_what_was_begun_is_not_begun_again_after_a_restart(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: 'all'")
        await it.at("2026-01-05T09:00:00Z")
    async with shop.open() as it:
        assert await it.at("2026-01-05T09:00:30Z") == ["2026-01-05T09:00"]
        assert minutes(await it.at("2026-01-05T10:00:00Z")) == ["09:00", "10:00"]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [("false", []), ("'last'", ["12:00"]), ("2", ["11:00", "12:00"]), ("'all'", ["09:00", "10:00", "11:00", "12:00"])],
)
async def test_times_that_were_missed_are_made_up_for_as_far_as_the_recipe_says(
    shop: Shop, catch_up: str, expected: list[str]
) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, f"catch_up: {catch_up}, overlap: 'allow'")
    async with shop.open() as it:
        assert sorted(minutes(await it.at("2026-01-05T12:40:00Z"))) == expected
        assert all(run["made_up"] for run in await it.triggers())
        left_out = {"false": "12", "'last'": "11", "2": "10"}.get(catch_up)
        assert (await it.kept()).missed_us == (left_out and us(f"2026-01-05T{left_out}:00:00Z"))
        assert sorted(minutes(await it.at("2026-01-05T13:00:00Z"))) == [*expected, "13:00"]


async def test_a_service_that_is_back_within_seconds_has_missed_nothing(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: false")
    async with shop.open() as it:
        assert minutes(await it.at("2026-01-05T09:00:08Z")) == ["09:00"]
        assert not (await it.triggers())[0]["made_up"]


async def test_a_machine_that_slept_has_missed_what_came_meanwhile(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: 1")
        assert minutes(await it.at("2026-01-05T09:00:00Z")) == ["09:00"]
        assert minutes(await it.at("2026-01-05T14:30:00Z")) == ["09:00", "14:00"]


async def test_a_clock_that_is_put_back_begins_no_time_again_and_goes_on_from_there(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        assert minutes(await it.at("2026-01-05T09:00:00Z")) == ["09:00"]
        assert minutes(await it.at("2026-01-05T10:00:00Z")) == ["09:00", "10:00"]
        assert minutes(await it.at("2026-01-05T08:45:00Z")) == ["09:00", "10:00"]
        assert minutes(await it.at("2026-01-05T09:00:00Z")) == ["09:00", "10:00"]
        assert minutes(await it.at("2026-01-05T10:00:01Z")) == ["09:00", "10:00"]
        assert minutes(await it.at("2026-01-05T11:00:00Z")) == ["09:00", "10:00", "11:00"]


async def test_a_clock_that_was_years_ahead_for_a_moment_does_not_silence_schedules(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        await it.at("2031-01-01T00:30:00Z")
    shop.clock.at("2026-01-05T08:50:00Z")
    async with shop.open() as it:
        await it.look()
        assert minutes(await it.at("2026-01-05T09:00:00Z")) == ["09:00"]


async def test_a_time_that_clocks_leave_out_or_repeat_begins_one_run(shop: Shop) -> None:
    nightly = "CREATE (c:cron {schedule: '30 2 * * *', timezone: 'Europe/Zurich'})-[:STARTS]->(a:set {x: 1})"
    shop.clock.at("2026-03-28T12:00:00Z")
    async with shop.open() as it:
        await it.save("it", nightly)
        for hour in range(24):
            await it.at(f"2026-03-29T{hour:02}:00:01Z")
            await it.at(f"2026-03-29T{hour:02}:30:01Z")
        assert await it.begun() == ["2026-03-29T01:00"]
        await it.at("2026-10-24T12:00:00Z")
        for hour in range(24):
            await it.at(f"2026-10-25T{hour:02}:00:01Z")
            await it.at(f"2026-10-25T{hour:02}:30:01Z")
        assert await it.begun() == ["2026-03-29T01:00", "2026-10-25T00:30"]


async def test_times_that_come_while_the_service_drains_begin_when_it_is_back(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: false")
        it.engine.accepting = False
        assert await it.at("2026-01-05T09:00:00Z") == []
    shop.clock.at("2026-01-05T09:01:00Z")
    async with shop.open() as it:
        await it.look()
        assert minutes(await it.begun()) == ["09:00"]


async def test_a_failed_journal_loses_no_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: false")
        with monkeypatch.context() as patch:
            patch.setattr(it.store, "move_on", _dies)
            with pytest.raises(Unavailable):
                await it.at("2026-01-05T09:00:00Z")
        assert minutes(await it.at("2026-01-05T09:00:01Z")) == ["09:00"]


async def test_a_recipe_without_room_for_a_run_gets_it_later(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", "CREATE (:Recipe {max_runs: 1}) " + LONG, "overlap: 'allow'")
        await it.at("2026-01-05T09:00:00Z")
        await it.at("2026-01-05T10:00:00Z")
        (first,) = await it.runs()
        assert (await it.kept()).waiting == 1
        await it.end(first)
        assert minutes(await it.at("2026-01-05T10:00:02Z")) == ["09:00", "10:00"]


async def test_an_input_that_does_not_fit_is_told_and_holds_up_nothing(shop: Shop) -> None:
    needs = "CREATE (:Recipe {input: {required: ['x']}}) " + HOURLY
    async with shop.open() as it:
        await it.save("it", needs, "overlap: 'queue'")
        await it.save("other", HOURLY, "jitter: 0")
        assert len(await it.at("2026-01-05T09:00:00Z")) == 1
        kept = await it.kept()
        assert (kept.waiting, kept.run, kept.refused_us) == (0, None, us("2026-01-05T09:00:00Z"))
        assert kept.refusal is not None and kept.refusal.startswith("input_invalid: ")
        await it.save("it", needs, "overlap: 'queue', input: {x: 1}")
        await it.at("2026-01-05T10:00:00Z")
        kept = await it.kept()
        assert (kept.refusal, kept.fired_us) == (None, us("2026-01-05T10:00:00Z"))
