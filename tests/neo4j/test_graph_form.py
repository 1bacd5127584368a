"""The graph form on a real database: pasted, kept, read back, and still the same recipe."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.graph_form.build import graph_form
from cypher_executor.cypher.graph_form.stored import StoredNode, StoredRelationship, stored_form
from cypher_executor.cypher.graph_form.text import graph_text
from cypher_executor.files import shipped
from tests.cypher.drawings import Drawing, drawings, text_of
from tests.cypher.fixture_cases import Case, cases
from tests.cypher.values import KEYS, VALUES
from tests.neo4j.databases import Database

TEXTS = [p.read_text("utf-8") for p in sorted(shipped("seeds").glob("*.cypher"))]
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def digest(text: str) -> str:
    found = compile_recipe(text, parts=None)
    assert found.recipe is not None, (text, found.diagnostics)
    return found.recipe.digest


def read_back(database: Database) -> str:
    """The graph form of all that the database holds, in the order in which it came there."""
    nodes = [r["n"] for r in database.ask("MATCH (n) RETURN n ORDER BY id(n)")]
    relationships = [r["r"] for r in database.ask("MATCH ()-[r]->() RETURN r ORDER BY id(r)")]
    recipe: dict[str, Any] | None = next(
        (dict(n) for n in nodes if "Recipe" in n.labels and "Node" not in n.labels), None
    )
    form = stored_form(
        recipe,
        [StoredNode(n.element_id, n.labels, dict(n)) for n in nodes if "Node" in n.labels],
        [StoredRelationship(r.start_node.element_id, r.type, r.end_node.element_id, dict(r)) for r in relationships],
    )
    return graph_text(form)


def survives(database: Database, text: str) -> None:
    database.wipe()
    written = graph_text(graph_form(text))
    database.ask(written)
    back = read_back(database)
    assert digest(back) == digest(text), f"{written}\n{back}"


@pytest.mark.parametrize("text", TEXTS, ids=[text.split(".cypher")[0].lstrip("/ ") for text in TEXTS])
def test_a_seed_that_is_pasted_and_read_back_is_the_same_recipe(database: Database, text: str) -> None:
    survives(database, text)


@pytest.mark.parametrize("case", cases("graph_form"), ids=str)
def test_every_case_of_the_graph_form_survives_a_database(database: Database, case: Case) -> None:
    survives(database, case.recipe)


@given(drawings(), st.integers(0, 2**32))
@FEW
def test_any_drawing_survives_a_database(running: Database, drawing: Drawing, seed: int) -> None:
    survives(running, text_of(drawing, random.Random(seed)))


@given(st.dictionaries(KEYS, VALUES, max_size=4), VALUES)
@FEW
def test_any_value_survives_a_database(running: Database, inputs: dict[str, str], condition: str) -> None:
    entries = ", ".join(f"{key}: {value}" for key, value in inputs.items())
    text = f"CREATE (x)-[:ON_SUCCESS {{when: {condition}}}]->(a:set {{{entries}}}) RETURN {condition} AS out, a.b"
    if compile_recipe(text, parts=None).recipe is not None:
        survives(running, text)
