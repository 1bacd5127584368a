"""kill -9 of a real service around the minutes at which twenty schedules fire: one run for each minute and schedule."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.cli.support import Serving, serving

RECIPES = [f"r{n}" for n in range(20)]
EVERY_MINUTE = """
CREATE (:cron {schedule: '* * * * *', overlap: 'allow', catch_up: 'all'})-[:STARTS]->(a {t: $trigger.time})
"""
KILLS_A_MINUTE, MINUTES = 6, 2


def minutes_of(server: Serving) -> dict[str, Counter[str]]:
    """How many runs each minute has begun, by recipe."""
    found = {}
    for name in RECIPES:
        runs = httpx2.get(f"{server.url}/runs?recipe={name}&limit=200").json()["runs"]
        shown = (httpx2.get(f"{server.url}/runs/{run['id']}").json() for run in runs)
        found[name] = Counter(run["result"]["a"]["t"] for run in shown if run["state"] == "succeeded")
    return found


def settled(server: Serving) -> bool:
    schedules = httpx2.get(f"{server.url}/schedules?limit=100").json()["schedules"]
    going_on = httpx2.get(f"{server.url}/runs?state=running&state=waiting").json()["runs"]
    return not any(one["waiting"] for one in schedules) and not going_on


@pytest.mark.long
@pytest.mark.timeout(400)
def test_each_minute_begins_one_run_however_often_the_service_is_killed(tmp_path: Path) -> None:
    chance, folder = random.Random(7), tmp_path / "data"
    with serving(folder) as server:
        for name in RECIPES:
            assert httpx2.put(f"{server.url}/recipes/{name}", content=EVERY_MINUTE).status_code == 201
    for _ in range(MINUTES):
        first = True
        for _ in range(KILLS_A_MINUTE):
            with serving(folder) as server:
                if first:
                    time.sleep(60 - time.time() % 60)
                first = False
                time.sleep(chance.uniform(0, 0.12))
                server.signal(signal.SIGKILL)
                server.process.wait()
    with serving(folder) as server:
        while not settled(server):
            time.sleep(0.1)
        found = minutes_of(server)
        seen = set().union(*found.values())
    assert all(each == Counter(seen) for each in found.values()), found
    assert len(seen) >= MINUTES
