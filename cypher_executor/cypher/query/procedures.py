"""Procedures: what CALL calls. Each has named inputs and outputs with types, and gives rows.

Those that ship tell what is in a graph. Whoever runs queries may bring others along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.budget import weight
from cypher_executor.cypher.query.context import Context
from cypher_executor.cypher.query.types import Type

NUMBER = Type("number")

_TAKEN: Mapping[Type, tuple[str, ...]] = {t.FLOAT: ("float", "integer"), NUMBER: ("float", "integer")}


@dataclass(frozen=True, slots=True)
class Procedure:
    """`rows` gets the run and the arguments, one for each of `inputs`, and gives values, one for each of `outputs`. A
    procedure without outputs does something for each row, and the row goes on as it is. The last `optional` inputs may
    be left out: they are null then."""

    name: str
    inputs: tuple[tuple[str, Type], ...]
    outputs: tuple[tuple[str, Type], ...]
    rows: Callable[[Context, tuple[Value, ...]], Iterable[tuple[Value, ...]]]
    help: str = ""
    optional: int = 0

    @property
    def required(self) -> int:
        """How many arguments it takes at least."""
        return len(self.inputs) - self.optional


def taken(wanted: Type) -> tuple[str, ...]:
    """The names of the types that an input of this type takes."""
    return _TAKEN.get(wanted, (wanted.name,))


def as_input(value: Value, wanted: Type) -> Value:
    """A value as the procedure gets it: an integer is a float where a float is wanted."""
    return float(value) if wanted is t.FLOAT and type(value) is int else value


def _distinct(context: Context, values: Iterator[str]) -> Iterator[tuple[str]]:
    seen: set[str] = set()
    with context.budget.holding() as held:
        for value in values:
            context.budget.spend(1)
            if value not in seen:
                held.add(weight((value,)))
                seen.add(value)
                yield (value,)


def _relationships(context: Context) -> Iterator[Any]:
    graph = context.graph
    return (r for node in graph.nodes((), {}) for r in graph.relationships(node.id, (), "out"))


def _labels(context: Context, arguments: tuple[Value, ...]) -> Iterator[tuple[str]]:
    return _distinct(context, (label for node in context.graph.nodes((), {}) for label in node.labels))


def _types(context: Context, arguments: tuple[Value, ...]) -> Iterator[tuple[str]]:
    return _distinct(context, (found.type for found in _relationships(context)))


def _keys(context: Context, arguments: tuple[Value, ...]) -> Iterator[tuple[str]]:
    of_nodes = (key for node in context.graph.nodes((), {}) for key in node.values)
    of_relationships = (key for found in _relationships(context) for key in found.values)
    return _distinct(context, (key for keys in (of_nodes, of_relationships) for key in keys))


SHIPPED: Mapping[str, Procedure] = {
    found.name: found
    for found in (
        Procedure("db.labels", (), (("label", t.STRING),), _labels, "Every label of the graph."),
        Procedure("db.relationshipTypes", (), (("relationshipType", t.STRING),), _types,
                  "Every type of relationship of the graph."),
        Procedure("db.propertyKeys", (), (("propertyKey", t.STRING),), _keys, "Every key of a property."),
    )
}  # fmt: skip
"""By name."""
