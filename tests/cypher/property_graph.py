"""A strict reader of what a database of graphs accepts: one CREATE, new variables, and properties that it can store."""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.parse import parse


def check_statement(text: str) -> None:
    """Fails for a statement that would not be accepted, or would not be kept as it is."""
    parsed = parse(text)
    assert parsed.statement is not None, parsed.diagnostics
    (query,) = parsed.statement.queries
    (clause,) = query.clauses
    assert isinstance(clause, syntax.Create)
    drawn: set[str] = set()
    for path in clause.patterns:
        for node in path.nodes:
            _check_node(node, drawn)
        for relationship in path.relationships:
            assert len(relationship.types) == 1
            _check_properties(relationship.properties)


def _check_node(node: syntax.NodePattern, drawn: set[str]) -> None:
    name = node.variable.text if node.variable else None
    if name in drawn:
        assert not node.labels
        assert node.properties is None, f"{name} is declared already"
        return
    assert node.labels, "a node that was not declared"
    assert [label.text for label in node.labels].count("Recipe") == (name is None) or len(node.labels) > 1
    _check_properties(node.properties)
    if name is not None:
        drawn.add(name)


def _check_properties(properties: syntax.MapLiteral | syntax.Parameter | None) -> None:
    if properties is None:
        return
    assert isinstance(properties, syntax.MapLiteral)
    keys = [entry.key.text for entry in properties.entries]
    assert len(keys) == len(set(keys))
    for entry in properties.entries:
        _check_value(entry.value)


def _check_value(value: syntax.Syntax) -> None:
    if isinstance(value, syntax.ListLiteral):
        assert len({_kind(item) for item in value.items}) <= 1, "a list of several types"
    else:
        _kind(value)


def _kind(value: syntax.Syntax) -> type:
    """The type of a scalar, whose text must have no escape that is only ours."""
    if isinstance(value, syntax.Unary):
        assert value.operators == ("-",)
        value = value.operand
    assert isinstance(value, syntax.Literal | syntax.Template), f"{type(value).__name__} is no property"
    assert value.value is not None, "null is not stored"
    assert "\\{" not in value.source.replace("\\\\", "")
    return type(value.value)
