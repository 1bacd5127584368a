"""The Query API of Neo4j, and the discovery document. `tests/neo4j/test_query_api.py` compares it with a Neo4j."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.service.support import ECHO, Ask

QUERY = "/db/neo4j/query/v2"
TYPED = {"accept": "application/vnd.neo4j.query"}


async def values(ask: Ask, statement: str, **parameters: Any) -> list[list[Any]]:
    answer = await ask.post(QUERY, {"statement": statement, "parameters": parameters})
    assert answer.status_code == 202, answer.text
    assert "errors" not in answer.json(), answer.text
    found: list[list[Any]] = answer.json()["data"]["values"]
    return found


async def refused(ask: Ask, body: Any, **headers: str) -> tuple[int, str]:
    answer = await ask.post(QUERY, body, **headers)
    (error,) = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["code"].removeprefix("Neo.ClientError.")


async def test_a_statement_is_answered_from_what_is_there_now(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    run = await ask.run(name, {"x": 1})
    found = await values(ask, "MATCH (r:Run {id: $id})-[:RAN]->(s) RETURN r.name, r.state, s.name", id=run["id"])
    assert found == [[name, "succeeded", "a"]]


async def test_rows_beyond_one_piece_are_all_there(ask: Ask) -> None:
    assert await values(ask, "UNWIND range(1, 1000) AS x RETURN x") == [[x] for x in range(1, 1001)]


async def test_a_recipe_may_be_stored_and_run(ask: Ask, name: str) -> None:
    text = f"CREATE (:Recipe {{name: '{name}'}}) {ECHO}"
    ((stored, version, digest),) = await values(ask, "CALL executor.save($text)", text=text)
    assert (stored, version, digest[:7]) == (name, 1, "sha256:")
    ((run, recipe),) = await values(
        ask, "CALL executor.run($name, {x: 1}) YIELD run, recipe RETURN run, recipe", name=name
    )
    assert recipe == name
    shown = await ask.get(f"/runs/{run}")
    assert (shown.json()["recipe"], shown.json()["input"]) == (name, {"x": 1})


async def test_a_recipe_that_is_sent_along_is_run(ask: Ask) -> None:
    ((run, recipe, state),) = await values(ask, "CALL executor.run('CREATE (a {x: $x})', {x: 5})")
    assert (run[:4], recipe) == ("run_", None)
    assert state in ("pending", "running", "succeeded")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("CREATE (a:X)", "Statement.AccessMode"),
        ("MATCH (r:Run) SET r.state = 'x' RETURN r", "Statement.AccessMode"),
        ("MATCH (r:Run) DETACH DELETE r", "Statement.AccessMode"),
        ("MERGE (a:X) RETURN a", "Statement.AccessMode"),
        ("CREATE INDEX FOR (n:Run) ON (n.x)", "Statement.AccessMode"),
        ("DROP DATABASE executor", "Statement.UnsupportedAdministrationCommand"),
        ("RETUR 1", "Statement.SyntaxError"),
        ("RETURN $missing", "Statement.ParameterMissing"),
        ("CALL nobody.knows()", "Procedure.ProcedureNotFound"),
        ("CALL executor.run('nobody_has_this', {})", "Statement.ArgumentError"),
        ("CALL executor.save('CREATE (a:nonsense)')", "Procedure.ProcedureCallFailed"),
        ("MATCH (r:Run) CALL executor.run('x', {}) YIELD run RETURN run", "Statement.SyntaxError"),
    ],
)
async def test_statements_that_are_refused(ask: Ask, statement: str, code: str) -> None:
    assert await refused(ask, {"statement": statement}) == (400, code)


async def test_a_deed_in_a_reading_request_is_refused(ask: Ask) -> None:
    body = {"statement": "CALL executor.run('CREATE (a)', {})", "accessMode": "READ"}
    assert await refused(ask, body) == (400, "Statement.AccessMode")


@pytest.mark.parametrize(
    "body",
    [{}, [], "RETURN 1", {"statement": ""}, {"statement": 1}, {"statement": "RETURN 1", "params": {}},
     {"statement": "RETURN 1", "parameters": []}, {"statement": "RETURN 1", "accessMode": "MAYBE"},
     {"statement": "RETURN 1", "maxExecutionTime": 0}, {"statement": "RETURN 1", "maxExecutionTime": True}],
    ids=str,
)  # fmt: skip
async def test_bodies_that_are_none(ask: Ask, body: Any) -> None:
    assert await refused(ask, body) == (400, "Request.Invalid")


async def test_what_goes_wrong_after_rows_stands_behind_them(ask: Ask) -> None:
    answer = await ask.post(QUERY, {"statement": "UNWIND range(0, 300) AS x RETURN 9 / (250 - x) AS y"})
    assert answer.status_code == 202
    assert len(answer.json()["data"]["values"]) == 200  # those of the pieces before the one in which it went wrong
    assert answer.json()["errors"][0]["code"] == "Neo.ClientError.Statement.ArithmeticError"


async def test_typed_values_and_typed_parameters(ask: Ask) -> None:
    sent = {"x": {"$type": "Date", "_value": "2024-02-29"}, "n": {"$type": "Integer", "_value": "9007199254740993"}}
    answer = await ask.request(
        "POST",
        QUERY,
        json={"statement": "RETURN $x AS x, $n AS n, 1.0 AS f", "parameters": sent, "includeCounters": True},
        headers={**TYPED, "content-type": "application/vnd.neo4j.query"},
    )
    assert answer.headers["content-type"] == "application/vnd.neo4j.query"
    assert answer.json()["data"]["values"] == [[sent["x"], sent["n"], {"$type": "Float", "_value": "1.0"}]]
    assert answer.json()["counters"]["containsUpdates"] is False


@pytest.mark.parametrize(
    "value",
    [1, {}, {"$type": "Integer"}, {"$type": "Integer", "_value": 1}, {"$type": "Integer", "_value": "9" * 5_000},
     {"$type": "Date", "_value": "tomorrow"}, {"$type": "Node", "_value": {}}, {"$type": [], "_value": 1},
     {"$type": "List", "_value": [1]}, {"$type": "Base64", "_value": "AA=="}],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
async def test_typed_parameters_that_are_none(ask: Ask, value: Any) -> None:
    answer = await ask.request(
        "POST", QUERY, json={"statement": "RETURN $x", "parameters": {"x": value}},
        headers={"content-type": "application/vnd.neo4j.query"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "Neo.ClientError.Request.Invalid")


async def test_databases_and_media_types(ask: Ask) -> None:
    nowhere = await ask.post("/db/nowhere/query/v2", {"statement": "RETURN 1"})
    assert nowhere.status_code == 404
    assert nowhere.json()["errors"][0]["code"] == "Neo.ClientError.Database.DatabaseNotFound"
    assert await refused(ask, {"statement": "RETURN 1"}, accept="text/csv") == (406, "Request.Invalid")
    shown = await ask.post("/db/system/query/v2", {"statement": "SHOW DATABASES YIELD name"})
    assert shown.json()["data"]["values"] == [["executor"], ["system"]]


async def test_there_are_no_transactions(ask: Ask) -> None:
    answer = await ask.post(f"{QUERY}/tx", {"statement": "RETURN 1"})
    assert answer.status_code == 400
    assert "transactions" in answer.json()["errors"][0]["message"]


async def test_a_plan(ask: Ask) -> None:
    answer = await ask.post(QUERY, {"statement": "EXPLAIN MATCH (r:Run) RETURN r.name AS name"})
    assert answer.json()["data"] == {"fields": ["name"], "values": []}
    assert answer.json()["queryPlan"]["children"]


async def test_discovery_says_where_things_are(ask: Ask) -> None:
    answer = await ask.get("/", headers={"origin": "http://localhost:7474"})
    assert answer.json()["query"] == "http://127.0.0.1:8080/db/{databaseName}/query/v2"
    assert answer.json()["bolt_direct"] == "bolt://127.0.0.1:8080"
    assert answer.headers["access-control-allow-origin"] == "http://localhost:7474"
    elsewhere = await ask.get("/", headers={"origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in elsewhere.headers


async def test_a_page_of_another_site_may_not_ask(ask: Ask) -> None:
    answer = await ask.post(QUERY, {"statement": "RETURN 1"}, origin="https://elsewhere.example")
    assert answer.status_code == 403


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"neo4j:{key}".encode()).decode()
