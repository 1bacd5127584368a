"""The official JavaScript driver from npm: over TCP, and in WebSocket as pages use it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Asked
from tests.neo4j.fetched import Missing, kept, run

HERE = Path(__file__).parent / "js"
ANSWER_S = 60


def fetched(folder: Path, package: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("there is no npm: install it, once, to fetch the JavaScript driver for these tests")
    shutil.copy(package, folder)
    made = folder / "kept"
    made.mkdir()
    shutil.copy(package, made)
    run([npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], made, "neo4j-driver")
    return made


@pytest.fixture(scope="session")
def driver() -> Path:
    """The folder with the driver."""
    if shutil.which("node") is None:
        pytest.skip("there is no Node: install it to run the JavaScript driver")
    try:
        return kept("javascript", HERE / "package.json", fetched)
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=["tcp", "websocket-own-port", "websocket-bolt-port", "routed"])
def way(request: pytest.FixtureRequest, service: Asked) -> tuple[str, str]:
    """Transport, and where to."""
    return {
        "tcp": ("tcp", service.bolt),
        "websocket-own-port": ("websocket", service.websocket),
        "websocket-bolt-port": ("websocket", service.bolt),
        "routed": ("tcp", service.bolt.replace("bolt://", "neo4j://")),
    }[str(request.param)]


def asked(driver: Path, way: tuple[str, str], *questions: dict[str, Any]) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["node", HERE / "ask.js", driver, *way],
        input=json.dumps(questions), capture_output=True, text=True, timeout=ANSWER_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["agent"].startswith("Neo4j/5."), told
    answers: list[dict[str, Any]] = told["answers"]
    return answers


def test_the_javascript_driver(driver: Path, way: tuple[str, str], service: Asked) -> None:
    id = {"id": service.run}
    row, graph, times, write, wrong, deed, many = asked(
        driver,
        way,
        {"text": "MATCH (r:Run {id: $id}) RETURN r.name AS name, r.state AS state, 42 AS n", "parameters": id},
        {"text": "MATCH p = (r:Run {id: $id})-[x:RAN]->(s {name: 'order'}) RETURN r, x, p", "parameters": id},
        {"text": "RETURN date('2024-02-29') AS d, duration('P1DT2S') AS u, datetime('2024-07-01T10:00:00+02:00') AS t"},
        {"text": "CREATE (a:X) RETURN a", "mode": "WRITE"},
        {"text": "RETURN nothing"},
        {"text": "CALL executor.run('CREATE (a {x: 1})', {}) YIELD run RETURN run STARTS WITH 'run_'", "mode": "WRITE"},
        {"text": "UNWIND range(1, 3000) AS x RETURN 'a text of some length ' + x AS t"},
    )
    assert row == {"keys": ["name", "state", "n"], "rows": [["approval", "waiting", "42"]]}
    ((node, ran, path),) = graph["rows"]
    assert (node["labels"], node["name"]) == (["Run", "Waiting"], "approval")
    assert (ran["type"], ran["from"]) == ("RAN", node["node"])
    assert [segment[1] for segment in path["path"]] == ["RAN"]
    assert times["rows"] == [["2024-02-29", "P1DT2S", "2024-07-01T10:00:00+02:00"]]
    assert write == {"code": "Neo.ClientError.Statement.AccessMode"}
    assert wrong == {"code": "Neo.ClientError.Statement.SyntaxError"}
    assert deed["rows"] == [[True]]
    assert len(many["rows"]) == 3000
