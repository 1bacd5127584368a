"""SIGTERM: the service says that it is not ready, still answers, lets what is being executed end, and ends with 0."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.support import Sink, service

CALLS = "CREATE (a:http_request {{method: 'POST', url: '{url}/a'}})-[:ON_SUCCESS]->(b:set {{got: a.status}})"


class Gate(Sink):
    """A sink that answers nobody before it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.opened = threading.Event()

    def answer(self, path: str, key: str, body: bytes) -> tuple[int, bytes]:
        counted = super().answer(path, key, body)
        self.asked.set()
        assert self.opened.wait(60)
        return counted


@pytest.fixture
def gate() -> Iterator[Gate]:
    one = Gate()
    yield one
    one.opened.set()
    one.close()


def test_a_service_that_drains_answers_but_takes_nothing_on_until_what_it_does_has_ended(
    tmp_path: Path, gate: Gate
) -> None:
    start = {"cypher": CALLS.format(url=gate.url), "input": {}}
    with service(tmp_path, egress_allow=gate.address, drain_s="60") as one:
        run = one.post("/runs", start).json()["id"]
        assert gate.asked.wait(30)
        os.kill(one.pid, signal.SIGTERM)
        while (ready := one.request("GET", "/readyz")).status_code == 200:
            pass
        assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
        assert int(ready.headers["retry-after"]) >= 1
        refused = one.post("/runs", start)
        assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
        assert one.request("GET", "/healthz").status_code == 200
        assert one.run(run)["state"] == "running"
        gate.opened.set()
        assert one.ended() == 0
        one.start()
        assert one.until_ended(run)["result"] == {"b": {"got": 200}}
    assert gate.paths["/a"] == 1


def test_what_does_not_end_in_its_time_is_handed_back_and_done_again_under_the_same_key(
    tmp_path: Path, gate: Gate
) -> None:
    with service(tmp_path, egress_allow=gate.address, drain_s="0") as one:
        run = one.post("/runs", {"cypher": CALLS.format(url=gate.url), "input": {}}).json()["id"]
        assert gate.asked.wait(30)
        assert one.stop() == 0
        gate.opened.set()
        one.start()
        assert one.until_ended(run)["result"] == {"b": {"got": 200}}
    assert gate.paths["/a"] == 2 and len(gate.keys) == 1
