"""The servers that the other tests stand on."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import neo4j
import pytest

from tests.neo4j.databases import Database
from tests.neo4j.fetched import Missing
from tests.neo4j.real import Neo4j


def test_it_answers_the_official_driver(database: Database) -> None:
    assert database.ask("RETURN 1 AS one, $text AS text", text="摘要")[0].data() == {"one": 1, "text": "摘要"}


def test_it_is_the_neo4j_that_was_asked_for_and_has_browser(running: Database) -> None:
    if running.name != "neo4j":
        pytest.skip("this is ArcadeDB")
    (found,) = running.ask("CALL dbms.components() YIELD name, versions, edition")
    assert found["versions"][0].startswith("5.26.")
    assert found["edition"] == "community"
    with urllib.request.urlopen(f"http://127.0.0.1:{running.server.http}/browser/", timeout=10) as page:
        assert b"Neo4j Browser" in page.read()


def test_a_wrong_password_is_refused(running: Database) -> None:
    with running.server.driver(auth=("neo4j", "wrong")) as driver, pytest.raises(neo4j.exceptions.AuthError):
        driver.execute_query("RETURN 1")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_without_authentication_nobody_needs_a_password(tmp_path: Path) -> None:
    try:
        server = Neo4j(tmp_path)
    except Missing as missing:
        pytest.skip(str(missing))
    server.start()
    try:
        with server.driver() as driver:
            assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
    finally:
        server.kill()


def test_without_java_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="install Java 17"):
        Neo4j(tmp_path)
