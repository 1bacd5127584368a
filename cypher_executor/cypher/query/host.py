"""Compiles the expressions of a query: looks them over, hands them to the expression compiler, and is its host for the
forms that ask a graph.

Such a form has a plan of its own, which runs once for each row that the expression is evaluated on; the names of that
row, and those that comprehensions around the form have bound, are its argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions import Function, compile_expression
from cypher_executor.cypher.expressions.compiler import Compiling
from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.constants import constants_of
from cypher_executor.cypher.query.context import Context, QueryFrame, Row
from cypher_executor.cypher.query.functions import QUERY_FUNCTIONS
from cypher_executor.cypher.query.inference import Inference
from cypher_executor.cypher.query.problems import Refusals
from cypher_executor.cypher.query.procedures import Procedure
from cypher_executor.cypher.query.scope import OWN, Scope
from cypher_executor.cypher.query.types import Type
from cypher_executor.cypher.query.values import Node, Relationship
from cypher_executor.errors import ExpressionError

MAX_DEPTH = 10
"""How deep queries, and patterns with expressions, may stand in each other."""
TOO_DEEP = f"Queries and patterns may stand in each other {MAX_DEPTH} deep, and this one is deeper."


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A compiled expression: give it a frame of `slots`, put a row on it, call the closure."""

    closure: Closure
    slots: int
    names: frozenset[str]
    type: Type

    def on(self, context: Context) -> Callable[[Row], Value]:
        """The expression as a function of rows, for one operator of one run."""
        frame, closure = context.frame(self.slots), self.closure
        return lambda row: closure(frame.on(row))


@dataclass
class Planning:
    """What all of one query share while it is planned. `depth` counts what asks the graph within what asks it."""

    problems: Refusals
    procedures: Mapping[str, Procedure]
    parameters: set[str] = field(default_factory=set)
    wide: set[str] = field(default_factory=set)
    """Names that stand for any node of a label."""
    depth: int = 0
    names: int = 0

    def own_name(self) -> str:
        """A name for what the author left without one."""
        self.names += 1
        return f"{OWN}{self.names}"


NOTHING = Evaluator(lambda frame: None, 0, frozenset(), t.ANY)
"""What stands for an expression that was refused, so that the rest can be looked at."""

BuildForm = Callable[[Any, Scope, Planning], tuple[Closure, set[str]]]
"""Plans a form of expression that asks a graph: its closure, and the names of the row that it reads."""

FORMS: dict[type[syntax.Syntax], BuildForm] = {}
"""Filled by `forms`, which needs the planner, which needs this module."""


class Host:
    """The query around one expression; an `expressions.compiler.Host`."""

    def __init__(
        self, scope: Scope, planning: Planning, columns: Mapping[int, str], constants: frozenset[int] = frozenset()
    ) -> None:
        self.scope = scope
        self.planning = planning
        self.columns = columns
        self.constants = constants

    @property
    def functions(self) -> Mapping[str, Function]:
        return QUERY_FUNCTIONS

    def build(self, node: Any, work: Compiling) -> Closure:
        if isinstance(node, syntax.HasLabels):
            return _has_labels(work.closure(node.subject), tuple(n.text for n in node.labels))
        if isinstance(node, syntax.CountStar):
            return lambda frame: None  # refused by the inference
        bound = work.bound[id(node)]
        closure, names = self._form(node, self.scope.with_(dict.fromkeys(bound, t.ANY)))
        work.names |= names - bound.keys()
        return _with_bound(closure, tuple(bound.items())) if bound else closure

    def once(self, closure: Closure) -> Closure:
        key = object()

        def evaluate(frame: Frame) -> Value:
            assert isinstance(frame, QueryFrame)
            known = frame.context.constants
            value = known.get(key, known)
            if value is known:
                value = known[key] = closure(frame)
            return value

        return evaluate

    def _form(self, node: syntax.Syntax, scope: Scope) -> tuple[Closure, set[str]]:
        """The plan of a form that asks the graph. Each is planned, and runs, within the one around."""
        planning = self.planning
        if planning.depth >= MAX_DEPTH:
            planning.problems.refuse("query_too_long", TOO_DEEP, node.place)
            return NOTHING.closure, set()
        planning.depth += 1
        try:
            return FORMS[type(node)](node, scope, planning)
        finally:
            planning.depth -= 1


def too_deep(root: syntax.Syntax) -> syntax.Syntax | None:
    """A form that stands in more others than are planned, if there is one.

    Looked for before anything is planned: to plan a form is to walk through all that stands in it, however deep.
    """
    todo = [(root, 0)]
    while todo:
        node, depth = todo.pop()
        if type(node) in FORMS:
            if depth >= MAX_DEPTH:
                return node
            depth += 1
        todo += [(child, depth) for child in reversed(syntax.children(node))]
    return None


def _with_bound(closure: Closure, bound: Sequence[tuple[str, int]]) -> Closure:
    """The closure on a row that has the names of comprehensions around it, too."""

    def evaluate(frame: Frame) -> Value:
        assert isinstance(frame, QueryFrame)
        row = {**frame.row, **{name: frame.slots[slot] for name, slot in bound}}
        return closure(frame.context.frame(0).on(row))

    return evaluate


def _has_labels(subject: Closure, labels: tuple[str, ...]) -> Closure:
    def evaluate(frame: Frame) -> bool | None:
        value = subject(frame)
        if isinstance(value, Node):
            return all(label in value.labels for label in labels)
        if isinstance(value, Relationship):
            return all(label == value.type for label in labels)
        if value is None:
            return None
        raise ExpressionError(f":{labels[0]} is asked of a node or a relationship", code="wrong_type")

    return evaluate


def compile_in(
    expression: syntax.Expression,
    scope: Scope,
    planning: Planning,
    columns: Mapping[int, str] | None = None,
) -> Evaluator:
    """An expression with these names around it. What is wrong goes to the problems, and null stands in its place."""
    known = len(planning.problems.found)
    columns = columns or {}
    found = Inference(scope, planning.problems, columns).type_of(expression)
    if not planning.depth:  # what stands deeper is a part of an expression that was walked through before
        planning.parameters.update(n.name for n in syntax.walk(expression) if isinstance(n, syntax.Parameter))
    if len(planning.problems.found) > known:
        return NOTHING
    host = Host(scope, planning, columns, constants_of(expression) - columns.keys())
    compiled, diagnostics = compile_expression(expression, host=host)
    planning.problems.found.extend(diagnostics)
    if compiled is None:
        return NOTHING
    return Evaluator(compiled.closure, compiled.slots, compiled.names, found)


def compile_condition(
    where: syntax.Expression, scope: Scope, planning: Planning, columns: Mapping[int, str] | None = None
) -> Evaluator:
    """An expression that is a condition."""
    found = compile_in(where, scope, planning, columns)
    if not t.may_be(found.type, "boolean"):
        message = f"WHERE takes a boolean, and this is {found.type}."
        planning.problems.refuse("invalid_argument_type", message, where.place)
    return found
