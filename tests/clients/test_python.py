"""The official Python driver: sync and async, `bolt://` and `neo4j://`."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import httpx2
import neo4j
import pytest
from neo4j.exceptions import ClientError, CypherSyntaxError
from neo4j.graph import Node, Path, Relationship

from tests.clients.conftest import Asked

NOBODY_MATTERS = ("neo4j", "any password, as long as there are no keys")


@pytest.fixture(params=["bolt", "neo4j"])
def uri(service: Asked, request: pytest.FixtureRequest) -> str:
    return service.bolt.replace("bolt://", f"{request.param}://")


def rows(driver: neo4j.Driver, text: str, /, **parameters: Any) -> list[list[Any]]:
    return [record.values() for record in driver.execute_query(text, parameters).records]


def test_a_question(uri: str, service: Asked) -> None:
    with neo4j.GraphDatabase.driver(uri, auth=NOBODY_MATTERS) as driver:
        driver.verify_connectivity()
        assert rows(driver, "MATCH (r:Run {id: $id}) RETURN r.name, r.state", id=service.run) == [
            ["approval", "waiting"]
        ]
        info = driver.get_server_info()
        assert (info.protocol_version, info.agent[:8]) == ((5, 4), "Neo4j/5.")


def test_nobody_needs_to_say_who_they_are(uri: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver:
        assert rows(driver, "RETURN 1") == [[1]]
        assert driver.verify_authentication(("neo4j", "another"))


async def test_a_question_of_the_async_driver(uri: str, service: Asked) -> None:
    async with neo4j.AsyncGraphDatabase.driver(uri, auth=NOBODY_MATTERS) as driver:
        found = await asyncio.gather(*(driver.execute_query("RETURN $x AS x", x=x) for x in range(50)))
        assert [result.records[0]["x"] for result in found] == list(range(50))
        async with driver.session(database="neo4j") as session:
            result = await session.run(
                "MATCH (:Run {id: $id})-[:RAN]->(s) RETURN s.name AS n ORDER BY n", id=service.run
            )
            assert await result.value() == ["approve", "order", "thank"]
            assert (await result.consume()).database == "executor"


def test_nodes_relationships_and_paths(uri: str, service: Asked) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver:
        text = "MATCH p = (r:Run {id: $id})-[f:RAN]->(s {name: 'order'})-[:OF]->(n:Node) RETURN r, f, s, p"
        ((run, ran, step, path),) = rows(driver, text, id=service.run)
        assert isinstance(run, Node) and isinstance(ran, Relationship) and isinstance(path, Path)
        assert run.labels == {"Run", "Waiting"}
        assert (run["name"], step["name"], ran.type) == ("approval", "order", "RAN")
        assert (ran.start_node, ran.end_node) == (run, step)
        assert [node["name"] for node in path.nodes] == ["approval", "order", "order"]
        assert isinstance(run["started_at"], neo4j.time.DateTime)
        again = rows(driver, "MATCH (r) WHERE elementId(r) = $id RETURN r.id", id=run.element_id)
        assert again == [[service.run]]


TIMES = [
    datetime.date(2024, 2, 29),
    neo4j.time.Time(10, 30, 0, 500),
    neo4j.time.DateTime(2024, 7, 1, 12, 0, 0, 123_456_789),
    neo4j.time.DateTime(2024, 7, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    neo4j.time.Duration(months=14, days=3, seconds=4, nanoseconds=5),
]


@pytest.mark.parametrize(
    "value", [*TIMES, None, True, 2**63 - 1, -1.5, "摘要", [1, [2]], {"a": {"b": [None]}}], ids=str
)
def test_values_come_back_as_they_were_sent(uri: str, value: Any) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver:
        assert rows(driver, "RETURN $x AS x", x=value) == [[value]]


def test_many_rows_are_fetched_in_pieces(uri: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver, driver.session(fetch_size=100) as session:
        assert session.run("UNWIND range(1, 5000) AS x RETURN x").value() == list(range(1, 5001))
        result = session.run("UNWIND range(1, 5000) AS x RETURN x")
        assert next(result)["x"] == 1
        result.consume()
        assert session.run("RETURN 1 AS one").single(strict=True)["one"] == 1


def test_transactions_are_read_and_committed_and_rolled_back(uri: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver, driver.session() as session:
        assert session.execute_read(lambda tx: tx.run("RETURN 1 AS x").single(strict=True)["x"]) == 1
        assert session.last_bookmarks()
        with session.begin_transaction() as tx:
            first, second = tx.run("UNWIND [1, 2, 3] AS x RETURN x"), tx.run("RETURN 'b' AS b")
            assert (second.value(), first.value()) == (["b"], [1, 2, 3])
            tx.rollback()
        with pytest.raises(ClientError), session.begin_transaction() as tx:
            tx.run("RETURN 1 / 0").consume()
        assert session.run("RETURN 1 AS one").value() == [1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CREATE (a:X) RETURN a", "Statement.AccessMode"),
        ("MATCH (r:Run) SET r.state = 'x'", "Statement.AccessMode"),
        ("MATCH (n) DETACH DELETE n", "Statement.AccessMode"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "Statement.AccessMode"),
        ("CREATE USER me SET PASSWORD 'abcdefgh'", "Statement.UnsupportedAdministrationCommand"),
    ],
)
def test_writing_is_refused_as_neo4j_refuses_it(uri: str, text: str, code: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver:
        before = rows(driver, "MATCH (n) RETURN count(n)")
        for access in (neo4j.READ_ACCESS, neo4j.WRITE_ACCESS):
            with driver.session(default_access_mode=access) as session, pytest.raises(ClientError) as refused:
                session.run(text).consume()
            assert refused.value.code == f"Neo.ClientError.{code}"
        assert rows(driver, "MATCH (n) RETURN count(n)") == before


def test_a_wrong_text_is_shown_with_its_place(uri: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver, pytest.raises(CypherSyntaxError) as wrong:
        driver.execute_query("MATCH (r:Run)\nRETURN r.name,")
    assert "line 2" in str(wrong.value.message)


def test_another_database_and_another_user(uri: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver:
        with pytest.raises(ClientError, match="Graph not found"):
            driver.execute_query("RETURN 1", database_="nowhere")
        with pytest.raises(ClientError) as refused:
            driver.execute_query("RETURN 1", impersonated_user_="somebody")
        assert refused.value.code == "Neo.ClientError.Security.Forbidden"


def test_a_recipe_is_stored_and_run_when_that_is_asked_for(uri: str, service: Asked) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver:
        name = uri.partition(":")[0] + "_recipe"
        text = f"CREATE (:Recipe {{name: '{name}'}}) CREATE (a {{x: $x}}) RETURN a.x AS x"
        assert rows(driver, "CALL executor.save($text) YIELD name, version", text=text) == [[name, 1]]
        ((run,),) = rows(driver, "CALL executor.run($name, {x: 7}) YIELD run RETURN run", name=name)
        shown = httpx2.get(f"{service.http}/runs/{run}").json()
        while shown["state"] == "running":
            shown = httpx2.get(f"{service.http}/runs/{run}").json()
        assert (shown["state"], shown["result"]) == ("succeeded", {"x": 7})
        assert rows(driver, "MATCH (r:Run {id: $id}) RETURN r.state", id=run) == [["succeeded"]]


def test_a_deed_in_a_reading_session_is_refused(uri: str) -> None:
    with neo4j.GraphDatabase.driver(uri) as driver, driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        with pytest.raises(ClientError) as refused:
            session.run("CALL executor.run('CREATE (a)', {})").consume()
        assert refused.value.code == "Neo.ClientError.Statement.AccessMode"


def test_bolt_over_tcp_is_another_port(service: Asked) -> None:
    assert service.bolt != service.websocket
