"""Where the graph's file looks for nodes, and what it counts by itself, against rows in memory that look at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cypher_executor.adapters.sqlite.graph import FILE_NAME, SqliteGraph
from cypher_executor.cypher.query import Budget, Graph, Limits, compile_query
from cypher_executor.errors import ExpressionError
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.model import STATES
from cypher_executor.graph.rows import NodeRow, RelationshipRow, Rows
from cypher_executor.graph.shown import moment

DAY_US = 86_400_000_000
STATE = ("running", "waiting", "succeeded", "failed")


def rows() -> Rows:
    """Runs of two recipes and their steps, of two days; a node of a recipe whose tags are called like labels."""
    nodes: list[NodeRow] = []
    ways: list[RelationshipRow] = []
    for number in range(12):
        state, at_us = STATE[number % 4], number * DAY_US // 6
        about = {"state": state, "started_at": moment(at_us), "ended_at": moment(at_us + 1) if number % 2 else None}
        said = {"id": f"run_{number}", "name": "ab"[number % 2], "tenant": "default", **about}
        nodes.append(NodeRow("Run", f"run_{number}", said, (STATES[state],)))
        for name in ("x", "y"):
            step = NodeRow("Step", f"run_{number}/{name}", {"name": name, "part": "set", **about}, (STATES[state],))
            nodes.append(step)
            ways.append(RelationshipRow(("Run", f"run_{number}"), "RAN", step.end))
    recipe = NodeRow("Recipe", "default/a/1", {"name": "a", "tenant": "default"})
    odd = NodeRow("Node", "default/a/1/x", {"name": "x", "part": "set", "state": "failed"}, ("Step", "Failed", "own"))
    plain = NodeRow("Node", "default/a/1/y", {"name": 3, "part": "wait"}, ())
    nodes += [recipe, odd, plain]
    ways += [RelationshipRow(recipe.end, "HAS", odd.end), RelationshipRow(recipe.end, "HAS", plain.end)]
    return Rows(tuple(nodes), tuple(ways))


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Graph, Graph]]:
    folder: Path = tmp_path_factory.mktemp("graph")
    store, kept = SqliteGraph(folder / FILE_NAME), KeptGraph()
    kept.put(rows())
    asyncio.run(store.write(rows()))
    snapshot = store.snapshot("default")
    yield snapshot.graph, kept
    snapshot.close()
    asyncio.run(store.close())


def ask(graph: Graph, text: str) -> list[str] | str:
    compiled = compile_query(text)
    assert compiled.query is not None, (text, compiled.diagnostics)
    try:
        return sorted(map(repr, compiled.query.run(graph, {"n": 3}, at_us=DAY_US)))
    except ExpressionError as error:
        return error.code


LABELS = st.sampled_from(["", ":Run", ":Step", ":Node", ":Step:Failed", ":Failed", ":own", ":Failed:Step", ":None",
                          ":Run:Failed:Waiting", ":Recipe", ":own:Node"])  # fmt: skip
TIMES = st.sampled_from([
    "datetime()", "datetime() - duration('P1D')", "datetime('1970-01-01T12:00:00Z')", "null",
    "datetime('1970-01-01T12:00:00.000000001Z')", "datetime('1970-01-01T13:00:00+01:00')", "1",
    "datetime('1970-01-01T07:00:00-05:00')", "datetime('+999999-01-01T00:00Z')", "datetime('1970-01-01T12:00[UTC]')",
])  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> str:
    time, sign = draw(TIMES), draw(st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]))
    key = draw(st.sampled_from(["started_at", "ended_at"]))
    made = [
        *(f"n.{key} {sign} {time}", f"{time} {sign} n.{key}", "n.state = 'failed'", "n.part = 'set'", "n:Failed"),
        *("n.state IN ['failed', 'waiting', null]", "n.name = 'x'", "'a' = n.name", "n.name = 3", "n.name IN $n"),
        *("n:Step", "n.name <> 'x'", "n.id = 'run_3'", "n.state = n.name", "n.state IN []", "n.ended_at IS NULL"),
        *("1 / (size(n.name) - 1) > 0", f"datetime('1970-01-01T00:00Z') < n.{key} <= {time}"),
        "n.state = 'failed' OR n.name = 'y'",
    ]
    return draw(st.sampled_from(made))


@st.composite
def questions(draw: st.DrawFn) -> str:
    where = draw(st.lists(conditions(), max_size=3))
    given = draw(st.sampled_from(["", "", " {name: 'x'}", " {state: 'failed'}", " {name: 'x', state: 'waiting'}"]))
    result = draw(st.sampled_from([
        "count(*) AS c", "count(n) AS c", "n.state AS s, count(*) AS c", "n.name AS x, count(n) AS c",
        "n.name AS x, n.state AS s, count(*) AS c", "n.state AS s, count(n.name) AS c", "n.part AS p, count(*) AS c",
        "n.name AS x, n.state AS s", "count(*) + 1 AS c", "n.state AS s, max(n.name) AS m", "count(DISTINCT n) AS c",
    ]))  # fmt: skip
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    return f"MATCH (n{draw(LABELS)}{given}){condition} RETURN {result}"


@given(text=questions())
@example(text="MATCH (n:Node) WHERE n.name = 3 RETURN count(*) AS c")
@example(text="MATCH (n:Node) WHERE n.name IN ['x', 3] RETURN n.name AS x, n.state AS s")
@settings(max_examples=400, deadline=None)
def test_the_file_answers_as_memory_does(graphs: tuple[Graph, Graph], text: str) -> None:
    file, memory = graphs
    here, there = ask(file, text), ask(memory, text)
    if isinstance(there, list):
        assert here == there, text


def test_an_id_is_looked_up(graphs: tuple[Graph, Graph]) -> None:
    file, _ = graphs
    compiled = compile_query("MATCH (n) WHERE elementId(n) = $id RETURN id(n) AS id")
    assert compiled.query is not None
    for key in ("7", "8"):
        few = Budget(Limits(steps=10))
        assert list(compiled.query.run(file, {"id": key}, budget=few)) == [(int(key),)]


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("MATCH (r:Run {id: 'run_3'})-[:RAN]->(s:Step) RETURN s", 12),
        ("MATCH (s:Step)<-[:RAN]-(r:Run) WHERE r.id = 'run_3' RETURN s", 12),
        ("MATCH (s:Step) WHERE s.ended_at > datetime('1970-01-02T19:00Z') RETURN s.name", 12),
        ("MATCH (r:Run)-[:RAN]->(s:Step) WHERE s:Failed AND s.ended_at > datetime('1970-01-02T10:00Z') RETURN r", 30),
        ("MATCH (n:Run) RETURN n.state, count(*) AS c", 10),
        ("MATCH (p:Run) WHERE p.name IN ['c', 'd'] RETURN p", 3),
    ],
)
def test_what_is_said_of_a_node_is_where_it_is_looked_for(graphs: tuple[Graph, Graph], text: str, most: int) -> None:
    file, _ = graphs
    compiled = compile_query(text)
    assert compiled.query is not None
    rows: list[Any] = list(compiled.query.run(file, budget=Budget(Limits(steps=most))))
    assert rows or "'c'" in text
