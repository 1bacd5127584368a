"""`db.schema.*`: what there is in the graph, by its model, as far as there is any of it just now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from cypher_executor.cypher.foreign import Foreign
from cypher_executor.cypher.query import Node, Relationship
from cypher_executor.cypher.query.budget import weight
from cypher_executor.cypher.query.context import Context
from cypher_executor.graph.model import INDEXED, KEY, LABELS, WAYS

Row = tuple[Any, ...]

_NAMES: dict[type, str] = {bool: "Boolean", int: "Long", float: "Double", str: "String", list: "StringArray"}


def visualization(context: Context, arguments: tuple[Any, ...]) -> Sequence[Row]:
    """One node for each label and one relationship for each way between them; both have ids below zero, because they
    stand for many."""
    graph = context.graph
    there = [label for label in LABELS if graph.node_count(label)]
    number = {label: -index for index, label in enumerate(there, 1)}
    ways = [way for way in WAYS if way.start in number and way.end in number and graph.relationship_count(way.type)]
    nodes = [Node(number[label], (label,), _about(label)) for label in there]
    between = [
        Relationship(-index, way.type, number[way.start], number[way.end], {"name": way.type})
        for index, way in enumerate(ways, 1)
    ]
    return [(nodes, between)]


def _about(label: str) -> dict[str, Any]:
    return {"name": label, "indexes": list(INDEXED.get(label, ())), "constraints": [f"{KEY} is unique"]}


def of_nodes(context: Context, arguments: tuple[Any, ...]) -> Iterable[Row]:
    """What nodes with the same labels have."""
    groups = _grouped(context, ((node.labels, node.values) for node in context.graph.nodes((), {})))
    for labels, (count, properties) in groups.items():
        shown = "".join(f":`{label}`" for label in labels)
        for row in _properties(count, properties):
            yield (shown, list(labels), *row)


def of_relationships(context: Context, arguments: tuple[Any, ...]) -> Iterable[Row]:
    """What relationships of the same type have."""
    graph = context.graph
    found = (r for node in graph.nodes((), {}) for r in graph.relationships(node.id, (), "out"))
    for (type,), (count, properties) in _grouped(context, (((r.type,), r.values) for r in found)).items():
        for row in _properties(count, properties):
            yield (f":`{type}`", *row)


_Properties = dict[str, tuple[int, set[str]]]


def _grouped(context: Context, found: Iterable[tuple[tuple[str, ...], Any]]) -> dict[tuple[str, ...], Any]:
    """For each kind, how many there are, and of each property how many have it and of which types."""
    counts: defaultdict[tuple[str, ...], int] = defaultdict(int)
    properties: defaultdict[tuple[str, ...], _Properties] = defaultdict(dict)
    with context.budget.holding() as held:
        for kind, values in found:
            context.budget.spend(1)
            counts[kind] += 1
            for key, value in values.items():
                known, types = properties[kind].get(key, (0, set()))
                if not known:
                    held.add(weight((key,)))
                properties[kind][key] = (known + 1, types | {_type(value)})
    return {kind: (count, properties[kind]) for kind, count in counts.items()}


def _properties(count: int, properties: _Properties) -> Iterable[Row]:
    if not properties:
        yield (None, None, False)
    for key, (known, types) in properties.items():
        yield (key, sorted(types), known == count)


def _type(value: Any) -> str:
    return type(value).__name__ if isinstance(value, Foreign) else _NAMES.get(type(value), "Any")
