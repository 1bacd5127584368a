"""The service itself with a Neo4j: what runs in it is in the graph soon, and stopping does not wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from cypher_executor.core.keys import OPERATOR
from cypher_executor.settings import Neo4jSettings, load_settings
from cypher_executor.wiring import open_house
from tests.neo4j.databases import Database

RECIPE = "CREATE (:Recipe {name: 'hello'}) CREATE (a)-[:ON_SUCCESS]->(b {x: 1})"


async def test_a_run_of_the_service_is_in_the_graph_within_seconds(database: Database, tmp_path: Path) -> None:
    if database.name != "neo4j":
        pytest.skip("ArcadeDB takes a node whose labels change for a second one, where keys are unique")
    name, password = database.server.auth or (None, "")
    neo4j = Neo4jSettings(
        uri=database.server.uri, username=name, password=SecretStr(password), database=database.server.database
    )
    settings = load_settings(data_dir=tmp_path / "data", seeds=False, workers=1, drain_s=0.0, neo4j=neo4j)
    async with open_house(settings) as house:
        await house.library.save(OPERATOR, RECIPE)
        run = await house.engine.start(await house.library.prepare(OPERATOR, "hello", {}))
        await house.engine.wait(run.run, 10)
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(database.ask, "MATCH (r:Run:Succeeded {id: $id}) RETURN r", id=run.run):
                await asyncio.sleep(0.1)
        assert house.mirror is not None
        assert house.mirror.status.failure is None
    (found,) = database.ask("MATCH (:Run {name: 'hello'})-[:RAN]->(s:Step:Succeeded) RETURN count(s) AS steps")
    assert found["steps"] == 2
