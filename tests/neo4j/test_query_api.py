"""The Query API of a real Neo4j and ours: the same questions have the same answers, plain and typed."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from cypher_executor.service.app import create_app
from cypher_executor.settings import Settings
from cypher_executor.wiring import open_house
from tests.neo4j.databases import Database

PLAIN, TYPED = "application/json", "application/vnd.neo4j.query"
ALIKE = [
    "RETURN 1 AS a, -1.5 AS b, 'x' AS c, null AS d, true AS e, [1, {a: 2, b: [null]}] AS f, {} AS g, [] AS h",
    "RETURN 100.0 AS a, 1e30 AS b, 1.5e-7 AS c, 0.0 / 0.0 AS d, 1 / 0.0 AS e, -1 / 0.0 AS f, 9223372036854775807 AS g",
    "RETURN date('2024-02-29') AS a, localtime('10:00') AS b, time('10:00:00.5+02:00') AS c, time('10:00Z') AS d",
    "RETURN localdatetime('2024-02-29T10:00') AS a, datetime('2024-07-01T10:00:00Z') AS b",
    "RETURN datetime('2024-07-01T10:00:00.123456789+02:00') AS a, datetime('2024-07-01T10:00[Europe/Berlin]') AS b",
    "RETURN duration('P1DT2H') AS a, duration('P14M3DT-4.5S') AS b, duration('PT0S') AS c, duration('P0.5D') AS d",
    "UNWIND [3, 1, 2] AS x RETURN x ORDER BY x",
    "UNWIND [] AS x RETURN x",
    "RETURN 'Ä摘要' AS `a name with blanks`",
]
REFUSED_ALIKE: list[dict[str, Any]] = [
    {"statement": "RETUR 1"},
    {"statement": "RETURN nothing"},
    {"statement": "RETURN $x AS x"},
    {"statement": "CREATE (a:A)", "accessMode": "READ"},
    {"statement": "CALL no.such() YIELD x RETURN x"},
    {"statement": "RETURN 1 / 0 AS x"},
    {"stateent": "RETURN 1"},
    {"statement": "RETURN 1", "more": 1},
]
PARAMETERS = {
    "i": {"$type": "Integer", "_value": "9007199254740993"},
    "f": {"$type": "Float", "_value": "1.5"},
    "d": {"$type": "Date", "_value": "2024-02-29"},
    "t": {"$type": "ZonedDateTime", "_value": "2024-07-01T10:00:00+02:00[Europe/Berlin]"},
    "o": {"$type": "OffsetDateTime", "_value": "2024-07-01T10:00:00+02:00"},
    "u": {"$type": "Duration", "_value": "P1DT2H"},
    "l": {"$type": "List", "_value": [{"$type": "Null", "_value": None}, {"$type": "Boolean", "_value": True}]},
    "m": {"$type": "Map", "_value": {"a": {"$type": "String", "_value": "x"}}},
}


class Theirs:
    """A Neo4j over HTTP."""

    def __init__(self, database: Database) -> None:
        self._url = f"http://127.0.0.1:{database.server.http}"
        name, password = database.server.auth or ("", "")
        self._key = base64.b64encode(f"{name}:{password}".encode()).decode()

    def ask(self, body: Any, accept: str = PLAIN, sent: str = PLAIN, path: str = "/db/neo4j/query/v2") -> Any:
        headers = {"accept": accept, "content-type": sent, "authorization": f"Basic {self._key}"}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers["content-type"], json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["content-type"], json.load(error)


class Ours:
    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def ask(self, body: Any, accept: str = PLAIN, sent: str = PLAIN, path: str = "/db/neo4j/query/v2") -> Any:
        headers = {"accept": accept, "content-type": sent}
        answer = await self._client.post(path, content=json.dumps(body), headers=headers)
        return answer.status_code, answer.headers["content-type"], answer.json()


@pytest.fixture
def theirs(running: Database) -> Theirs:
    if running.name != "neo4j":
        pytest.skip("ArcadeDB has no Query API")
    return Theirs(running)


@pytest.fixture
async def ours(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ours]:
    data_dir = tmp_path_factory.mktemp("ours")
    settings = Settings(data_dir=data_dir, workers=1, seeds=False, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    async with open_house(settings) as house:
        transport = httpx2.ASGITransport(app=create_app(settings, house=house))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            yield Ours(client)


def without_bookmarks(answer: Any) -> Any:
    status, media_type, body = answer
    return status, media_type, {key: value for key, value in body.items() if key != "bookmarks"}


async def test_answers_are_alike(theirs: Theirs, ours: Ours) -> None:
    for statement in ALIKE:
        for accept in (PLAIN, TYPED):
            body = {"statement": statement, "includeCounters": True}
            expected = without_bookmarks(theirs.ask(body, accept))
            assert without_bookmarks(await ours.ask(body, accept)) == expected, statement


async def test_refusals_are_alike(theirs: Theirs, ours: Ours) -> None:
    for body in REFUSED_ALIKE:
        expected, found = theirs.ask(body), await ours.ask(body)
        assert found[:2] == expected[:2], body
        assert found[2]["errors"][0]["code"] == expected[2]["errors"][0]["code"], body
    body = {"statement": "RETURN 1 AS x"}
    for path in ("/db/nowhere/query/v2", "/db/system/query/v2"):
        expected, found = theirs.ask(body, path=path), await ours.ask(body, path=path)
        assert (found[0], found[2]["errors"][0]["code"]) == (expected[0], expected[2]["errors"][0]["code"]), path
    assert (await ours.ask(body, "text/csv"))[0] == theirs.ask(body, "text/csv")[0] == 406


async def test_typed_parameters_are_alike(theirs: Theirs, ours: Ours) -> None:
    body = {"statement": f"RETURN {', '.join(f'${name} AS {name}' for name in PARAMETERS)}", "parameters": PARAMETERS}
    expected = without_bookmarks(theirs.ask(body, TYPED, TYPED))
    assert expected[0] == 202
    assert without_bookmarks(await ours.ask(body, TYPED, TYPED)) == expected
    assert without_bookmarks(await ours.ask(body)) == without_bookmarks(theirs.ask(body))


async def test_nodes_relationships_and_paths_are_alike(theirs: Theirs, ours: Ours, database: Database) -> None:
    """The same keys in the same places; ids and properties are each one's own."""
    database.ask("CREATE (:Recipe {name: 'x'})-[:HAS {at: 1}]->(:Node {name: 'y'})")
    recipe = "CALL executor.save(\"CREATE (:Recipe {name: 'x'}) CREATE (y)\")"
    assert (await ours.ask({"statement": recipe}))[0] == 202
    body = {"statement": "MATCH p = (a:Recipe)-[r:HAS]->(b:Node) RETURN a, r, p"}
    for accept in (PLAIN, TYPED):
        expected, found = theirs.ask(body, accept)[2], (await ours.ask(body, accept))[2]
        assert shape(found["data"]["values"]) == shape(expected["data"]["values"])


def shape(value: Any) -> Any:
    """Keys and types without properties."""
    if isinstance(value, dict):
        return {key: ... if "properties" in key else shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value)
