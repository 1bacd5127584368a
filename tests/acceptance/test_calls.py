"""kill -9 between a request and its answer: that request alone is made again, under the same idempotency key."""

from __future__ import annotations

import time
from pathlib import Path

from tests.acceptance.support import Sink, service


def chain(sink: Sink) -> str:
    """A request that is answered, one that is slow, and one behind it; and what the recipe remembers of it."""
    return f"""
        CREATE (:Recipe {{name: 'chain', grants: {{kv: true}}}})
        CREATE (first:http_request {{method: 'POST', url: '{sink.url}/first', body: {{n: 1}}}})
        CREATE (keep:kv_put {{key: 'seen', value: first.body.path}})
        CREATE (slow:http_request {{method: 'POST', url: '{sink.url}/slow', body: {{n: 2}}}})
        CREATE (last:http_request {{method: 'POST', url: '{sink.url}/last', body: {{n: 3}}}})
        CREATE (read:kv_get {{key: 'seen'}})
        CREATE (first)-[:ON_SUCCESS]->(keep)-[:ON_SUCCESS]->(slow)-[:ON_SUCCESS]->(last)-[:ON_SUCCESS]->(read)
        RETURN read.value AS seen, slow.body.path AS slow
    """


def until_asked(sink: Sink, path: str, times: int, within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while sink.paths[path] < times:
        assert time.monotonic() < deadline, f"{path} was asked for {sink.paths[path]} times"
        time.sleep(0.01)


def test_a_crash_between_request_and_answer_repeats_that_request_alone_under_its_key(
    tmp_path: Path, sink: Sink
) -> None:
    sink.slow["/slow"] = 2.0
    with service(tmp_path, egress_allow=sink.address) as one:
        run_id = one.post("/runs", {"cypher": chain(sink), "input": {}}).json()["id"]
        for times in (1, 2):
            until_asked(sink, "/slow", times)
            one.kill()
            one.start()
        ended = one.until_ended(run_id)
    assert ended["state"] == "succeeded" and ended["result"] == {"seen": "/first", "slow": "/slow"}
    assert sink.paths == {"/first": 1, "/slow": 3, "/last": 1}
    assert sorted(sink.keys.values()) == [1, 1, 3], "all requests for /slow had one key, and nobody else had it"


def test_a_crash_after_an_answer_was_journaled_repeats_nothing(tmp_path: Path, sink: Sink) -> None:
    with service(tmp_path, egress_allow=sink.address) as one:
        run_id = one.post("/runs", {"cypher": chain(sink), "input": {}}).json()["id"]
        one.until_ended(run_id)
        one.kill()
        one.start()
        assert one.run(run_id)["result"] == {"seen": "/first", "slow": "/slow"}
    assert sink.paths == {"/first": 1, "/slow": 1, "/last": 1}
