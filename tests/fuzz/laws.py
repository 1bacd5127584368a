"""What holds for every text, whoever wrote it: an answer of ours, whose places lie in the text, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random
from typing import Any

from cypher_executor.core.recipe import Expression, Recipe, Scope
from cypher_executor.cypher import CODES, compile_recipe, render, to_json
from cypher_executor.cypher.expressions import compile_expression
from cypher_executor.cypher.fmt import format_recipe
from cypher_executor.cypher.parse import parse_expression
from cypher_executor.cypher.query import Budget, Limits, MemoryGraph, compile_query
from cypher_executor.errors import Diagnostic, ExpressionError, Place
from cypher_executor.inputs import schema_problem
from tests.cypher.known_parts import PARTS, STORED

_VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 2**63 - 1, 1.5, "", "a", "{{ $x }}", "P1D", [], [1, None, "a"], {}, {"b": {"c": [1]}, "k": 1},
    {"error": {"code": "timeout", "message": "late"}},
)  # fmt: skip


def hold(text: str, random: Random) -> None:
    """Checks all laws; whatever is raised is a defect."""
    compiled = compile_recipe(text, parts=PARTS, recipes=STORED, schema_problem=schema_problem)
    assert (compiled.recipe is None) == any(d.severity == "error" for d in compiled.diagnostics)
    _tell(text, compiled.diagnostics)
    if compiled.recipe is not None:
        _evaluate(compiled.recipe, random)
        _format(text, compiled.recipe)
    _query(text, random)
    _expression(text, random)


def _tell(text: str, diagnostics: Iterable[Diagnostic]) -> None:
    lines = text.split("\n")
    for found in diagnostics:
        assert found.code in CODES, found
        assert found.message, found
        for place in (found.place, *((found.fix.place,) if found.fix else ())):
            _check_place(place, lines)
        json.dumps(to_json(found)).encode()
    render(text, diagnostics).encode()


def _check_place(place: Place, lines: list[str]) -> None:
    assert 1 <= place.line <= place.end_line <= len(lines), place
    assert 1 <= place.column <= len(lines[place.line - 1]) + 1, place
    assert 1 <= place.end_column <= len(lines[place.end_line - 1]) + 1, place
    assert (place.line, place.column) <= (place.end_line, place.end_column), place


def _evaluate(recipe: Recipe, random: Random) -> None:
    scope = _scope(random)
    for expression in _expressions(recipe):
        try:
            json.dumps(expression.evaluate(scope), allow_nan=False)
        except ExpressionError as error:
            assert error.failure().message


def _expressions(recipe: Recipe) -> Iterable[Expression]:
    for node in recipe.nodes.values():
        yield from (expression for _, expression in node.inputs or ())
        yield from (loop.items for loop in (node.for_each,) if loop)
        yield from (repeat.until for repeat in (node.repeat,) if repeat)
    yield from (r.when for r in recipe.relationships if r.when is not None)
    yield from (expression for _, expression in recipe.returns or ())


def _scope(random: Random) -> Scope:
    outputs, params = ({name: random.choice(_VALUES) for name in "abcdxn"} for _ in range(2))
    return Scope(outputs.get, params, random.choice(_VALUES), {"kind": "api"}, 1_700_000_000_000_000, "seed")


def _format(text: str, recipe: Recipe) -> None:
    printed = format_recipe(text)
    again = compile_recipe(printed, parts=PARTS, recipes=STORED, schema_problem=schema_problem)
    assert again.recipe is not None, (printed, again.diagnostics)
    assert again.recipe.digest == recipe.digest, printed
    assert format_recipe(printed) == printed


def _query(text: str, random: Random) -> None:
    compiled = compile_query(text)
    if compiled.query is None:
        assert compiled.diagnostics
        return
    compiled.query.explain()
    given = {name: random.choice(_VALUES) for name in compiled.query.parameters}
    try:
        list(compiled.query.run(_GRAPH, given, budget=Budget(Limits(steps=100_000, rows=1_000, bytes=2**22))))
    except ExpressionError as error:
        assert error.message


def _expression(text: str, random: Random) -> None:
    parsed = parse_expression(text.removeprefix("RETURN "), templates=True)
    if parsed.expression is None:
        assert parsed.diagnostics
        return
    expression, diagnostics = compile_expression(parsed.expression, templates=True)
    assert (expression is None) == bool(diagnostics)
    if expression is not None:
        try:
            json.dumps(expression.evaluate(_scope(random)), allow_nan=False)
        except ExpressionError as error:
            assert error.message


def _graph() -> MemoryGraph:
    graph = MemoryGraph()
    for number in range(6):
        graph.add_node([*"AB"[: 1 + number % 2]], {"name": f"n{number}", "num": number, "share": 1.5})
    for number in range(5):
        graph.add_relationship(number, "TR"[number % 2], number + 1, {"w": number})
    return graph


_GRAPH = _graph()
