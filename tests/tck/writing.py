"""Carries out the texts that fill a graph before a scenario: CREATE and DELETE, and what reads before them.

The product only reads graphs, so these clauses live here; what reads is planned and run as in any query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.query import Budget, MemoryGraph, Node, Relationship
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.context import Context, Row, scope_for
from cypher_executor.cypher.query.host import Planning, compile_in
from cypher_executor.cypher.query.operators import Operator
from cypher_executor.cypher.query.planner import _Clauses
from cypher_executor.cypher.query.problems import Refusals
from cypher_executor.cypher.query.scope import Scope

WRITES = (syntax.Create, syntax.Merge, syntax.Set, syntax.Remove, syntax.Delete, syntax.Foreach)


_NUMBERS = count()
"""Of relationships; those that were deleted are not used again."""


class Unsupported(Exception):
    """A clause that is not carried out here: one that changes what is there, or RETURN behind one."""


def writes(text: str) -> bool:
    """Whether a text changes the graph."""
    statement = parse(text).statement
    return statement is not None and any(isinstance(c, WRITES) for query in statement.queries for c in query.clauses)


def write(text: str, graph: MemoryGraph, parameters: Mapping[str, Any]) -> MemoryGraph:
    """The graph after the text. Raises Unsupported."""
    statement = parse(text).statement
    assert statement is not None, text
    for query in statement.queries:
        work = _Writing(graph, parameters)
        for clause in query.clauses:
            work.add(clause)
        graph = work.graph
    return graph


class _Rows(Operator):
    """The rows so far, as what the next clause begins with."""

    def __init__(self, found: list[Row]) -> None:
        self._found = found

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        return iter(self._found)


class _Writing:
    """One query: the graph, and the rows that its clauses have left."""

    def __init__(self, graph: MemoryGraph, parameters: Mapping[str, Any]) -> None:
        self.graph = graph
        self._parameters = parameters
        self._planning = Planning(Refusals(), {})
        self._clauses = _Clauses(Scope(), self._planning)
        self._rows: list[Row] = [{}]

    def add(self, clause: syntax.Clause) -> None:
        if isinstance(clause, syntax.Create):
            self._create(clause)
        elif isinstance(clause, syntax.Delete):
            self._delete(clause)
        elif isinstance(clause, (*WRITES, syntax.Return)):
            raise Unsupported(type(clause).__name__)
        else:
            self._read(clause)

    def _read(self, clause: syntax.Clause) -> None:
        self._clauses.operator = _Rows(self._rows)
        self._clauses.add(clause)
        self._check()
        self._rows = list(self._clauses.operator.rows(self._context(), {}))

    def _create(self, clause: syntax.Create) -> None:
        for element in (e for path in clause.patterns for e in path.elements if e.variable is not None):
            kind = t.NODE if isinstance(element, syntax.NodePattern) else t.RELATIONSHIP
            if element.variable.text not in self._clauses.scope:
                self._clauses.scope.add(element.variable.text, kind)
        self._rows = [dict(row) for row in self._rows]
        for row in self._rows:
            for path in clause.patterns:
                self._draw(path, row)

    def _draw(self, path: syntax.Path, row: Row) -> None:
        nodes = [self._node(each, row) for each in path.elements[::2]]
        for before, pattern, after in zip(nodes, path.elements[1::2], nodes[1:], strict=False):
            start, end = (after, before) if pattern.direction == "left" else (before, after)
            properties = self._properties(pattern, row)
            made = self.graph.add_relationship(start.id, pattern.types[0].text, end.id, properties, next(_NUMBERS))
            if pattern.variable is not None:
                row[pattern.variable.text] = made

    def _node(self, pattern: Any, row: Row) -> Node:
        name = pattern.variable.text if pattern.variable is not None else None
        if name is not None and name in row:
            found: Node = row[name]
            return found
        made = self.graph.add_node([label.text for label in pattern.labels], self._properties(pattern, row))
        if name is not None:
            row[name] = made
        return made

    def _properties(self, pattern: Any, row: Row) -> dict[str, Any]:
        written = pattern.properties
        if written is None:
            return {}
        if isinstance(written, syntax.Parameter):
            given = self._parameters[written.name]
        else:
            given = {entry.key.text: self._value(entry.value)(row) for entry in written.entries}
        return {key: value for key, value in given.items() if value is not None}

    def _delete(self, clause: syntax.Delete) -> None:
        gone = {value.id for e in clause.expressions for row in self._rows for value in [self._value(e)(row)]
                if isinstance(value, Relationship)}  # fmt: skip
        if not gone:
            raise Unsupported("DELETE of anything but relationships")
        kept = MemoryGraph()
        for node in self.graph.nodes([], {}):
            kept.add_node(node.labels, dict(node.values), node.id)
        for node in self.graph.nodes([], {}):
            for r in self.graph.relationships(node.id, [], "out"):
                if r.id not in gone:
                    kept.add_relationship(r.start, r.type, r.end, dict(r.values), r.id)
        self.graph = kept

    def _value(self, expression: syntax.Expression) -> Callable[[Row], Any]:
        evaluator = compile_in(expression, self._clauses.scope, self._planning)
        self._check()
        return evaluator.on(self._context())

    def _check(self) -> None:
        assert not self._planning.problems.found, self._planning.problems.found

    def _context(self) -> Context:
        return Context(self.graph, scope_for(self._parameters, 0, ""), Budget())
