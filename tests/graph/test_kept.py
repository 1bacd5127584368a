"""Rows in memory are a graph like any other."""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.query import compile_query
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.rows import NodeRow, RelationshipRow, Rows


def ask(graph: KeptGraph, text: str, **parameters: Any) -> list[tuple[Any, ...]]:
    compiled = compile_query(text)
    assert compiled.query is not None, compiled.diagnostics
    return list(compiled.query.run(graph, parameters))


def run(key: str, *labels: str, **properties: Any) -> NodeRow:
    return NodeRow("Run", key, {"id": key, **properties}, labels)


def test_putting_rows_twice_is_putting_them_once() -> None:
    graph, rows = KeptGraph(), Rows((run("a"), run("b")), (RelationshipRow(("Run", "a"), "STARTED", ("Run", "b")),))
    graph.put(rows)
    graph.put(rows)
    assert ask(graph, "MATCH (a)-[:STARTED]->(b) RETURN a.id, b.id") == [("a", "b")]
    assert (graph.node_count(None), graph.relationship_count("STARTED")) == (2, 1)


def test_a_later_row_says_what_is_true_now_and_leaves_what_it_does_not_name() -> None:
    graph = KeptGraph()
    graph.put(Rows((run("a", "Waiting", name="shop", waits_for="run"),)))
    graph.put(Rows((NodeRow("Run", "a", {"waits_for": None}, ("Succeeded",)),)))
    assert ask(graph, "MATCH (r:Run) RETURN labels(r), r.name, r.waits_for") == [(["Run", "Succeeded"], "shop", None)]
    assert ask(graph, "MATCH (r:Waiting) RETURN r") == []
    graph.put(Rows((NodeRow("Run", "a", {"name": "b"}),)))
    assert ask(graph, "MATCH (r:Run:Succeeded {name: 'b'}) RETURN r.id") == [("a",)]
    assert ask(graph, "MATCH (r:Run {name: 'shop'}) RETURN r.id") == []


def test_a_relationship_to_a_node_that_is_not_there_waits_for_the_next_rows() -> None:
    graph, started = KeptGraph(), RelationshipRow(("Run", "a"), "STARTED", ("Run", "b"))
    graph.put(Rows((run("b"),), (started,)))
    assert graph.relationship_count(None) == 0
    graph.put(Rows((run("a"),), (started,)))
    assert ask(graph, "MATCH (:Run {id: 'a'})-[:STARTED]->(b) RETURN b.id") == [("b",)]


def test_what_is_dropped_is_gone_with_its_relationships() -> None:
    graph = KeptGraph()
    graph.put(Rows((run("a"), run("b")), (RelationshipRow(("Run", "a"), "STARTED", ("Run", "b")),)))
    graph.drop(("Run", "b"))
    graph.drop(("Run", "b"))
    assert ask(graph, "MATCH (a) OPTIONAL MATCH (a)--(b) RETURN a.id, b") == [("a", None)]
    assert graph.relationship_count("STARTED") == 0


def test_a_node_is_found_by_what_the_model_indexes() -> None:
    graph = KeptGraph()
    graph.put(Rows(tuple(run(f"run_{number}") for number in range(500))))
    assert len(list(graph.nodes(["Run"], {"id": "run_77"}))) == 1
    assert ask(graph, "MATCH (r:Run {id: $id}) RETURN r.id", id="run_77") == [("run_77",)]
