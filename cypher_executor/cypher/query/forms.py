"""The forms of expression that ask a graph: patterns as conditions, pattern comprehensions, EXISTS {} and COUNT {}.

Each is planned like a query whose first row is the row that the expression is evaluated on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.query.context import QueryFrame, Row
from cypher_executor.cypher.query.host import FORMS, Planning, compile_in
from cypher_executor.cypher.query.operators import Argument, FindPatterns, Operator
from cypher_executor.cypher.query.planner import plan_patterns, plan_script
from cypher_executor.cypher.query.scope import Scope

Fold = Callable[[Iterator[Row]], Value]


def _pattern_predicate(node: syntax.PatternPredicate, scope: Scope, planning: Planning) -> tuple[Closure, set[str]]:
    if node.pattern.function is not None:
        return _shortest_path(node, scope, planning)
    steps = plan_patterns((node.pattern,), None, scope.copy(), planning, fixed=True)
    return _folded(FindPatterns(Argument(), steps, False, ()), _any), _names(node, scope)


def _shortest_path(node: syntax.PatternPredicate, scope: Scope, planning: Planning) -> tuple[Closure, set[str]]:
    """`shortestPath(...)` as a value: a path or null; `allShortestPaths(...)`: a list of paths."""
    name = planning.own_name()
    pattern = replace(node.pattern, variable=syntax.Name(node.place, name))
    operator = FindPatterns(Argument(), plan_patterns((pattern,), None, scope.copy(), planning, fixed=True), False, ())

    def one(rows: Iterator[Row]) -> Value:
        return next((row[name] for row in rows), None)

    def every(rows: Iterator[Row]) -> list[Value]:
        return [row[name] for row in rows]

    return _folded(operator, one if node.pattern.function == "shortestPath" else every), _names(node, scope)


def _pattern_comprehension(
    node: syntax.PatternComprehension, scope: Scope, planning: Planning
) -> tuple[Closure, set[str]]:
    inner = scope.copy()
    steps = plan_patterns((node.pattern,), node.where, inner, planning)
    projection = compile_in(node.projection, inner, planning)
    operator = FindPatterns(Argument(), steps, False, ())

    def evaluate(frame: Frame) -> list[Value]:
        assert isinstance(frame, QueryFrame)
        give = projection.on(frame.context)
        found = []
        for row in operator.rows(frame.context, frame.row):
            frame.build(8)
            found.append(give(row))
        return found

    return evaluate, _names(node, scope)


def _subquery(node: syntax.Subquery, scope: Scope, planning: Planning) -> tuple[Closure, set[str]]:
    operator = _operator(node, scope, planning)
    return _folded(operator, _any if node.kind == "EXISTS" else _count), _names(node, scope)


def _operator(node: syntax.Subquery, scope: Scope, planning: Planning) -> Operator:
    if node.query is not None:
        return plan_script(node.query, scope, planning, inner=True).operator
    steps = plan_patterns(node.patterns, node.where, scope.copy(), planning)
    return FindPatterns(Argument(), steps, False, ())


def _folded(operator: Operator, fold: Fold) -> Closure:
    def evaluate(frame: Frame) -> Value:
        assert isinstance(frame, QueryFrame)
        return fold(operator.rows(frame.context, frame.row))

    return evaluate


def _any(rows: Iterator[Row]) -> bool:
    """Whether there is a row; the second one is never asked for."""
    return next(rows, None) is not None


def _count(rows: Iterator[Row]) -> int:
    return sum(1 for _ in rows)


def _names(node: syntax.Syntax, scope: Scope) -> set[str]:
    """The names from outside that may be read within. Rather one too many: the plan only waits for it."""
    found = set[str]()
    for below in syntax.walk(node):
        if isinstance(below, syntax.Variable):
            found.add(below.name)
        elif isinstance(below, syntax.NodePattern | syntax.RelationshipPattern) and below.variable is not None:
            found.add(below.variable.text)
    return {name for name in found if name in scope}


_ALL: dict[type[syntax.Syntax], Any] = {
    syntax.PatternPredicate: _pattern_predicate,
    syntax.PatternComprehension: _pattern_comprehension,
    syntax.Subquery: _subquery,
}
FORMS.update(_ALL)
