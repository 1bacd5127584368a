"""The mirror in a real database: the same graph, the same answers; killed, frozen, wiped, it is right again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import neo4j
import pytest

from cypher_executor.adapters.neo4j.connection import Address, Connection
from cypher_executor.adapters.neo4j.target import Neo4jTarget
from cypher_executor.cypher.query import compile_query
from cypher_executor.errors import RequestInvalid, Unavailable
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.mirror.mirror import Mirror
from tests.graph.story import told
from tests.graph.targets import KeptTarget
from tests.graph.test_page import QUESTIONS
from tests.graph.world import World, mirrored
from tests.neo4j.databases import Database
from tests.neo4j.server import Server

TABLES = {question: text for question, text in QUESTIONS.items() if not question.startswith("Draw")}


def address(server: Server) -> Address:
    name, password = server.auth or (None, None)
    return Address(server.uri, name, password, server.database)


@pytest.fixture
async def target(database: Database) -> AsyncIterator[Neo4jTarget]:
    opened = target_in(database)
    yield opened
    await opened.close()


class WithoutConstraints(Neo4jTarget):
    """For ArcadeDB, where a node changes its type with its labels, and a constraint takes it for a second node."""

    async def prepare(self) -> None: ...


def target_in(database: Database, **more: float) -> Neo4jTarget:
    kind = Neo4jTarget if database.name == "neo4j" else WithoutConstraints
    return kind(Connection(address(database.server), **more))


async def kept(world: World) -> KeptGraph:
    target = KeptTarget()
    await mirrored(world.mirror(target))
    return target.graph


def counts(graph: KeptGraph) -> tuple[int, int]:
    return graph.node_count(None), graph.relationship_count(None)


def counted(database: Database) -> tuple[int, int]:
    (nodes,) = database.ask("MATCH (n) WHERE NOT n:Mirror RETURN count(n) AS n")
    (relationships,) = database.ask("MATCH ()-[r]->() RETURN count(r) AS n")
    return nodes["n"], relationships["n"]


def asked(graph: KeptGraph, text: str, parameters: dict[str, str], world: World) -> list[list[Any]]:
    compiled = compile_query(text)
    assert compiled.query is not None
    rows = compiled.query.run(graph, parameters, at_us=world.clock.now_us())
    return [[plain(value) for value in row] for row in rows]


def plain(value: Any) -> Any:
    """Points of time as they are written; all else as it is."""
    if isinstance(value, neo4j.time.DateTime):
        return value.to_native().isoformat(timespec="milliseconds").removesuffix("+00:00")
    text = getattr(value, "text", None)
    if text is None or isinstance(value, str):
        return value
    return plain(neo4j.time.DateTime.from_iso_format(text().replace("Z", "+00:00")))


async def test_it_only_goes_on_from_where_it_was_left(target: Neo4jTarget, database: Database) -> None:
    assert not await target.advance("somebody", 0, 5) and await target.position("somebody") is None
    await target.begin("somebody")
    assert await target.advance("somebody", 0, 5) and not await target.advance("somebody", 0, 6)
    assert await target.position("somebody") == 5
    database.wipe()
    assert not await target.advance("somebody", 5, 6) and await target.position("somebody") is None


async def test_every_question_has_the_same_answer_in_the_database(database: Database, target: Neo4jTarget) -> None:
    world = World()
    world.clock.us = time.time_ns() // 1_000  # the database has a clock of its own
    parameters = await told(world)
    world.clock.us -= 2 * 3_600_000_000
    await mirrored(world.mirror(target))
    graph = await kept(world)
    for question, asking in TABLES.items():
        text = asking.replace("datetime()", "datetime() + duration('PT2H')")
        here = asked(graph, text, parameters, world)
        assert here == [[plain(value) for value in row.values()] for row in database.ask(text, **parameters)], question
        assert here


async def test_mirroring_twice_is_mirroring_once(database: Database, target: Neo4jTarget) -> None:
    world = World()
    await told(world)
    expected = counts(await kept(world))
    await mirrored(world.mirror(target))
    assert counted(database) == expected
    await mirrored(world.mirror(target, "another journal"))
    assert counted(database) == expected


async def test_the_state_is_the_second_label_and_the_first_property_is_a_name(
    database: Database, target: Neo4jTarget
) -> None:
    world = World()
    await told(world)
    await mirrored(world.mirror(target))
    states = {(*sorted(r["l"]),) for r in database.ask("MATCH (r:Run) RETURN labels(r) AS l")}
    assert states == {("Failed", "Run"), ("Run", "Succeeded"), ("Run", "Waiting")}
    assert database.ask("MATCH (n) WHERE n.name IS NULL RETURN n") == []


async def test_rebuilding_deletes_what_was_mirrored_and_nothing_that_was_drawn(
    database: Database, target: Neo4jTarget
) -> None:
    world = World()
    await told(world)
    mirror = world.mirror(target)
    await mirrored(mirror)
    database.ask("CREATE (:Mine {name: 'a drawing'})")
    assert await target.clear() == counts(await kept(world))[0] + 1
    assert counted(database) == (1, 0)
    mirror._looked_at = None
    await mirrored(mirror)
    nodes, relationships = counts(await kept(world))
    assert counted(database) == (nodes + 1, relationships)


async def test_names_with_quotes_and_backticks_are_names_and_nothing_more(
    database: Database, target: Neo4jTarget
) -> None:
    world = World()
    await world.save(
        "CREATE (:Recipe {name: 'odd'}) CREATE (`a``) DETACH DELETE (n`:set:`t``}) //` {`x``y`: 1, 摘要: '`'})"
    )
    async with world.running() as engine:
        await world.start(engine, "odd")
    await mirrored(world.mirror(target))
    (found,) = database.ask("MATCH (n:Node) RETURN n.name AS name, labels(n) AS labels, n.`x``y` AS x")
    assert found["name"] == "a`) DETACH DELETE (n"
    assert sorted(found["labels"]) == ["Node", "t`}) //"]
    assert found["x"] == 1


async def test_large_values_are_told_by_their_keys(database: Database, target: Neo4jTarget) -> None:
    world = World()
    await world.save("CREATE (:Recipe {name: 'large'}) CREATE (a:set {x: $x, half: $half})")
    async with world.running() as engine:
        await world.start(engine, "large", {"x": "x" * 100_000, "half": "\ud800", "deep": [[[{}]]]})
    await mirrored(world.mirror(target))
    (found,) = database.ask(
        "MATCH (s:Step) RETURN s.json AS json, s.`in.x` AS x, s.output_keys AS keys, s.`in.half` AS h"
    )
    assert found["json"] is None
    assert len(found["x"]) == 200
    assert (sorted(found["keys"]), found["h"]) == (["half", "x"], "?")


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(RequestInvalid, match="NEO4J_URI"):
        Connection(Address("neo4j//127.0.0.1"))


async def test_a_database_that_is_not_there_is_told_soon() -> None:
    connection = Connection(Address("bolt://127.0.0.1:9"))
    with pytest.raises(Unavailable, match=r"Neo4j at bolt://127\.0\.0\.1:9"):
        await connection.ask("RETURN 1")
    await connection.close()


@pytest.mark.timeout(900)
async def test_frozen_killed_and_started_again_it_is_right_in_the_end(database: Database) -> None:
    """Each failure happens to a mirror that is connected; nothing waits longer than a statement may take."""
    server, world = database.server, World()
    target = target_in(database, answer_s=5)
    mirror = world.mirror(target)
    try:
        await told(world)
        await _until(mirror)
        with server.frozen():
            mirror._looked_at = None
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await mirror.step()
            assert time.monotonic() - began < 30
        await _until(mirror)
        server.kill()
        mirror._looked_at = None
        with pytest.raises(Unavailable):
            await mirror.step()
        await _more(world)
        server.start()
        await _until(mirror)
        assert counted(database) == counts(await kept(world))
    finally:
        await target.close()


async def _until(mirror: Mirror) -> None:
    """Mirror until there is nothing left, however often the database is not ready yet."""
    for _ in range(20):
        try:
            return await mirrored(mirror)
        except Unavailable:
            continue
    raise AssertionError(mirror.status.failure)


async def _more(world: World) -> None:
    async with world.running() as engine:
        for _ in range(3):
            await world.start(engine, "shop")
