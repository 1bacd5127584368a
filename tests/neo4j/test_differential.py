"""The same questions of the same graphs: our engine answers as the database does.

A few in CI; `DIFFERENTIAL_EXAMPLES=5000 pytest tests/neo4j/test_differential.py` asks five of as many graphs.
`GRAPH_DATABASE=arcadedb` compares with ArcadeDB, as far as that keeps to openCypher.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from typing import Any

import neo4j
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.cypher.query import Budget, Limits, MemoryGraph, compile_query
from cypher_executor.errors import ExpressionError
from tests.graph.questions import DrawnGraph, graphs, questions
from tests.neo4j.databases import Database

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "20"))
FILL = """
UNWIND $nodes AS row CREATE (n:Drawn {at: row.at}) SET n += row.properties
FOREACH (x IN CASE WHEN 'A' IN row.labels THEN [1] ELSE [] END | SET n:A)
FOREACH (x IN CASE WHEN 'B' IN row.labels THEN [1] ELSE [] END | SET n:B)
"""
JOIN = """
UNWIND $rows AS row MATCH (a:Drawn {at: row.start}), (b:Drawn {at: row.end}) CREATE (a)-[r:TYPE]->(b) SET r += row.p
"""


def in_memory(graph: DrawnGraph) -> MemoryGraph:
    made = MemoryGraph()
    for labels, properties in graph.nodes:
        made.add_node(labels, properties)
    for start, type, end, properties in graph.relationships:
        made.add_relationship(start, type, end, properties)
    return made


def in_database(database: Database, graph: DrawnGraph) -> None:
    database.wipe()
    nodes = [{"at": at, "labels": list(labels), "properties": p} for at, (labels, p) in enumerate(graph.nodes)]
    database.ask(FILL, nodes=nodes)
    for type in sorted({type for _, type, _, _ in graph.relationships}):
        rows = [{"start": s, "end": e, "p": p} for s, found, e, p in graph.relationships if found == type]
        database.ask(JOIN.replace("TYPE", type), rows=rows)
    database.ask("MATCH (n:Drawn) REMOVE n:Drawn, n.at")


def ours(graph: MemoryGraph, text: str) -> Counter[str] | str:
    compiled = compile_query(text)
    if compiled.query is None:
        return f"refused: {compiled.diagnostics[0].code}"
    try:
        rows = list(compiled.query.run(graph, budget=Budget(Limits(steps=1_000_000))))
    except ExpressionError as error:
        return f"error: {error.code}"
    return Counter(repr([comparable(value) for value in row]) for row in rows)


def theirs(database: Database, text: str) -> Counter[str] | str:
    try:
        rows = database.ask(text)
    except neo4j.exceptions.Neo4jError as error:
        return f"error: {error.code} {error.message}"
    return Counter(repr([comparable(value) for value in row.values()]) for row in rows)


def comparable(value: Any) -> Any:
    """Values that are written alike when they are alike; a float is not an integer."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return {key: comparable(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


def agree(mine: Counter[str] | str, other: Counter[str] | str) -> bool:
    """Whether both gave the same rows, or both refused to."""
    return mine == other or (isinstance(mine, str) and isinstance(other, str))


@pytest.mark.timeout(36_000)
@given(graphs(), st.lists(questions(), min_size=5, max_size=5))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_question_has_the_same_answer(running: Database, graph: DrawnGraph, asked: list[str]) -> None:
    kept = in_memory(graph)
    in_database(running, graph)
    differing = [(q, ours(kept, q), theirs(running, q)) for q in asked if not agree(ours(kept, q), theirs(running, q))]
    assert not differing, "\n".join(f"{q}\n  ours   {mine}\n  theirs {other}" for q, mine, other in differing)
