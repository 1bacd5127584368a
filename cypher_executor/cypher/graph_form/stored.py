"""From what a database of graphs has kept, or what somebody has drawn in it, back to the graph form.

A database forgets: the order of labels and of properties, variables, and whatever was null. It also adds: whoever
mirrors recipes into it keeps properties of its own there, whose names begin with `cx.`, and they are no inputs. Dates
and the like, which only a person can have put there, are read as the texts that recipes write for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.graph_form.build import GraphForm, GraphNode, GraphRelationship
from cypher_executor.cypher.graph_form.keys import NAME, NODE_LABEL, OWN, PART
from cypher_executor.cypher.graph_form.values import GraphValue, Scalar

_SCALARS = (bool, int, float, str)


class NotAProperty(ValueError):
    """Something is kept in the graph that no recipe can have; says where and what."""


@dataclass(frozen=True, slots=True)
class StoredNode:
    """A `:Node` of a database: an id that tells it from the others, all its labels, all its properties."""

    id: Any
    labels: frozenset[str]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredRelationship:
    """A relationship between two of them."""

    start: Any
    type: str
    end: Any
    properties: Mapping[str, Any]


def stored_form(
    recipe: Mapping[str, Any] | None, nodes: Iterable[StoredNode], relationships: Iterable[StoredRelationship]
) -> GraphForm:
    """The graph form of what is stored, in the order in which it is given. `recipe` is what the :Recipe node says.

    A node without a name gets one, as a pattern without a variable does. Raises NotAProperty.
    """
    found = list(nodes)
    names = _names(found)
    return GraphForm(
        _kept(recipe, "the :Recipe node") or None if recipe is not None else None,
        tuple(_node(node, names[node.id]) for node in found),
        tuple(
            GraphRelationship(names[r.start], r.type, names[r.end], _kept(r.properties, f"a relationship {r.type}"))
            for r in relationships
        ),
    )


def _names(nodes: Iterable[StoredNode]) -> dict[Any, str]:
    """What each node is called. Two of one name stay two: that is told when the recipe is checked."""
    names: dict[Any, str] = {}
    for number, node in enumerate(nodes, start=1):
        name = node.properties.get(NAME)
        names[node.id] = name if isinstance(name, str) and name else f"node_{number}"
    return names


def _node(node: StoredNode, name: str) -> GraphNode:
    return GraphNode(name, tuple(sorted(node.labels - {NODE_LABEL})), {NAME: name, **_kept(node.properties, name)})


def _kept(properties: Mapping[str, Any], where: str) -> dict[str, GraphValue]:
    kept = {key: value for key, value in properties.items() if not key.startswith(OWN) and value is not None}
    first = [key for key in (NAME, PART) if key in kept]
    return {key: _value(kept[key], f"`{key}` of {where}") for key in dict.fromkeys([*first, *sorted(kept)])}


def _value(value: Any, where: str) -> GraphValue:
    if isinstance(value, list):
        return [_scalar(item, where) for item in value]  # type: ignore[return-value]
    return _scalar(value, where)


def _scalar(value: Any, where: str) -> Scalar:
    if isinstance(value, _SCALARS):
        return value
    iso = getattr(value, "iso_format", None) or getattr(value, "isoformat", None)
    if iso is None:
        raise NotAProperty(f"{where} is a {type(value).__name__}, which no recipe can hold: make it a text")
    return str(iso())
