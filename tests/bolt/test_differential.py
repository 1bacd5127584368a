"""The official driver, asking over Bolt, is told the same as whoever asks the engine directly.

`DIFFERENTIAL_EXAMPLES=5000 pytest tests/bolt/test_differential.py` asks five questions of as many graphs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import neo4j
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.cypher.query import MemoryGraph, Node, Path, Relationship, compile_query
from tests.bolt.standing import Standing, standing
from tests.graph.questions import DrawnGraph, graphs, questions
from tests.neo4j.test_differential import EXAMPLES, agree, comparable, in_memory, ours

WHOLE = (
    "MATCH (n) RETURN n",
    "MATCH ()-[r]->() RETURN r",
    "MATCH p = (a)-[*0..3]-(b) RETURN p, length(p)",
    "MATCH (a)-->(b) RETURN {a: a, list: [b, {b: b}]} AS map",
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[tuple[Standing, neo4j.Driver]]:
    with standing() as (asked, uri), neo4j.GraphDatabase.driver(uri, notifications_min_severity="OFF") as driver:
        yield asked, driver


def theirs(driver: neo4j.Driver, text: str) -> Counter[str] | str:
    try:
        rows = driver.execute_query(text).records
    except neo4j.exceptions.Neo4jError as error:
        return f"error: {error.code} {error.message}"
    return Counter(repr([comparable(value) for value in row.values()]) for row in rows)


@pytest.mark.timeout(36_000)
@given(graphs(), st.lists(questions(), min_size=5, max_size=5))
@settings(max_examples=2 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_bolt_tells_what_the_engine_says(
    endpoint: tuple[Standing, neo4j.Driver], graph: DrawnGraph, asked: list[str]
) -> None:
    kept, (place, driver) = in_memory(graph), endpoint
    place.graph = kept
    differing = [(q, ours(kept, q), theirs(driver, q)) for q in asked if not agree(ours(kept, q), theirs(driver, q))]
    assert not differing, "\n".join(f"{q}\n  engine {mine}\n  bolt   {other}" for q, mine, other in differing)


@given(graphs())
@settings(max_examples=2 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nodes_relationships_and_paths_arrive_whole(endpoint: tuple[Standing, neo4j.Driver], graph: DrawnGraph) -> None:
    kept, (place, driver) = in_memory(graph), endpoint
    place.graph = kept
    for text in WHOLE:
        query = compile_query(text).query
        assert query is not None
        here = Counter(repr([whole(value) for value in row]) for row in query.run(kept))
        there = Counter(repr([whole(value) for value in row.values()]) for row in driver.execute_query(text).records)
        assert here == there, text


def whole(value: Any) -> Any:
    """All of a value, whosever it is."""
    if isinstance(value, Node):
        return ("node", str(value.id), sorted(value.labels), sorted(value.values.items()))
    if isinstance(value, neo4j.graph.Node):
        return ("node", value.element_id, sorted(value.labels), sorted(value.items()))
    if isinstance(value, Relationship):
        ends = (str(value.start), str(value.end))
        return ("relationship", str(value.id), value.type, *ends, sorted(value.values.items()))
    if isinstance(value, neo4j.graph.Relationship):
        assert value.start_node is not None and value.end_node is not None
        ends = (value.start_node.element_id, value.end_node.element_id)
        return ("relationship", value.element_id, value.type, *ends, sorted(value.items()))
    if isinstance(value, Path | neo4j.graph.Path):
        return ("path", [whole(node) for node in value.nodes], [whole(found) for found in value.relationships])
    if isinstance(value, list):
        return [whole(item) for item in value]
    return sorted((key, whole(item)) for key, item in value.items()) if isinstance(value, dict) else value


def test_the_graph_in_memory_is_the_one_that_is_asked(endpoint: tuple[Standing, neo4j.Driver]) -> None:
    place, driver = endpoint
    place.graph = MemoryGraph()
    assert theirs(driver, "MATCH (n) RETURN count(n)") == Counter(["[0]"])
