"""Neo4j's own cypher-shell, from Maven."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Asked
from tests.neo4j.fetched import Missing, jars

POM = Path(__file__).parent / "shell" / "pom.xml"


@pytest.fixture(scope="session")
def shell() -> Path:
    """The folder with its jars."""
    try:
        return jars("cypher-shell", POM)
    except Missing as missing:
        pytest.skip(str(missing))


def asked(shell: Path, address: str, text: str, *more: str) -> subprocess.CompletedProcess[str]:
    java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{shell}/*", "org.neo4j.shell.Main"]
    return subprocess.run(
        [*java, "-a", address, "-u", "neo4j", "-p", "password", "--format", "plain", *more],
        input=text, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_questions(shell: Path, service: Asked) -> None:
    done = asked(
        shell, service.bolt.replace("bolt://", "neo4j://"),
        f":param id => '{service.run}'\n"
        "MATCH (r:Run {id: $id})-[:RAN]->(s) RETURN r.name AS run, s.name AS step ORDER BY step;\n"
        "SHOW DATABASES YIELD name;\n"
        "CALL db.labels() YIELD label WITH label WHERE label = 'Run' RETURN label;\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:4] == ["run, step", '"approval", "approve"', '"approval", "order"', '"approval", "thank"']
    assert lines[4:] == ["name", '"executor"', '"system"', "label", '"Run"']


def test_writing_is_refused_and_the_place_of_a_mistake_is_shown(shell: Path, service: Asked) -> None:
    done = asked(shell, service.bolt, "CREATE (a:X);\nRETURN 1 +;\nRETURN 'still here' AS x;\n", "--fail-at-end")
    assert "Writing in read access mode not allowed" in done.stderr
    assert '"RETURN 1 +' in done.stderr
    assert done.stdout.splitlines() == ["x", '"still here"']
