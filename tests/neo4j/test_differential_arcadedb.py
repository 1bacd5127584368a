"""The same questions of the same graphs to an ArcadeDB, beside whatever database the other tests have.

`DIFFERENTIAL_EXAMPLES=5000 pytest tests/neo4j/test_differential_arcadedb.py` asks five of as many graphs.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.cypher.query import compile_query
from tests.graph.questions import DrawnGraph, graphs, questions
from tests.neo4j.databases import Database
from tests.neo4j.test_differential import EXAMPLES, agree, in_database, in_memory, ours, theirs


def asked_alike(question: str) -> bool:
    """Not so in two things, where we keep to Neo4j. If a pattern comprehension names a node that an OPTIONAL MATCH
    did not find, that is any node to ArcadeDB, and none to Neo4j. And a pattern is a value to ArcadeDB, which may be
    NULL or not; to Neo4j it is a condition and nothing else."""
    codes = {told.code for told in compile_query(question).diagnostics}
    return not ("OPTIONAL MATCH" in question and "->(z) |" in question) and "pattern_not_allowed" not in codes


@pytest.mark.timeout(36_000)
@given(graphs(), st.lists(questions().filter(asked_alike), min_size=5, max_size=5))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_question_has_the_same_answer(arcadedb: Database, graph: DrawnGraph, asked: list[str]) -> None:
    kept = in_memory(graph)
    in_database(arcadedb, graph)
    differing = [
        (q, ours(kept, q), theirs(arcadedb, q)) for q in asked if not agree(ours(kept, q), theirs(arcadedb, q))
    ]
    assert not differing, "\n".join(f"{q}\n  ours   {mine}\n  theirs {other}" for q, mine, other in differing)


def test_it_answers_the_official_driver(arcadedb: Database) -> None:
    assert arcadedb.ask("RETURN 1 AS one, $text AS text", text="摘要")[0].data() == {"one": 1, "text": "摘要"}
