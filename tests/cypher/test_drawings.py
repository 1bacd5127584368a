"""Whatever graph is drawn, and however it is written down, compiling gives that graph."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher import compile_recipe, render
from tests.cypher.drawings import Drawing, drawings, shuffled, text_of
from tests.cypher.fixture_cases import Case, cases
from tests.cypher.known_parts import PARTS, STORED

seeds = st.integers(0, 2**32)


def compiled(text: str) -> Recipe:
    found = compile_recipe(text, parts=None)
    assert found.recipe is not None, (text, found.diagnostics)
    return found.recipe


@given(drawings(), seeds)
@settings(max_examples=150, deadline=None)
def test_a_graph_that_is_written_down_is_read_back_as_it_was(drawing: Drawing, seed: int) -> None:
    recipe = compiled(text_of(drawing, random.Random(seed)))
    assert list(recipe.nodes) == [node.name for node in drawing.nodes]
    for drawn in drawing.nodes:
        node = recipe.nodes[drawn.name]
        assert (node.part, *node.tags) == (drawn.labels or (None,))
        assert node.join == (drawn.join or "all")
        expected = None if drawn.inputs is None else {key.removeprefix("in."): value for key, value in drawn.inputs}
        actual = None if node.inputs is None else {key.removeprefix("in."): value.text for key, value in node.inputs}
        assert actual == expected
    assert [(r.source, r.type, r.target) for r in recipe.relationships] == [
        (r.source, r.type, r.target) for r in drawing.relationships
    ]
    assert [r.index for r in recipe.relationships] == list(range(len(recipe.relationships)))
    assert [(t.name, (t.kind, *t.tags), t.targets) for t in recipe.triggers] == [
        (t.name, t.labels, tuple(start.target for start in t.starts)) for t in drawing.triggers
    ]


@given(drawings(), seeds, seeds)
@settings(max_examples=100, deadline=None)
def test_the_digest_does_not_depend_on_how_a_graph_is_written_down(drawing: Drawing, one: int, other: int) -> None:
    first = compiled(text_of(drawing, random.Random(one)))
    second = compiled(text_of(shuffled(drawing, random.Random(other)), random.Random(other)))
    assert first.digest == second.digest


@given(drawings(), drawings(), seeds)
@settings(max_examples=100, deadline=None)
def test_two_graphs_that_differ_have_two_digests(one: Drawing, other: Drawing, seed: int) -> None:
    def meaning(drawing: Drawing) -> object:
        nodes = {
            (n.name, n.labels[:1], frozenset(n.labels[1:]), _map(n.inputs), n.join, n.shared) for n in drawing.nodes
        }
        triggers = {
            (t.name, t.labels[0], frozenset(t.labels), t.properties, frozenset(t.starts)) for t in drawing.triggers
        }
        return nodes, sorted((r.source, r.type, r.target, r.condition) for r in drawing.relationships), triggers

    digests = [compiled(text_of(d, random.Random(seed))).digest for d in (one, other)]
    assert (digests[0] == digests[1]) == (meaning(one) == meaning(other))


def _map(inputs: tuple[tuple[str, str], ...] | None) -> frozenset[tuple[str, str]] | None:
    return None if inputs is None else frozenset(inputs)


@given(st.text(alphabet="(){}[]:-><,'`$ab \n=|*/.;1CREATMGUNon_sucfail", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_recipe_or_diagnostics_and_never_an_exception(text: str) -> None:
    found = compile_recipe(text, parts={}, recipes=())
    assert found.ok or any(d.severity == "error" for d in found.diagnostics)


@given(st.sampled_from(cases("diagnostics") + cases("plans")), seeds)
@settings(max_examples=200, deadline=None)
def test_a_recipe_that_was_mangled_gets_an_answer_that_can_be_shown(case: Case, seed: int) -> None:
    chance = random.Random(seed)
    tokens = re.findall(r"\w+|\s+|[^\w\s]", case.recipe)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(tokens) + 1)
        tokens[at : at + chance.randint(0, 2)] = chance.sample(tokens, min(len(tokens), chance.randint(0, 2)))
    text = "".join(tokens)
    found = compile_recipe(text, parts=PARTS, recipes=STORED)
    assert found.ok == all(d.severity == "warning" for d in found.diagnostics)
    assert render(text, found.diagnostics).count("-->") >= len(found.diagnostics)


def test_a_chain_of_five_thousand_nodes_is_a_recipe_like_any_other() -> None:
    text = "".join(f"CREATE (n{i}:set {{x: 1}})-[:ON_SUCCESS]->(n{i + 1})\n" for i in range(5_000))
    recipe = compiled(text)
    assert len(recipe.nodes) == 5_001
    one_path = "CREATE (n0:set {x: 1})" + "".join(f"-[:ON_SUCCESS]->(n{i}:set {{x: n0.x}})" for i in range(1, 5_000))
    assert len(compiled(one_path).relationships) == 4_999


def test_brackets_nested_deeply_in_any_place_get_an_answer() -> None:
    deep = "[" * 10_000 + "]" * 10_000
    for text in (
        f"CREATE (a:set {{x: {deep}}})",
        f"CREATE (a:set {{x: 1, timeout: {deep}}})",
        f"(:Recipe {{input: {deep}}}) CREATE (a)",
        f"CREATE (a)-[:ON_SUCCESS {{when: {deep}}}]->(b)",
        f"CREATE (a:string_ops {{operation: {deep}}}) RETURN {deep}",
        "CREATE (a:set {x: " + "{k: " * 5_000 + "1" + "}" * 5_000 + "})",
        "CREATE (a:set {x: " + "[x IN " * 2_000 + "$x" + " | x]" * 2_000 + "})",
    ):
        compile_recipe(text, parts=None)
