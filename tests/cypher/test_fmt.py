"""`fmt`: one canonical form that means the same, keeps every comment, and is its own canonical form."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.fmt import format_recipe
from cypher_executor.cypher.parse import parse
from cypher_executor.errors import RecipeInvalid
from cypher_executor.files import shipped
from tests.cypher.drawings import Drawing, drawings, text_of
from tests.cypher.fixture_cases import Case, cases

seeds = st.integers(0, 2**32)
TEXTS = [case.recipe for case in cases("plans")] + [p.read_text("utf-8") for p in shipped("seeds").glob("*.cypher")]
COMMENTS = ("// line\n", "/* in line */", "\n  // own line\n", "/* over\n   lines */", "\n\n/* own */\n")


def same(text: str) -> str:
    """The formatted text, after everything that must hold for it was seen to hold."""
    formatted = format_recipe(text)
    assert format_recipe(formatted) == formatted
    assert [_bare(c.text) for c in parse(formatted).comments] == [_bare(c.text) for c in parse(text).comments]
    before, after = (compile_recipe(t, parts=None) for t in (text, formatted))
    assert (after.recipe and after.recipe.digest) == (before.recipe and before.recipe.digest), formatted
    return formatted


def _bare(comment: str) -> str:
    return "\n".join(line.rstrip() for line in comment.split("\n"))


@pytest.mark.parametrize("case", cases("fmt"), ids=str)
def test_a_recipe_has_one_form(case: Case) -> None:
    assert same(case.recipe).rstrip("\n") == case.sections[0]


@pytest.mark.parametrize("text", TEXTS)
def test_every_known_recipe_keeps_its_meaning(text: str) -> None:
    same(text)


@given(drawings(), seeds)
@settings(max_examples=150, deadline=None)
def test_however_a_graph_is_written_down_its_form_means_the_same(drawing: Drawing, seed: int) -> None:
    same(text_of(drawing, random.Random(seed)))


@given(st.sampled_from(TEXTS), seeds)
@settings(max_examples=250, deadline=None)
def test_comments_anywhere_are_kept_in_their_order(text: str, seed: int) -> None:
    chance = random.Random(seed)
    tokens = re.findall(r"//[^\n]*\n|/\*[\s\S]*?\*/|'(?:[^'\\]|\\.)*'|`[^`]*`|\$?\w+|\s+|\.\.|<-|->|<>|[<>]=|.", text)
    places = [n for n, token in enumerate(tokens) if token.isspace() or token in "(){}[],"]
    for place in sorted(chance.sample(places, min(len(places), chance.randint(1, 6))), reverse=True):
        tokens.insert(place, f" {chance.choice(COMMENTS)} ")
    commented = "".join(tokens)
    if parse(commented).statement is not None:
        same(commented)


def test_a_text_that_cannot_be_read_is_refused_with_what_is_wrong() -> None:
    with pytest.raises(RecipeInvalid) as refused:
        format_recipe("CREATE (a")
    assert refused.value.diagnostics


def test_thousands_of_nodes_and_deep_maps_are_formatted() -> None:
    chain = "CREATE (n0)" + "".join(f"-[:ON_SUCCESS]->(n{n}:set {{x: n{n - 1}}})" for n in range(1, 5_000))
    assert format_recipe(chain).count("\n") == 5_000
    deep = "CREATE (a {x: " + "[" * 50 + "1" + "]" * 50 + "})"
    assert format_recipe(deep) == deep + "\n"
