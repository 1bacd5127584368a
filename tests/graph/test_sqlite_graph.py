"""The graph in its file: what it answers is what rows in memory answer, for each tenant what is theirs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.sqlite.graph import FILE_NAME, SqliteGraph
from cypher_executor.core.events import RunId
from cypher_executor.cypher.query import Graph, compile_query
from cypher_executor.errors import Unavailable
from cypher_executor.graph.rows import NodeRow, RelationshipRow, Rows
from cypher_executor.queries import Questions
from cypher_executor.queries.keeper import Keeper
from cypher_executor.queries.sweeping import sweep
from tests.graph.story import told
from tests.graph.targets import KeptTarget
from tests.graph.test_page import QUESTIONS
from tests.graph.world import World, mirrored


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteGraph]:
    store = SqliteGraph(tmp_path / FILE_NAME)
    yield store
    await store.close()


def ask(graph: Graph, text: str, parameters: dict[str, Any] | None = None, at_us: int = 0) -> list[tuple[Any, ...]]:
    compiled = compile_query(text)
    assert compiled.query is not None, compiled.diagnostics
    return list(compiled.query.run(graph, parameters, at_us=at_us))


def run(key: str, *labels: str, **properties: Any) -> NodeRow:
    return NodeRow("Run", key, {"id": key, "tenant": "default", **properties}, labels)


async def test_the_questions_of_the_page_have_the_answers_that_they_have_in_memory(store: SqliteGraph) -> None:
    world, kept = World(), KeptTarget()
    parameters = await told(world)
    await mirrored(world.mirror(kept))
    await mirrored(world.mirror(store))
    snapshot = store.snapshot("default")
    for text in QUESTIONS.values():
        here = ask(snapshot.graph, text, parameters, world.clock.us)
        there = ask(kept.graph, text, parameters, world.clock.us)
        assert len(here) == len(there) and here
        if "Draw" not in text and " p" not in text:
            assert sorted(map(repr, here)) == sorted(map(repr, there))
    snapshot.close()


async def test_a_later_row_says_what_is_true_now_and_leaves_what_it_does_not_name(store: SqliteGraph) -> None:
    await store.write(Rows((run("a", "Waiting", name="shop", waits_for="run"),)))
    await store.write(Rows((NodeRow("Run", "a", {"waits_for": None}, ("Succeeded",)),)))
    snapshot = store.snapshot("default")
    text = "MATCH (r:Run) RETURN labels(r), r.name, r.waits_for"
    assert ask(snapshot.graph, text) == [(["Run", "Succeeded"], "shop", None)]
    snapshot.close()


async def test_a_snapshot_stays_as_it_was(store: SqliteGraph) -> None:
    await store.write(Rows((run("a"),)))
    before = store.snapshot("default")
    await store.write(Rows((run("b"),)))
    after = store.snapshot("default")
    assert ask(before.graph, "MATCH (r:Run) RETURN count(r)") == [(1,)]
    assert ask(after.graph, "MATCH (r:Run) RETURN count(r)") == [(2,)]
    before.close()
    before.close()
    after.close()


async def test_a_tenant_sees_nothing_of_another_one(store: SqliteGraph) -> None:
    mine, other = run("a", tenant="default"), run("b", tenant="other")
    step = NodeRow("Step", "b/x", {"name": "x", "state": "failed"}, ("Failed",))
    host = NodeRow("Host", "other.example", {"name": "other.example"})
    recipe = NodeRow("Recipe", "other/r/1", {"name": "r", "tenant": "other"})
    everybody = NodeRow("Part", "set", {"name": "set"})
    ways = (
        RelationshipRow(other.end, "RAN", step.end),
        RelationshipRow(mine.end, "STARTED", other.end),
        RelationshipRow(recipe.end, "REACHES", host.end),
    )
    await store.write(Rows((mine, other, step, host, recipe, everybody), ways))
    graph = store.snapshot("default").graph
    assert ask(graph, "MATCH (n) RETURN labels(n)[0] AS l ORDER BY l") == [("Part",), ("Run",)]
    assert ask(graph, "MATCH (n:Host) RETURN n") == []
    assert ask(graph, "MATCH (a)-[r]-(b) RETURN r") == []
    assert (graph.node_count("Run"), graph.relationship_count(None)) == (1, 0)
    theirs = store.snapshot("other").graph
    assert ask(theirs, "MATCH (:Run)-[:RAN]->(s:Step:Failed) RETURN s.name") == [("x",)]
    assert ask(theirs, "MATCH (n:Host) RETURN n.name") == [("other.example",)]
    for id in range(1, 7):
        seen = [tenant for tenant, one in (("mine", graph), ("theirs", theirs)) if one.node(id) is not None]
        assert len(seen) == 1 or (graph.node(id) == theirs.node(id) and graph.node(id).labels == ("Part",))  # type: ignore[union-attr]
        assert graph.relationship(id) is None


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b""])
async def test_a_file_that_cannot_be_read_is_made_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(damage)
    store = SqliteGraph(path)
    assert await store.position("j") is None
    assert not await store.advance("j", 0, 7) and await store.position("j") is None
    await store.begin("j")
    assert await store.advance("j", 0, 7) and not await store.advance("j", 0, 8)
    assert await store.position("j") == 7
    await store.close()


async def test_a_file_that_is_gone_is_filled_again_and_read_anew(tmp_path: Path) -> None:
    """Written by one process, read by another one; an operator deletes what lies there."""
    world = World()
    await told(world)
    writing, reading = SqliteGraph(tmp_path / FILE_NAME), SqliteGraph(tmp_path / FILE_NAME)
    mirror = world.mirror(writing)
    for _ in range(3):
        await mirrored(mirror)
        snapshot = reading.snapshot("default")
        assert ask(snapshot.graph, "MATCH (r:Run) RETURN count(r) > 3") == [(True,)]
        snapshot.close()
        for file in tmp_path.iterdir():  # noqa: ASYNC240 - a test may block
            file.unlink()
        mirror.look_again()
    await writing.close()
    await reading.close()


async def test_who_reads_what_makes_no_sense_has_it_made_again(tmp_path: Path) -> None:
    world = World()
    await told(world)
    writing, reading = SqliteGraph(tmp_path / FILE_NAME), SqliteGraph(tmp_path / FILE_NAME)
    mirror = world.mirror(writing)
    await mirrored(mirror)
    await writing.close()
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 1000)
    with pytest.raises(Unavailable):
        reading.snapshot("default")
    mirror = world.mirror(SqliteGraph(tmp_path / FILE_NAME))
    await mirrored(mirror)
    snapshot = reading.snapshot("default")
    assert ask(snapshot.graph, "MATCH (r:Run) RETURN count(r) > 3") == [(True,)]
    snapshot.close()
    await reading.close()


async def test_a_file_of_another_layout_is_made_again(tmp_path: Path) -> None:
    import apsw

    path = tmp_path / FILE_NAME
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE nodes (x); PRAGMA user_version = 99").fetchall()
    connection.close()
    store = SqliteGraph(path)
    assert await store.position("j") is None
    await store.close()


async def test_runs_are_dropped_with_what_belongs_to_them(store: SqliteGraph) -> None:
    world = World()
    parameters = await told(world)
    await mirrored(world.mirror(store))
    runs = await store.runs_behind("", 100)
    assert parameters["run"] in runs
    await store.drop_runs(runs)
    snapshot = store.snapshot("default")
    assert ask(snapshot.graph, "MATCH (n) WHERE n:Run OR n:Step OR n:Attempt RETURN count(n)") == [(0,)]
    assert ask(snapshot.graph, "MATCH (n:Recipe) RETURN count(n) > 3") == [(True,)]
    snapshot.close()


async def test_questions_are_answered_from_what_has_just_happened(store: SqliteGraph) -> None:
    world = World()
    questions = Questions(store, Keeper(world.mirror(store), world.clock), world.clock)
    parameters = await told(world)
    table = await questions.ask("MATCH (r:Run {id: $run}) RETURN r.state", parameters)
    assert await table.all() == [("waiting",)]
    assert table.summary.behind_ms == 0
    await questions.close()
    assert threading.active_count() < 50


async def test_a_graph_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    world = World()
    store = SqliteGraph(tmp_path / "no such folder" / FILE_NAME)
    questions = Questions(store, Keeper(world.mirror(store), world.clock), world.clock)
    with pytest.raises(Unavailable) as raised:
        await questions.ask("MATCH (n) RETURN n")
    assert raised.value.code == "graph_unavailable"
    await questions.close()


async def test_runs_that_the_journal_has_forgotten_leave_the_graph(store: SqliteGraph) -> None:
    world = World()
    parameters = await told(world)
    await mirrored(world.mirror(store))
    runs = [RunId(run) for run in await store.runs_behind("", 100)]
    assert await world.journal.still_there(runs) == set(runs)
    forgotten = runs[:2]
    for run in forgotten:
        del world.journal._runs[run]
    assert await sweep(store, world.journal) == 2
    assert await sweep(store, world.journal) == 0
    snapshot = store.snapshot("default")
    left = ask(snapshot.graph, "MATCH (r:Run) RETURN r.id AS id ORDER BY id")
    assert left == [(run,) for run in runs[2:]] and parameters["run"] in runs[2:]
    text = "MATCH (s:Step) WHERE NOT (:Run)-[:RAN]->(s) RETURN s UNION MATCH (s:Attempt) WHERE NOT ()-->(s) RETURN s"
    assert ask(snapshot.graph, text) == []
    snapshot.close()


async def test_a_follower_tidies_up_when_there_is_nothing_to_follow(store: SqliteGraph) -> None:
    world, tidied = World(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def tidy() -> None:
        loop.call_soon_threadsafe(tidied.set)

    follower = Keeper(world.mirror(store), world.clock, tidy)
    follower.start()
    await asyncio.wait_for(tidied.wait(), 10)
    await follower.stop()


async def test_recipes_of_a_tenant_that_has_run_nothing_are_there(store: SqliteGraph) -> None:
    world = World()
    await world.library.save("quiet", "CREATE (:Recipe {name: 'theirs'}) CREATE (a {x: 1})")
    await mirrored(world.mirror(store))
    snapshot = store.snapshot("quiet")
    assert ask(snapshot.graph, "MATCH (r:Recipe)-[:HAS]->(n) RETURN r.name, n.name") == [("theirs", "a")]
    snapshot.close()
