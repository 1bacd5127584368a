"""Brackets may nest as deep as a text is long: `check`, evaluation and queries answer all the same."""

import pytest

from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.query import compile_query, query

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


DEEP = [*((kind, 2_000) for kind in NESTS), ("lists", DEPTH), ("parentheses", DEPTH)]
DEEPEST = [(kind, DEPTH) for kind in NESTS if (kind, DEPTH) not in DEEP]
"""Linear as well, but 50,000 patterns are a text of half a million characters: some seconds each."""


@pytest.mark.parametrize(("kind", "depth"), DEEP)
def test_a_recipe_with_deep_brackets_is_answered(kind: str, depth: int) -> None:
    answered(kind, depth)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "depth"), DEEPEST)
def test_a_recipe_with_the_deepest_brackets_is_answered(kind: str, depth: int) -> None:
    answered(kind, depth)


def answered(kind: str, depth: int) -> None:
    opening, inside, closing = NESTS[kind]
    compiled = compile_recipe(f"CREATE (a {{x: {opening * depth}{inside}{closing * depth}}})", parts=None)
    if kind in EVALUATED:
        assert compiled.ok
    else:
        codes = {d.code for d in compiled.diagnostics}
        assert codes in ({"nested_too_deep"}, {"expression_refused"}), codes


@pytest.mark.parametrize("kind", NESTS)
def test_a_recipe_with_deep_brackets_that_are_never_closed_is_answered(kind: str) -> None:
    opening, inside, _ = NESTS[kind]
    compiled = compile_recipe(f"CREATE (a {{x: {opening * 1_000}{inside}", parts=None)
    assert not compiled.ok


@pytest.mark.parametrize("kind", NESTS)
def test_a_query_with_deep_brackets_is_answered(kind: str) -> None:
    opening, inside, closing = NESTS[kind]
    compiled = compile_query(f"RETURN {opening * 2_000}{inside}{closing * 2_000} AS x")
    assert (compiled.query is None) == bool(compiled.diagnostics)


@pytest.mark.parametrize("kind", ["patterns", "subqueries"])
def test_what_asks_the_graph_within_what_asks_it_has_a_depth(kind: str) -> None:
    opening, inside, closing = NESTS[kind]
    assert compile_query(f"RETURN {opening * 10}{inside}{closing * 10} AS x").query is not None
    deeper = compile_query(f"RETURN {opening * 11}{inside}{closing * 11} AS x")
    assert [d.code for d in deeper.diagnostics] == ["query_too_long"]


@pytest.mark.parametrize("kind", ["patterns", "subqueries"])
def test_what_is_too_deep_is_refused_before_it_is_planned(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To plan is to walk through all that stands in a subquery, once for each around it."""
    opening, inside, closing = NESTS[kind]
    monkeypatch.delattr(query, "plan_script")
    refused = compile_query(f"RETURN {opening * 2_000}{inside}{closing * 2_000} AS x")
    assert [d.code for d in refused.diagnostics] == ["query_too_long"]
