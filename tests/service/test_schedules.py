"""Schedules over HTTP: what there are, when they fire, and what people may do with them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from cypher_executor.core.events import RunId
from cypher_executor.wiring import House
from tests.service.support import ECHO, Ask, body, refused
from tests.service.test_openapi import answer_model

NIGHTLY = (
    "CREATE (night:cron {schedule: '30 2 * * *', timezone: 'Europe/Zurich', input: {x: 1}, %s})-[:STARTS]->(a {x: $x})"
)


async def stored(ask: Ask, name: str, more: str = "catch_up: 2, jitter: '1m'") -> dict[str, Any]:
    return await ask.store(name, NIGHTLY % more)


async def test_a_schedule_tells_when_it_fires_and_how_far_it_has_come(ask: Ask, name: str) -> None:
    await stored(ask, name)
    answer = await ask.get(f"/schedules/{name}/night")
    answer_model("show_schedule", 200).validate(body(answer))
    told = body(answer)
    times = told.pop("next_times")
    assert len(times) == 5 and times == sorted(times) and told["next_time"] == times[0]
    assert datetime.fromisoformat(times[0]) > datetime.now(UTC)
    assert told == {
        "recipe": name,
        "node": "night",
        "cron": "30 2 * * *",
        "timezone": "Europe/Zurich",
        "overlap": "skip",
        "catch_up": 2,
        "jitter_ms": 60_000,
        "input": {"x": 1},
        "state": "active",
        "next_time": times[0],
        "last": None,
        "refused": None,
        "skipped": None,
        "missed": None,
        "waiting": 0,
        "paused_at": None,
    }
    assert len(body(await ask.get(f"/schedules/{name}/night?times=100"))["next_times"]) == 100
    refused(await ask.get(f"/schedules/{name}/night?times=101"), 422, "request_invalid")


async def test_schedules_are_listed_in_pages_and_by_recipe(ask: Ask, name: str) -> None:
    names = [f"{name}_{letter}" for letter in "abc"]
    for one in names:
        await stored(ask, one)
    page = body(await ask.get(f"/schedules?limit=2&after={name}"))
    answer_model("list_schedules", 200).validate(page)
    assert [one["recipe"] for one in page["schedules"]] == names[:2]
    rest = body(await ask.get(f"/schedules?after={page['next_after']}&limit=1"))
    assert [one["recipe"] for one in rest["schedules"]] == names[2:]
    only = body(await ask.get(f"/schedules?recipe={names[1]}"))
    assert ([one["recipe"] for one in only["schedules"]], only["next_after"]) == ([names[1]], None)


async def test_a_recipe_and_a_check_tell_the_next_times(ask: Ask, name: str) -> None:
    told = await stored(ask, name)
    (line,) = told["schedules"]
    assert (line["node"], len(line["next_times"])) == ("night", 5)
    checked = body(await ask.send("/check", NIGHTLY % "jitter: 0"))
    answer_model("check", 200).validate(checked)
    assert checked["schedules"][0]["next_times"] == line["next_times"]
    assert body(await ask.send("/check", "CREATE (a:nope)"))["schedules"] == []


async def test_what_is_stored_or_forgotten_is_listed_at_once(ask: Ask, name: str) -> None:
    await stored(ask, name)
    await ask.store(name, ECHO)
    refused(await ask.get(f"/schedules/{name}/night"), 404, "unknown_schedule")
    await stored(ask, name)
    assert (await ask.get(f"/schedules/{name}/night")).status_code == 200
    await ask.request("DELETE", f"/recipes/{name}")
    assert body(await ask.get(f"/schedules?recipe={name}"))["schedules"] == []


async def test_a_schedule_is_paused_and_resumed(ask: Ask, name: str) -> None:
    await stored(ask, name)
    paused = body(await ask.post(f"/schedules/{name}/night/pause"))
    answer_model("pause_schedule", 200).validate(paused)
    assert (paused["state"], paused["next_time"], paused["next_times"]) == ("paused", None, [])
    assert body(await ask.post(f"/schedules/{name}/night/pause", {})) == paused
    resumed = body(await ask.post(f"/schedules/{name}/night/resume"))
    assert (resumed["state"], resumed["paused_at"], len(resumed["next_times"])) == ("active", None, 5)
    assert body(await ask.post(f"/schedules/{name}/night/resume"))["state"] == "active"


async def test_a_run_begins_now_as_the_schedule_would_begin_it(ask: Ask, house: House, name: str) -> None:
    await stored(ask, name)
    answer = await ask.post(f"/schedules/{name}/night/run", idempotency_key="k")
    assert (answer.status_code, answer.headers["location"]) == (202, f"/runs/{body(answer)['id']}")
    assert body(await ask.post(f"/schedules/{name}/night/run", idempotency_key="k"))["id"] == body(answer)["id"]
    run = RunId(body(answer)["id"])
    assert await house.engine.wait(run, 20)
    started = await house.engine.inspect(run, lambda found: found.started)
    assert started is not None and started.input == {"x": 1}
    assert (started.trigger["kind"], started.trigger["node"], started.trigger["manual"]) == ("cron", "night", True)


@pytest.mark.parametrize("wish", ["pause", "resume", "run"])
async def test_what_is_no_schedule_is_told_with_the_nearest_name(ask: Ask, name: str, wish: str) -> None:
    await stored(ask, name)
    problem = refused(await ask.post(f"/schedules/{name}/nigth/{wish}"), 404, "unknown_schedule")
    assert problem["did_you_mean"] == "night"
    refused(await ask.post(f"/schedules/nothing/night/{wish}"), 404, "unknown_schedule")
    refused(await ask.post(f"/schedules/{name}/night/{wish}", {"no": 1}), 422, "request_invalid")


async def test_the_house_lets_schedules_fire_by_itself(ask: Ask, house: House, name: str) -> None:
    """The loop of the house runs: a time that has come (here: was moved into the past) begins a run."""
    await ask.store(name, NIGHTLY.replace("30 2 * * *", "* * * * *") % "catch_up: 1")
    kept = await house.schedules.one((await house.schedules.listed("default", name))[0].key)
    two_minutes = "seen_us = seen_us - 120000000, next_us = next_us - 120000000"
    earlier = f"UPDATE schedules SET {two_minutes} WHERE number = {kept.number}"
    await house.schedules._store._database.write(lambda connection: connection.execute(earlier).get)  # type: ignore[attr-defined]
    house.schedules._look_again()
    while not (runs := body(await ask.get(f"/runs?recipe={name}"))["runs"]):
        assert house.engine.accepting
    assert await house.engine.wait(RunId(runs[-1]["id"]), 20)
    while (last := body(await ask.get(f"/schedules/{name}/night"))["last"]) is None:
        await asyncio.sleep(0)  # the note follows the run
    assert last["run"] in [run["id"] for run in runs]
    await ask.request("DELETE", f"/recipes/{name}")
