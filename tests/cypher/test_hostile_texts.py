"""Whatever a text is, reading it ends in a tree or in diagnostics, and never in an exception."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions import compile_expression
from cypher_executor.cypher.parse import Parsed, parse, parse_expression
from cypher_executor.errors import ExpressionError
from tests.cypher.cases import cases

FILES = (("valid", "recipes.txt"), ("valid", "queries.txt"), ("invalid", "syntax.txt"))
TEXTS = [case.text for folder, file in FILES for case in cases(folder, file)]
SNIPPETS = st.sampled_from([
    "'", '"', "`", "{", "}", "{{", "}}", "(", ")", "[", "]", "-", ">", "<", "/*", "*/", "//", "\\", "\n", "$", ":", ",",
    ".", "..", "|", ";", "=", "==", "CREATE ", " RETURN ", "CASE", "WHEN", "IN ", "NOT ", "NULL", "1", "0x", "1e", "é",
    "\u0301", "\ud800", "\u2028", "\ufeff", "a", "EXISTS {", "f(", "(a)-[", "]->(b)", "'{{ ",
])  # fmt: skip


def check(text: str) -> Parsed:
    """The laws that hold for every text."""
    parsed = parse(text)
    assert (parsed.statement is None) == bool(parsed.diagnostics)
    ends = text.split("\n")
    for diagnostic in parsed.diagnostics:
        place = diagnostic.place
        assert diagnostic.message
        assert 1 <= place.line <= place.end_line <= len(ends)
        assert 1 <= place.column <= len(ends[place.line - 1]) + 1
        assert place.end_line > place.line or place.end_column >= place.column
    return parsed


@pytest.mark.parametrize("text", ["(a {x: '%s'})", "(a) // %s", "(a {x: '{{ $a + \\'%s\\' }}'})", "(`%s`)", "(a%s)"])
def test_half_of_a_pair_of_surrogates_is_refused_where_it_stands(text: str) -> None:
    at = text.index("%") + 1
    found = check(text % "\ud800").diagnostics
    assert (1, at) in [(d.place.line, d.place.column) for d in found if d.code == "unexpected_character"]
    assert check(text % "\U0001f600").statement is not None or text == "(a%s)"


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=150)
def test_any_text_is_read(text: str) -> None:
    check(text)


@given(st.lists(SNIPPETS, max_size=40).map("".join))
@settings(deadline=None, max_examples=300)
def test_any_heap_of_snippets_is_read(text: str) -> None:
    check(text)


@given(st.sampled_from(TEXTS), st.data())
@settings(deadline=None, max_examples=300)
def test_a_damaged_text_is_read(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    check(text[:start] + data.draw(SNIPPETS | st.just("")) + text[end:])


@given(st.lists(SNIPPETS, max_size=12).map("".join))
@settings(deadline=None, max_examples=200)
def test_an_expression_is_read_compiled_and_evaluated_or_refused(text: str) -> None:
    parsed = parse_expression(text, templates=True)
    if parsed.expression is None:
        return
    expression, diagnostics = compile_expression(parsed.expression, templates=True)
    if expression is None:
        assert diagnostics
        return
    try:
        expression.evaluate(Scope(lambda name: None, {}, None, None, 0, "seed"))
    except ExpressionError as error:
        assert error.message


@given(st.sampled_from(TEXTS))
def test_places_lie_within_the_places_around_them(text: str) -> None:
    statement = parse(text).statement
    if statement is None:
        return
    for node in syntax.walk(statement):
        for child in syntax.children(node):
            outer, inner = node.place, child.place
            assert (outer.line, outer.column) <= (inner.line, inner.column)
            assert (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


N = 8_000
FIFTY = 50_000
DEEP = {
    "parentheses": ("(" * FIFTY, "1", ")" * FIFTY),
    "lists": ("[" * FIFTY, "1", "]" * FIFTY),
    "maps": ("{a: " * N, "1", "}" * N),
    "calls": ("f(" * N, "1", ")" * N),
    "cases": ("CASE WHEN true THEN " * N, "1", " END" * N),
    "comprehensions": ("[x IN " * N, "1", "]" * N),
    "indexes": ("a[" * N, "1", "]" * N),
    "templates": ("'{{ " + "(" * N, "1", ")" * N + " }}'"),
}
LONG = {
    "sum": "1" + " + 1" * FIFTY,
    "powers": "1" + " ^ 1" * N,
    "negations": "NOT " * N + "true",
    "signs": "- " * N + "1",
    "conjunction": "true" + " AND true" * N,
    "comparison": "1" + " <= 1" * N,
    "tests": "1" + " IS NULL" * N,
    "path": "a" + ".b" * N,
    "list": "[" + "1, " * N + "1]",
    "mixture": "1 * 2 + 3 = 4 AND " * N + "true",
}


@pytest.mark.parametrize("kind", DEEP)
def test_brackets_may_nest_as_deep_as_somebody_likes(kind: str) -> None:
    opening, inside, closing = DEEP[kind]
    parsed = parse_expression(opening + inside + closing, templates=True)
    assert parsed.diagnostics == ()
    assert parsed.expression is not None
    expression, diagnostics = compile_expression(parsed.expression, templates=True)
    if kind in ("parentheses", "templates"):
        assert expression is not None
        assert expression.evaluate(Scope(lambda name: None, {}, None, None, 0, "")) == 1
    else:
        assert [d.code for d in diagnostics] == ["nested_too_deep"]


@pytest.mark.parametrize("kind", DEEP)
def test_brackets_that_are_never_closed_are_one_mistake(kind: str) -> None:
    opening, inside, _ = DEEP[kind]
    assert len(check("RETURN " + opening + inside).diagnostics) == 1


@pytest.mark.parametrize("kind", LONG)
def test_what_repeats_without_brackets_is_evaluated_however_long_it_is(kind: str) -> None:
    parsed = parse_expression(LONG[kind])
    assert parsed.expression is not None
    expression, diagnostics = compile_expression(parsed.expression)
    assert expression is not None, diagnostics
    expression.evaluate(Scope(lambda name: None, {}, None, None, 0, ""))
    assert expression.text


def test_a_chain_of_five_thousand_nodes_is_one_flat_path() -> None:
    text = "CREATE (n0)" + "".join(f"-[:ON_SUCCESS]->(n{i}:p {{x: {i}}})" for i in range(1, 5000))
    statement = parse(text).statement
    assert statement is not None
    (clause,) = statement.queries[0].clauses
    assert isinstance(clause, syntax.Create)
    assert len(clause.patterns[0].nodes) == 5000
    assert sum(1 for _ in syntax.walk(statement)) > 5000


def test_the_deepest_expression_that_compiles_leaves_room_on_the_stack() -> None:
    deep = "coalesce(" * 98 + "$x" + ")" * 98
    parsed = parse_expression(deep)
    assert parsed.expression is not None
    expression, _ = compile_expression(parsed.expression)
    assert expression is not None
    limit = sys.getrecursionlimit()

    def under(depth: int) -> object:
        return under(depth - 1) if depth else expression.evaluate(Scope(lambda n: None, {"x": 1}, None, None, 0, ""))

    assert under(limit // 2) == 1
