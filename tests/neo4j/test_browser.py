"""Neo4j Browser, served by a real Neo4j: what the mirror has written looks right without any style file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.story import told
from tests.graph.world import World, mirrored
from tests.neo4j.browser import browser, screenshots
from tests.neo4j.databases import Database
from tests.neo4j.fetched import Missing
from tests.neo4j.test_mirror import target_in

QUESTION = "MATCH p = (:Run {name: 'shop', state: 'succeeded'})-[:RAN]->(:Step) RETURN p"


async def test_browser_draws_what_was_mirrored(database: Database, tmp_path: Path) -> None:
    if database.name != "neo4j":
        pytest.skip("ArcadeDB has no Neo4j Browser")
    world, target = World(), target_in(database)
    await told(world)
    await mirrored(world.mirror(target))
    await target.close()
    nodes = database.ask(QUESTION.replace("RETURN p", "UNWIND nodes(p) AS n RETURN count(DISTINCT n) AS n"))[0]["n"]
    server = database.server
    try:
        async with browser() as opened:
            await opened.connect(f"http://127.0.0.1:{server.http}/browser/", server.uri, server.auth)
            await opened.ask(QUESTION)
            await opened.drawn(nodes)
            words = await opened.told()
            assert "Run (2)" in words and "RAN (" in words, words
            await opened.keep(screenshots(tmp_path) / "mirrored run in neo4j.png")
    except Missing as missing:
        pytest.skip(str(missing))
