"""The servers that the other tests stand on."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import neo4j
import pytest

from tests.graph.story import told
from tests.graph.world import World, mirrored
from tests.neo4j.databases import Database
from tests.neo4j.fetched import Missing
from tests.neo4j.real import Neo4j
from tests.neo4j.test_mirror import counted, counts, kept, target_in


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


@pytest.mark.timeout(900)
async def test_without_authentication_nobody_needs_a_password(tmp_path: Path) -> None:
    """The mirror writes, and Neo4j's driver asks, whoever they say that they are."""
    try:
        server = Neo4j(tmp_path)
    except Missing as missing:
        pytest.skip(str(missing))
    server.start()
    try:
        database, world = Database(server), World()
        target = target_in(database)
        await told(world)
        await mirrored(world.mirror(target))
        await target.close()
        assert counted(database) == counts(await kept(world))
        database.driver.close()
        for auth in (None, ("neo4j", "any password")):
            with neo4j.GraphDatabase.driver(server.uri, auth=auth) as driver:
                assert driver.execute_query("MATCH (r:Run:Failed) RETURN count(r) AS n").records[0]["n"] == 1
    finally:
        server.kill()


def test_without_java_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="install Java 17"):
        Neo4j(tmp_path)
