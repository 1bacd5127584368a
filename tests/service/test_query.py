"""POST /query: what is asked, what is answered, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cypher_executor.service.routes import query
from cypher_executor.wiring import House
from tests.service.support import ECHO, FAILS, LASTS, Ask, body, refused


async def asked(ask: Ask, text: str, **more: Any) -> dict[str, Any]:
    answer = await ask.post("/query", {"query": text, **more})
    assert answer.status_code == 200, answer.text
    return body(answer)


async def test_what_has_just_happened_is_answered(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    run = await ask.run(name, {"x": 1})
    text = (
        "MATCH (r:Run {id: $run})-[:RAN]->(s:Step)-[:OF]->(n:Node) RETURN r.state AS state, s.name AS step, n.name AS n"
    )
    found = await asked(ask, text, parameters={"run": run["id"]})
    assert found["columns"] == ["state", "step", "n"]
    assert found["rows"] == [["succeeded", "a", "a"]]
    assert (found["more"], found["graph"], found["plan"], found["notices"]) == (False, None, None, [])
    assert found["summary"]["rows"] == 1 and found["summary"]["behind_ms"] == 0


async def test_a_query_may_be_sent_as_text(ask: Ask) -> None:
    for content_type in ("text/plain", "application/x-cypher", ""):
        answer = await ask.send("/query", "RETURN 1 + 1 AS two", content_type)
        assert body(answer)["rows"] == [[2]]
    refused(await ask.send("/query", b"RETURN '\xff'"), 400, "text_invalid")
    refused(await ask.send("/query", ""), 422, "request_invalid")


async def test_values_of_every_kind_have_a_form(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    run = await ask.run(name, {"x": 1})
    text = """
    MATCH p = (r:Run {id: $run})-[ran:RAN]->(s:Step)
    RETURN p, ran, s, r.started_at AS at, duration('PT90M') AS d, [1, {a: null}] AS list, 0.0 / 0.0 AS nan, true AS yes
    """
    (row,) = (await asked(ask, text, parameters={"run": run["id"]}))["rows"]
    path, ran, step, at, duration, listed, nan, yes = row
    assert [path["kind"], ran["kind"], step["kind"]] == ["path", "relationship", "node"]
    assert path["nodes"][0]["labels"] == ["Run", "Succeeded"] and path["nodes"][0]["properties"]["id"] == run["id"]
    assert (ran["type"], ran["end"]) == ("RAN", step["id"])
    assert at.startswith("20") and at.endswith("Z")
    assert (duration, listed, nan, yes) == ("PT1H30M", [1, {"a": None}], None, True)


async def test_answers_as_a_graph_have_each_element_once(ask: Ask, name: str) -> None:
    await ask.store(name, "CREATE (a {x: 1})-[:ON_SUCCESS]->(b {y: 2})")
    text = """
    MATCH (r:Recipe {name: $name})-[h:HAS]->(n:Node) OPTIONAL MATCH (n)-[w:ON_SUCCESS]->() RETURN r, [n], {h: h}, w
    """
    graph = (await asked(ask, text, parameters={"name": name}, graph=True))["graph"]
    assert sorted(node["labels"][0] for node in graph["nodes"]) == ["Node", "Node", "Recipe"]
    assert sorted(r["type"] for r in graph["relationships"]) == ["HAS", "HAS", "ON_SUCCESS"]
    alone = await asked(ask, "MATCH (:Recipe {name: $n})-[h:HAS]->() RETURN h", parameters={"n": name}, graph=True)
    ends = {end for r in alone["graph"]["relationships"] for end in (r["start"], r["end"])}
    assert {node["id"] for node in alone["graph"]["nodes"]} == ends


async def test_explain_gives_the_plan_and_no_rows(ask: Ask) -> None:
    found = await asked(ask, "EXPLAIN MATCH (s:Step) WHERE s.state = $x RETURN s.name")
    assert found["rows"] == [] and "every node (s:Step) by state" in found["plan"]


async def test_no_more_rows_come_than_were_asked_for(ask: Ask) -> None:
    found = await asked(ask, "UNWIND range(1, 100) AS x RETURN x", limit=10)
    assert found["rows"] == [[x] for x in range(1, 11)] and found["more"]
    assert found["summary"]["rows"] == 10
    assert not (await asked(ask, "UNWIND range(1, 10) AS x RETURN x", limit=10))["more"]
    assert len((await asked(ask, "UNWIND range(1, 5000) AS x RETURN x"))["rows"]) == 1000
    for limit in (0, 10_001, "3", 1.5):
        refused(await ask.post("/query", {"query": "RETURN 1", "limit": limit}), 422, "request_invalid")


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y RETURN count(*)", {"timeout_s": 0.2}),
        ("UNWIND range(1, 200) AS x RETURN size(collect(x + reduce(t = 'x', i IN range(1, 19) | t + t))) AS n", {}),
    ],
)
async def test_a_query_that_is_too_much_work_ends(ask: Ask, text: str, more: dict[str, Any]) -> None:
    told = refused(await ask.post("/query", {"query": text, **more}), 422, "budget_used_up")
    assert told["next_actions"]


async def test_steps_are_counted(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "STEPS", 5_000)
    refused(await ask.post("/query", {"query": "UNWIND range(1, 9000) AS x RETURN x"}), 422, "budget_used_up")


@pytest.mark.parametrize(
    "text",
    ["CREATE (n:Run)", "MATCH (n) SET n.x = 1", "MATCH (n) DETACH DELETE n", "MERGE (n:Part {name: 'x'}) RETURN n",
     "MATCH (n) REMOVE n.state", "MATCH (n) FOREACH (x IN [1] | SET n.x = x)"],
)  # fmt: skip
async def test_a_write_is_refused_with_a_sentence(ask: Ask, text: str) -> None:
    told = refused(await ask.post("/query", {"query": text}), 422, "query_text_invalid")
    assert "query_writes" in [d["code"] for d in told["diagnostics"]]
    assert "changes the graph, and a query only reads it" in told["detail"]
    assert told["where"]["line"] == 1


async def test_a_star_without_an_end_or_an_anchor_is_refused_with_advice(ask: Ask) -> None:
    for text in ("MATCH (a)-[*]->(b) RETURN b", "MATCH (a:Run)-[:STARTED*2..]->(b) RETURN b",
                 "MATCH (a:Run) MATCH (a)-[:STARTED*]->(b) RETURN b",
                 "RETURN EXISTS { (a)-[*]->() }", "MATCH p = shortestPath((a:Run)-[*]-(b:Run)) RETURN p"):  # fmt: skip
        told = refused(await ask.post("/query", {"query": text}), 422, "query_text_invalid")
        assert told["diagnostics"][0]["code"] == "unbounded_without_anchor" and "*1..5" in told["detail"]
        assert (await asked(ask, f"EXPLAIN {text}"))["notices"][0]["code"] == "unbounded_without_anchor"
    for text in ("MATCH (a:Run {id: 'x'})-[:STARTED*]->(b) RETURN b", "MATCH (a:Run)-[:STARTED*1..3]->(b) RETURN b",
                 "MATCH (a:Run)-[:STARTED*]->(b) WHERE a.id = 'x' RETURN b",
                 "MATCH (b)<-[:STARTED*]-(a:Run) WHERE elementId(a) = '7' RETURN b"):  # fmt: skip
        await asked(ask, text)


async def test_every_problem_of_a_text_is_told(ask: Ask) -> None:
    told = refused(await ask.post("/query", {"query": "MATCH (a) RETURN b.x, c.y"}), 422, "query_text_invalid")
    assert [d["code"] for d in told["diagnostics"]] == ["undefined_variable", "undefined_variable"]
    refused(await ask.post("/query", {"query": "RETURN $x"}), 422, "parameter_missing")
    refused(await ask.post("/query", {"query": "RETURN 1 AND 2"}), 422, "query_text_invalid")
    refused(await ask.post("/query", {"query": "RETURN 1 / 0"}), 422, "expression_error")
    refused(await ask.post("/query", {"query": "x" * 70_000}), 422, "query_text_invalid")
    refused(await ask.post("/query", {"query": "RETURN 1", "parameters": []}), 422, "request_invalid")


async def test_what_is_nested_too_deep_to_be_told_is_refused(ask: Ask) -> None:
    text = "RETURN reduce(x = [], i IN range(1, 100000) | [x]) AS x"
    refused(await ask.post("/query", {"query": text}), 422, "expression_error")


async def test_a_caller_sees_nothing_of_another_tenant(ask: Ask, house: House, name: str) -> None:
    await house.library.save("another", FAILS, name)
    theirs = await house.engine.start(await house.library.prepare_text(LASTS, {}), tenant="another")
    for text in (
        "MATCH (r:Run {id: $run}) RETURN r",
        "MATCH (n) WHERE n.tenant = 'another' RETURN n",
        "MATCH (r:Run) WHERE r.tenant <> 'default' RETURN r",
        "MATCH (:Run)-[:RAN]->(s:Step) WHERE s.name = 'pause' AND s.json CONTAINS '3600' RETURN s LIMIT 1",
        "MATCH (r:Recipe {name: $name}) RETURN r",
    ):
        rows = (await asked(ask, text, parameters={"run": theirs.run, "name": name}))["rows"]
        assert theirs.run not in json.dumps(rows) and "another" not in json.dumps(rows), text
    table = await house.questions.ask("MATCH (r:Run {id: $run}) RETURN r.id", {"run": theirs.run}, tenant="another")
    assert await table.all() == [(theirs.run,)]
    assert await house.engine.cancel(theirs.run)
