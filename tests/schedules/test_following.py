"""The schedules that fire are those of the current versions, whatever is stored, rolled back, deleted or paused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cypher_executor.errors import NotFound, Unavailable
from cypher_executor.schedules import clockwork
from tests.schedules.support import HOURLY, LONG, Shop, key, minutes, us

PLAIN = "CREATE (a:set {x: 1})"


async def test_a_new_version_with_the_same_times_goes_on_where_it_is(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        await it.at("2026-01-05T09:00:00Z")
        await it.at("2026-01-05T10:00:00Z")
        it.clock.at("2026-01-05T10:59:59Z")
        await it.save("it", LONG + " CREATE (more:set {x: 1})", "overlap: 'queue', input: {n: 2}")
        await it.at("2026-01-05T11:00:00Z")
        assert (await it.kept()).waiting == 2
        await it.end((await it.runs())[0])
        await it.look()
        started = await it.engine.inspect((await it.runs())[1], lambda run: run.started)
        assert started is not None
        assert (started.version, started.input, started.trigger["time"][11:16]) == (2, {"n": 2}, "10:00")


async def test_a_time_that_has_come_just_before_a_new_version_still_fires(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        it.clock.at("2026-01-05T09:00:01Z")
        await it.save("it", HOURLY + " CREATE (more:set {x: 1})", "jitter: 0")
        await it.look()
        assert minutes(await it.begun()) == ["09:00"]


async def test_other_times_count_from_the_new_version_on_and_what_waited_is_dropped(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue', catch_up: 'all'")
        await it.at("2026-01-05T09:00:00Z")
        await it.at("2026-01-05T10:00:00Z")
        await it.save("it", LONG.replace("0 * * * *", "30 * * * *"), "overlap: 'queue', catch_up: 'all'")
        assert (await it.kept()).waiting == 0
        await it.end((await it.runs())[0])
        assert minutes(await it.at("2026-01-05T10:30:00Z")) == ["09:00", "10:30"]


async def test_another_time_zone_makes_other_times(shop: Shop) -> None:
    daily = "CREATE (c:cron {schedule: '0 12 * * *', timezone: '%s'})-[:STARTS]->(a:set {x: 1})"
    async with shop.open() as it:
        await it.save("it", daily, "UTC")
        await it.save("it", daily, "Asia/Kathmandu")
        assert (await it.kept()).next_us == us("2026-01-06T06:15:00Z")


@pytest.mark.parametrize("gone", ["trigger", "name"])
async def test_what_is_not_declared_any_more_fires_no_more(shop: Shop, gone: str) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        await it.at("2026-01-05T09:00:00Z")
        await it.at("2026-01-05T10:00:00Z")
        if gone == "trigger":
            await it.save("it", PLAIN)
        else:
            await it.catalog.delete("default", "it")
        await it.end((await it.runs())[0])
        assert minutes(await it.at("2026-01-05T11:00:00Z")) == ["09:00"]
        with pytest.raises(NotFound, match="recipe 'it' has no schedule 'c'"):
            await it.kept()


async def test_a_rollback_brings_the_schedule_back_from_now_on(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: 'all'")
        await it.save("it", PLAIN)
        await it.at("2026-01-05T10:10:00Z")
        await it.catalog.point("default", "it", 1)
        assert minutes(await it.at("2026-01-05T11:00:00Z")) == ["11:00"]


async def test_a_name_that_is_given_again_begins_no_time_twice(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        await it.at("2026-01-05T09:00:00Z")
        await it.catalog.delete("default", "it")
        it.clock.at("2026-01-05T08:59:00Z")
        await it.save("it", HOURLY, "jitter: 0")
        assert minutes(await it.at("2026-01-05T09:00:00Z")) == ["09:00"]


async def test_a_version_that_was_stored_when_nobody_listened_is_found_at_the_start(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("kept", HOURLY, "jitter: 0")
        await it.save("gone", HOURLY, "jitter: 0")
        it.catalog.listener = None  # killed between the version and its schedules
        await it.save("new", HOURLY, "jitter: 0")
        await it.catalog.delete("default", "gone")
    async with shop.open() as it:
        await it.look()
        assert [one.key.recipe for one in await it.store.listed("default")] == ["kept", "new"]
        assert await it.store.behind() == []
        await it.at("2026-01-05T09:00:00Z")
        assert len(await it.runs()) == 2


async def test_a_recipe_is_not_told_to_be_stored_before_its_schedules_are(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*given: Any) -> bool:
        raise Unavailable("the disk is full", code="journal_unavailable")

    async with shop.open() as it:
        monkeypatch.setattr(it.store, "declare", fails)
        with pytest.raises(Unavailable):
            await it.save("it", HOURLY, "jitter: 0")


async def test_who_was_overtaken_by_a_newer_version_changes_nothing(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        old = await it.catalog.current("default", "it")
        await it.save("it", PLAIN)
        assert old is not None
        assert not await it.store.declare("default", "it", old.digest, [], it.clock.us)
        assert await it.store.behind() == []


async def test_a_paused_schedule_fires_no_more_until_it_is_resumed(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "catch_up: 'all'")
        paused = await it.clockwork.pause(key())
        assert (paused.paused_us, paused.next_us) == (it.clock.us, None)
        assert await it.at("2026-01-05T09:00:00Z") == []
        assert (await it.clockwork.pause(key())).paused_us == paused.paused_us
        await it.at("2026-01-05T10:30:00Z")
        assert (await it.clockwork.resume(key())).next_us == us("2026-01-05T11:00:00Z")
        assert (await it.clockwork.resume(key())).paused_us is None
        assert minutes(await it.at("2026-01-05T11:00:00Z")) == ["11:00"]


async def test_a_pause_outlives_the_service_and_new_versions(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY, "jitter: 0")
        await it.clockwork.pause(key())
    async with shop.open() as it:
        await it.save("it", HOURLY.replace("0 *", "30 *"), "jitter: 0")
        assert await it.at("2026-01-05T09:31:00Z") == []
        kept = await it.kept()
        assert (kept.paused_us is not None, kept.next_us) == (True, None)
        await it.clockwork.resume(key())
        assert minutes(await it.at("2026-01-05T10:30:00Z")) == ["10:30"]


async def test_what_waits_for_its_turn_waits_through_a_pause(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", LONG, "overlap: 'queue'")
        await it.at("2026-01-05T09:00:00Z")
        await it.at("2026-01-05T10:00:00Z")
        await it.clockwork.pause(key())
        await it.end((await it.runs())[0])
        await it.look()
        assert (minutes(await it.begun()), (await it.kept()).waiting) == (["09:00"], 1)
        await it.clockwork.resume(key())
        await it.look()
        assert minutes(await it.begun()) == ["09:00", "10:00"]


async def test_nothing_begins_any_more_once_a_pause_is_answered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "BEGIN_AT_ONCE", 1)
    async with shop.open() as it:
        await it.save("it", HOURLY, "overlap: 'allow', catch_up: 'all'")
        start, pauses, begun_by_then = it.engine.start, list[asyncio.Task[None]](), list[int]()

        async def paused() -> None:
            await it.clockwork.pause(key())
            begun_by_then.append(len(await it.runs()))

        async def starts(*given: Any, **more: Any) -> Any:
            if not pauses:
                pauses.append(asyncio.create_task(paused()))
            return await start(*given, **more)

        monkeypatch.setattr(it.engine, "start", starts)
        await it.at("2026-01-05T13:30:00Z")
        await pauses[0]
        await it.look()
        assert begun_by_then == [len(await it.runs())]
        assert (await it.kept()).waiting == 5 - begun_by_then[0] > 0
        await it.clockwork.resume(key())
        await it.look()
        assert len(await it.runs()) == 5


async def test_an_unknown_schedule_is_told_with_the_nearest_name(shop: Shop) -> None:
    async with shop.open() as it:
        await it.save("it", HOURLY.replace("(c:", "(nightly:"), "jitter: 0")
        for ask in (it.clockwork.one, it.clockwork.pause, it.clockwork.resume):
            with pytest.raises(NotFound) as caught:
                await ask(key(node="nightli"))
            assert (caught.value.code, caught.value.did_you_mean) == ("unknown_schedule", "nightly")
