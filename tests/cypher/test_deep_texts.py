"""Brackets may nest as deep as a text is long: `check`, evaluation and queries answer all the same."""

import pytest

from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.query import compile_query

DEPTH = 50_000
NESTS = {
    "parentheses": ("(", "1", ")"),
    "lists": ("[", "1", "]"),
    "maps": ("{a: ", "1", "}"),
    "negations": ("NOT ", "true", ""),
    "bracketed negations": ("NOT (", "true", ")"),
    "signs": ("-(", "1", ")"),
    "cases": ("CASE WHEN true THEN ", "1", " END"),
    "calls": ("coalesce(", "1", ")"),
    "indexes": ("$a[", "1", "]"),
    "comprehensions": ("[x IN ", "$a", "]"),
    "patterns": ("[(a)-->(b) | ", "1", "]"),
    "subqueries": ("EXISTS { MATCH (n) WHERE ", "true", " }"),
}
EVALUATED = ("parentheses", "negations")


@pytest.mark.parametrize("kind", NESTS)
def test_a_recipe_with_deep_brackets_is_answered(kind: str) -> None:
    opening, inside, closing = NESTS[kind]
    compiled = compile_recipe(f"CREATE (a {{x: {opening * DEPTH}{inside}{closing * DEPTH}}})", parts=None)
    if kind in EVALUATED:
        assert compiled.ok
    else:
        codes = {d.code for d in compiled.diagnostics}
        assert codes in ({"nested_too_deep"}, {"expression_refused"}), codes


@pytest.mark.parametrize("kind", NESTS)
def test_a_recipe_with_deep_brackets_that_are_never_closed_is_answered(kind: str) -> None:
    opening, inside, _ = NESTS[kind]
    compiled = compile_recipe(f"CREATE (a {{x: {opening * 5_000}{inside}", parts=None)
    assert not compiled.ok


@pytest.mark.parametrize("kind", NESTS)
def test_a_query_with_deep_brackets_is_answered(kind: str) -> None:
    opening, inside, closing = NESTS[kind]
    compiled = compile_query(f"RETURN {opening * 5_000}{inside}{closing * 5_000} AS x")
    assert (compiled.query is None) == bool(compiled.diagnostics)
