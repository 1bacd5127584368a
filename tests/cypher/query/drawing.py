"""Graphs for tests, drawn with CREATE: a text of patterns becomes nodes and relationships in memory."""

from __future__ import annotations

from typing import Any

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions import compile_expression
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.query import MemoryGraph, Node

NOTHING = Scope({}.get, {}, None, None, 0, "")


def drawn(text: str) -> MemoryGraph:
    """The graph that CREATE clauses draw. A name stands for one node in all of them."""
    graph, named = MemoryGraph(), dict[str, Node]()
    parsed = parse(text)
    assert parsed.statement is not None, parsed.diagnostics
    for clause in parsed.statement.queries[0].clauses:
        assert isinstance(clause, syntax.Create)
        for path in clause.patterns:
            _draw(graph, path, named)
    return graph


def _draw(graph: MemoryGraph, path: syntax.Path, named: dict[str, Node]) -> None:
    nodes = [_node(graph, pattern, named) for pattern in path.nodes]
    for pattern, left, right in zip(path.relationships, nodes, nodes[1:], strict=False):
        start, end = (right, left) if pattern.direction == "left" else (left, right)
        graph.add_relationship(start.id, pattern.types[0].text, end.id, _properties(pattern.properties))


def _node(graph: MemoryGraph, pattern: syntax.NodePattern, named: dict[str, Node]) -> Node:
    name = pattern.variable.text if pattern.variable else None
    if name in named:
        return named[name]
    node = graph.add_node([label.text for label in pattern.labels], _properties(pattern.properties))
    if name is not None:
        named[name] = node
    return node


def _properties(given: syntax.MapLiteral | syntax.Parameter | None) -> dict[str, Any]:
    entries = given.entries if isinstance(given, syntax.MapLiteral) else ()
    values = {entry.key.text: _value(entry.value) for entry in entries}
    return {key: value for key, value in values.items() if value is not None}


def _value(expression: syntax.Expression) -> Any:
    compiled, diagnostics = compile_expression(expression)
    assert compiled is not None, diagnostics
    return compiled.evaluate(NOTHING)
