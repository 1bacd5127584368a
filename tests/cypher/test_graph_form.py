"""The graph form: the same recipe in what a database of graphs can keep, and back."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.fmt import format_recipe
from cypher_executor.cypher.graph_form.build import graph_form
from cypher_executor.cypher.graph_form.text import graph_text
from cypher_executor.files import shipped
from tests.cypher.drawings import Drawing, drawings, text_of
from tests.cypher.dump import dump_diagnostics
from tests.cypher.fixture_cases import Case, cases
from tests.cypher.property_graph import check_statement
from tests.cypher.values import KEYS, VALUES

seeds = st.integers(0, 2**32)
TEXTS = [case.recipe for case in cases("plans")] + [p.read_text("utf-8") for p in shipped("seeds").glob("*.cypher")]


def compiled(text: str) -> Recipe:
    found = compile_recipe(text, parts=None)
    assert found.recipe is not None, text + dump_diagnostics(found.diagnostics)
    return found.recipe


def to_graph(text: str) -> str:
    """The graph form, after everything that must hold for it was seen to hold."""
    written = graph_text(graph_form(text))
    check_statement(written)
    back, recipe = compiled(written), compiled(text)
    assert back.digest == recipe.digest, written
    assert list(back.nodes) == list(recipe.nodes)
    assert [(r.source, r.type, r.target) for r in back.relationships] == [
        (r.source, r.type, r.target) for r in recipe.relationships
    ]
    assert graph_text(graph_form(written)) == written
    tidied = format_recipe(written)
    assert compiled(tidied).digest == recipe.digest, tidied
    assert format_recipe(tidied) == tidied
    assert graph_text(graph_form(tidied)) == written
    return written


@pytest.mark.parametrize("case", cases("graph_form"), ids=str)
def test_a_recipe_has_one_graph_form(case: Case) -> None:
    assert to_graph(case.recipe).rstrip("\n") == case.sections[0]


@pytest.mark.parametrize("case", cases("graph_form/read"), ids=str)
def test_what_was_drawn_in_a_database_is_read(case: Case) -> None:
    assert compiled(case.recipe).digest == compiled(case.sections[0]).digest


@pytest.mark.parametrize("case", cases("graph_form/wrong"), ids=str)
def test_what_is_wrong_in_a_graph_form_is_told(case: Case) -> None:
    found = compile_recipe(case.recipe, parts=None)
    assert dump_diagnostics(found.diagnostics) == case.sections[0]


@pytest.mark.parametrize("text", TEXTS)
def test_every_known_recipe_has_a_graph_form(text: str) -> None:
    to_graph(text)


@given(drawings(), seeds)
@settings(max_examples=150, deadline=None)
def test_every_drawing_has_a_graph_form(drawing: Drawing, seed: int) -> None:
    to_graph(text_of(drawing, random.Random(seed)))


@given(st.dictionaries(KEYS, VALUES, max_size=4), VALUES)
@settings(max_examples=200, deadline=None)
def test_every_value_survives_the_graph_form(inputs: dict[str, str], condition: str) -> None:
    entries = ", ".join(f"{key}: {value}" for key, value in inputs.items())
    text = f"CREATE (x)-[:ON_SUCCESS {{when: {condition}}}]->(a:set {{{entries}}}) RETURN {condition} AS out, a.b"
    if compile_recipe(text, parts=None).recipe is not None:
        to_graph(text)
        to_graph(format_recipe(text))


def test_the_graph_form_of_thousands_of_nodes_is_one_statement() -> None:
    chain = "CREATE (n0)" + "".join(f"-[:ON_SUCCESS]->(n{n}:set {{x: n{n - 1}}})" for n in range(1, 2_000))
    assert to_graph(chain).count("CREATE") == 1


def test_json_that_nests_deeply_is_refused_and_not_followed() -> None:
    for text in ("[" * 100_000 + "]" * 100_000, '{"a":' * 500 + "1" + "}" * 500):
        found = compile_recipe(f"CREATE (a:Node {{name: 'a', part: 'set', x: '{text}'}})", parts=None)
        assert [d.code for d in found.diagnostics] == ["nested_too_deep"]
