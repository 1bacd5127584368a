"""`schedules list`, `next`, `run`, `pause` and `resume`: over real HTTP, to a real process."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.cli.support import Serving, invoke

TWO = """
CREATE (day:cron {schedule: '0 6 * * *'})-[:STARTS]->(a {x: 1})
CREATE (night:cron {schedule: '0 22 * * *', timezone: 'Europe/Zurich'})-[:STARTS]->(a)
"""
ONE = "CREATE (only:cron {schedule: '@hourly'})-[:STARTS]->(a {x: 1}) RETURN a.x AS x"


@pytest.fixture
def stored(server: Serving) -> Serving:
    for name, text in (("two_times", TWO), ("one_time", ONE), ("no_times", "CREATE (a)")):
        assert httpx2.put(f"{server.url}/recipes/{name}", content=text).status_code in (200, 201)
    return server


def asked(server: Serving, *words: object) -> Any:
    result = invoke("schedules", *words, "--json", "--server", server.url)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_schedules_are_listed(stored: Serving) -> None:
    found = asked(stored, "list", "--recipe", "two_times")["schedules"]
    assert [(one["recipe"], one["node"]) for one in found] == [("two_times", "day"), ("two_times", "night")]
    shown = invoke("schedules", "list", "--server", stored.url).stdout.splitlines()
    assert shown[0].split() == ["RECIPE", "SCHEDULE", "CRON", "TIME", "ZONE", "NEXT", "LAST"]
    assert any(line.startswith("one_time") and "0 * * * *" in line for line in shown)


def test_the_next_times_are_printed(stored: Serving) -> None:
    assert len(asked(stored, "next", "two_times", "night", "-n", 3)["next_times"]) == 3
    lines = invoke("schedules", "next", "one_time", "--server", stored.url).stdout.splitlines()
    assert len(lines) == 5 and all(line.endswith(":00:00.000000Z") for line in lines)


def test_a_schedule_is_paused_resumed_and_run(stored: Serving) -> None:
    assert asked(stored, "pause", "one_time")["state"] == "paused"
    assert "none: the schedule is paused" in invoke("schedules", "next", "one_time", "--server", stored.url).stderr
    told = invoke("schedules", "resume", "one_time", "--server", stored.url).stdout
    assert told.startswith("one_time/only is active; next: 2")
    run = invoke("schedules", "run", "one_time", "--server", stored.url).stdout.strip()
    shown = json.loads(invoke("runs", "show", run, "--json", "--server", stored.url).stdout)
    assert shown["recipe"] == "one_time"


@pytest.mark.parametrize("wish", ["next", "run", "pause", "resume"])
def test_which_schedule_must_be_clear(stored: Serving, wish: str) -> None:
    several = invoke("schedules", wish, "two_times", "--server", stored.url)
    assert (several.exit_code, "say which of day, night" in several.stderr) == (2, True)
    nothing = invoke("schedules", wish, "no_times", "--server", stored.url)
    assert (nothing.exit_code, "has no schedule" in nothing.stderr) == (4, True)
    unknown = invoke("schedules", wish, "two_times", "nigth", "--server", stored.url)
    assert (unknown.exit_code, "night" in unknown.stderr) == (4, True)
