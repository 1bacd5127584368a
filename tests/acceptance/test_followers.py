"""Followers of a real service: they read the journal beside it, and never outlive it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.acceptance.support import Service, service

RECIPE = "CREATE (:Recipe {name: 'one'}) CREATE (a:set {x: 1})"
RUNS = "MATCH (r:Run)-[:OF]->(:Recipe {name: 'one'}) RETURN count(r)"
PROGRAM = b"cypher_executor.followers"


def asked(one: Service, text: str) -> Any:
    answer = one.post("/query", {"query": text})
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def followers(one: Service) -> list[int]:
    """The processes that follow for this service."""
    children = Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text().split()
    return [int(pid) for pid in children if PROGRAM in Path(f"/proc/{pid}/cmdline").read_bytes()]


def run(one: Service) -> None:
    answer = one.post("/runs", {"recipe": "one", "input": {}}, Prefer="wait=30")
    assert answer.json()["state"] == "succeeded", answer.text


def test_a_service_that_nobody_asks_has_no_follower_and_one_that_is_asked_has_one(tmp_path: Path) -> None:
    with service(tmp_path) as one:
        assert followers(one) == []
        assert one.post("/recipes", {"cypher": RECIPE}).status_code == 201
        run(one)
        assert asked(one, RUNS) == [[1]]
        [pid] = followers(one)
        run(one)
        assert asked(one, RUNS) == [[2]] and followers(one) == [pid]


def test_a_follower_that_is_killed_takes_nothing_with_it(tmp_path: Path) -> None:
    with service(tmp_path) as one:
        one.post("/recipes", {"cypher": RECIPE})
        run(one)
        for runs in range(1, 3):
            assert asked(one, RUNS) == [[runs]]
            os.kill(followers(one)[0], signal.SIGKILL)
            run(one)


def test_followers_end_with_a_service_that_is_killed_and_the_next_one_starts_over_them(tmp_path: Path) -> None:
    with service(tmp_path) as one:
        one.post("/recipes", {"cypher": RECIPE})
        for runs in range(1, 3):
            run(one)
            assert asked(one, RUNS) == [[runs]]
            [pid] = followers(one)
            one.kill()
            until = time.monotonic() + 10
            while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
                assert time.monotonic() < until, "the follower has outlived its service"
                time.sleep(0.01)
            one.start()
            assert asked(one, RUNS) == [[runs]]
