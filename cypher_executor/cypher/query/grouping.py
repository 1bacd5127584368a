"""Takes apart the expressions of WITH and RETURN that aggregate.

Columns without an aggregating function are the keys of the groups. In the others, each aggregating call becomes a
column of the plan's own, and so does each part that is written like a key; whatever else such an expression reads
would differ within a group, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions.compiler import GRAPH_FORMS
from cypher_executor.cypher.expressions.functions import AGGREGATES
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.aggregates import ARGUMENTS
from cypher_executor.cypher.query.constants import draws
from cypher_executor.cypher.query.fingerprints import fingerprint
from cypher_executor.cypher.query.groups import Aggregate
from cypher_executor.cypher.query.host import NOTHING, Evaluator, Planning, compile_in
from cypher_executor.cypher.query.scope import Scope

_ALWAYS_INTEGER = frozenset({"count"})

Key = tuple[object, ...]


def is_aggregate(node: syntax.Syntax) -> bool:
    """Whether it is a call of an aggregating function."""
    return isinstance(node, syntax.CountStar) or (
        isinstance(node, syntax.FunctionCall) and node.name.text.lower() in AGGREGATES
    )


def reachable(expression: syntax.Syntax) -> Iterator[syntax.Syntax]:
    """Everything below, but not what is inside of forms that have rows of their own."""
    todo = [expression]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, GRAPH_FORMS):
            todo.extend(reversed(syntax.children(node)))


def aggregates(expression: syntax.Syntax) -> bool:
    """Whether an expression goes over rows."""
    return any(is_aggregate(node) for node in reachable(expression))


def _in_loops(expression: syntax.Syntax) -> Iterator[syntax.Syntax]:
    """The bodies of comprehensions, which are evaluated for each item and not for each row."""
    for node in reachable(expression):
        match node:
            case syntax.ListComprehension(where=where, projection=body):
                yield from (x for x in (where, body) if x is not None)
            case syntax.Quantifier(where=where) if where is not None:
                yield where
            case syntax.Reduce(body=body):
                yield body


def _made_inside(expression: syntax.Syntax) -> Iterator[str]:
    """The names that comprehensions within an expression make."""
    for node in reachable(expression):
        if isinstance(node, syntax.ListComprehension | syntax.Quantifier):
            yield node.variable.text
        elif isinstance(node, syntax.Reduce):
            yield from (node.variable.text, node.accumulator.text)


class Grouping:
    """The columns that aggregating expressions fall apart into."""

    def __init__(self, scope: Scope, planning: Planning) -> None:
        self.scope = scope
        self.planning = planning
        self.aggregates: list[Aggregate] = []
        self.after = Scope()
        """The names that there are behind the groups: keys and results."""
        self._keys: dict[Key, str] = {}
        self._whole: set[Key] = set()
        self._read_by_keys: set[str] = set()
        self._made: dict[Key, str] = {}

    def add_key(self, name: str, expression: syntax.Expression, evaluator: Evaluator) -> None:
        """A column that rows are grouped by. Only a variable or a property counts within other expressions: whoever
        writes `a.x + b.x + count(*)` has not written the key `a.x + b.x`, although it looks so."""
        self.after.add(name, evaluator.type)
        self._whole.add(fingerprint(expression))
        self._read_by_keys |= evaluator.names
        if _is_simple(expression):
            self._keys.setdefault(fingerprint(expression), name)

    def compile(self, expression: syntax.Expression) -> Evaluator:
        """An expression that aggregates, to be evaluated behind the groups."""
        known = len(self.planning.problems.found)
        columns = self._columns(expression)
        if len(self.planning.problems.found) > known:
            return NOTHING
        return compile_in(expression, self.after, self.planning, columns)

    def _columns(self, expression: syntax.Expression) -> Mapping[int, str]:
        """Which nodes stand for which column."""
        for body in _in_loops(expression):
            self._refuse_in_loop(body)
        inside = set(_made_inside(expression))
        columns: dict[int, str] = {}
        todo: list[syntax.Syntax] = [expression]
        while todo:
            node = todo.pop()
            name = self._column(node)
            if name is not None:
                columns[id(node)] = name
                continue
            if isinstance(node, syntax.Variable) and node.name not in inside:
                self._ambiguous(node)
            if not isinstance(node, GRAPH_FORMS):
                todo.extend(reversed(syntax.children(node)))
        return columns

    def _column(self, node: syntax.Syntax) -> str | None:
        if is_aggregate(node):
            return self._aggregate(node)
        if isinstance(node, syntax.Variable | syntax.Access):
            return self._keys.get(fingerprint(node))
        return None

    def _aggregate(self, call: syntax.Syntax) -> str:
        """The column of an aggregating call; one for all calls that are written alike."""
        key = fingerprint(call)
        if key not in self._made:
            self._made[key] = name = self.planning.own_name()
            made = self._call(name, call)
            self.aggregates.append(made)
            self.after.add(name, t.INTEGER if made.function in _ALWAYS_INTEGER else t.ANY)
        return self._made[key]

    def _call(self, name: str, call: syntax.Syntax) -> Aggregate:
        if not isinstance(call, syntax.FunctionCall):
            return Aggregate(name, "count", None, None, False)
        function = call.name.text.lower()
        known = len(self.planning.problems.found)
        self._check_arguments(call, ARGUMENTS.get(function, 1))
        if len(self.planning.problems.found) > known:
            return Aggregate(name, "count", None, None, False)
        values = [compile_in(argument, self.scope, self.planning) for argument in call.arguments]
        value, argument = (*values, None, None)[:2]
        only = call.arguments[0]
        variable = only.name if isinstance(only, syntax.Variable) else None
        return Aggregate(name, function, value, argument, call.distinct, variable)

    def _check_arguments(self, call: syntax.FunctionCall, wanted: int) -> None:
        name, problems = call.name.text, self.planning.problems
        if len(call.arguments) != wanted:
            message = f"{name}() takes {wanted} argument{'s' * (wanted > 1)}, and here are {len(call.arguments)}."
            problems.refuse("invalid_argument_type", message, call.place)
        for node in (n for argument in call.arguments for n in reachable(argument)):
            if is_aggregate(node):
                problems.refuse("nested_aggregation", f"{name}() cannot go over the result of its like.", node.place)
            if isinstance(node, syntax.FunctionCall) and draws(node):
                message = f"{node.name.text}() draws anew for each row, so {name}() of it says nothing."
                problems.refuse("non_constant_expression", message, node.place)

    def _refuse_in_loop(self, body: syntax.Syntax) -> None:
        for node in reachable(body):
            if is_aggregate(node):
                message = "An aggregating function goes over rows, and here are the items of a list."
                self.planning.problems.refuse("invalid_aggregation", message, node.place)

    def _ambiguous(self, node: syntax.Variable) -> None:
        if node.name in self.after or node.name not in self.scope:
            return  # a key; or a name that is not there at all, which is told when it is compiled
        message = f"`{node.name}` differs within a group: make it, or the property that is meant, a column of its own."
        self.planning.problems.refuse("ambiguous_aggregation", message, node.place)

    def read_by_keys(self, name: str) -> bool:
        """Whether a key reads this name."""
        return name in self._read_by_keys


def _is_simple(expression: syntax.Expression) -> bool:
    """A variable, or a property of one."""
    if isinstance(expression, syntax.Access):
        return isinstance(expression.subject, syntax.Variable | syntax.Parameter)
    return isinstance(expression, syntax.Variable)
