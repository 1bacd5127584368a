"""kill -9, and carry on: what was accepted ends, what was done is not done again."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import httpx2

from tests.acceptance.support import Service, Sink, service

TEXT = (
    "The harbour was quiet before the storm. Fishermen tied their boats twice and looked at the sky. "
    "By noon the wind had reached the market, and the price of fish had doubled."
)


def order(sink: Sink) -> str:
    """Three effects with a durable wait between the first two."""
    return f"""
        CREATE (reserve:http_request {{method: 'POST', url: '{sink.url}/reserve', body: {{n: $n}}}})
        CREATE (pause:wait {{seconds: 1}})
        CREATE (charge:http_request {{method: 'POST', url: '{sink.url}/charge', body: reserve.body}})
        CREATE (done:string_ops {{operation: 'upper', text: charge.body.path}})
        CREATE (reserve)-[:ON_SUCCESS]->(pause)-[:ON_SUCCESS]->(charge)-[:ON_SUCCESS]->(done)
        RETURN done.result AS done
    """


def ended_steps(run: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["ended_at"] for step in run["steps"] if step["ended_at"] is not None}


def test_a_run_carries_on_after_kill_9_and_repeats_no_finished_step(tmp_path: Path, sink: Sink) -> None:
    with service(tmp_path, egress_allow=sink.address) as one:
        started = one.post("/runs", {"cypher": order(sink), "input": {"n": 1}})
        assert started.status_code == 202, started.text
        run_id = started.json()["id"]
        before = one.until(run_id, lambda run: "reserve" in ended_steps(run))
        one.kill()
        one.start()
        after = one.until_ended(run_id)
    assert after["state"] == "succeeded" and after["result"] == {"done": "/CHARGE"}
    assert ended_steps(before)["reserve"] == ended_steps(after)["reserve"]
    assert sink.paths == {"/reserve": 1, "/charge": 1}


def test_a_wait_that_came_due_while_the_service_was_down_is_over_at_once(tmp_path: Path, sink: Sink) -> None:
    with service(tmp_path, egress_allow=sink.address) as one:
        run_id = one.post("/runs", {"cypher": order(sink), "input": {"n": 1}}).json()["id"]
        one.until(run_id, lambda run: "reserve" in ended_steps(run))
        one.kill()
        time.sleep(1.2)
        one.start()
        assert one.until_ended(run_id)["state"] == "succeeded"


def test_nothing_accepted_is_lost_when_the_demo_is_killed_in_the_middle(tmp_path: Path) -> None:
    """The run of the demo, many times, killed after as many as a seed chose: every parent and every child ends once."""
    moments = random.Random(20)
    accepted: list[str] = []
    with service(tmp_path) as one:
        for _ in range(4):
            accepted += trigger_and_kill(one, moments.randint(2, 12))
            one.start()
        parents = [one.until_ended(run_id) for run_id in accepted]
        children = [one.until_ended(run_id) for parent in parents for run_id in parent["result"].values()]
    assert {run["state"] for run in parents + children} == {"succeeded"}
    assert len(children) == len({child["id"] for child in children}) == 3 * len(parents)


def trigger_and_kill(one: Service, count: int) -> list[str]:
    """The ids of so many runs; the service is killed when the last of them is acknowledged."""
    accepted: list[str] = []
    with httpx2.Client(timeout=30) as client:
        for _ in range(count):
            answer = client.post(
                f"{one.url}/webhooks/named/parallel_fanout/trigger?async=1", json={"text": TEXT, "target_lang": "de"}
            )
            assert answer.status_code == 202, answer.text
            accepted.append(answer.json()["id"])
    one.kill()
    return accepted


def test_sigterm_ends_the_service_with_exit_code_0(tmp_path: Path) -> None:
    with service(tmp_path) as one:
        assert one.stop() == 0
