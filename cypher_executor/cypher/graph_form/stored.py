"""From what a database of graphs has kept, or what somebody has drawn in it, back to the graph form.

A database forgets: the order of labels and of properties, variables, and whatever was null. It also adds: whoever
mirrors recipes into it keeps properties of its own there, whose names begin with `cx.`, and they are no inputs. Dates
and the like, which only a person can have put there, are read as the texts that recipes write for them. What cannot
be read is told for all of the graph at once.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.graph_form.build import GraphForm, GraphNode, GraphRelationship
from cypher_executor.cypher.graph_form.keys import NAME, NODE_LABEL, OWN, PART
from cypher_executor.cypher.graph_form.values import GraphValue, Scalar

_SCALARS = (bool, int, float, str)


class Unreadable(ValueError):
    """Something is kept in the graph that no recipe can have; `problems` says of each thing where and what it is."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


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

    A node without a name gets one, as a pattern without a variable does. Raises Unreadable.
    """
    found = list(nodes)
    names = _names(found)
    problems = _misnamed(found, names)
    form = GraphForm(
        _kept(recipe, "the :Recipe node", problems) or None if recipe is not None else None,
        tuple(_node(node, names[node.id], problems) for node in found),
        tuple(_relationship(r, names[r.start], names[r.end], problems) for r in relationships),
    )
    if problems:
        raise Unreadable(problems)
    return form


def _names(nodes: Sequence[StoredNode]) -> dict[Any, str]:
    """What each node is called."""
    given = {node.id: node.properties.get(NAME) for node in nodes}
    numbered = (f"node_{number}" for number in itertools.count(1))
    free = (name for name in numbered if name not in given.values())
    return {id: name if isinstance(name, str) and name else next(free) for id, name in given.items()}


def _misnamed(nodes: Sequence[StoredNode], names: Mapping[Any, str]) -> list[str]:
    counted = Counter(names.values())
    problems = [f"{times} nodes are called {name}: each needs a name of its own" for name, times in counted.items()
                if times > 1]  # fmt: skip
    odd = [value for node in nodes if not isinstance(value := node.properties.get(NAME, ""), str)]
    return problems + [f"a node has the name {value!r}, which is no text: write it in quotes" for value in odd]


def _node(node: StoredNode, name: str, problems: list[str]) -> GraphNode:
    kept = _kept(node.properties, name, problems)
    return GraphNode(name, tuple(sorted(node.labels - {NODE_LABEL})), {NAME: name, **kept})


def _relationship(found: StoredRelationship, start: str, end: str, problems: list[str]) -> GraphRelationship:
    kept = _kept(found.properties, f"the {found.type} from {start} to {end}", problems)
    return GraphRelationship(start, found.type, end, kept)


def _kept(properties: Mapping[str, Any], where: str, problems: list[str]) -> dict[str, GraphValue]:
    kept = {key: value for key, value in properties.items() if not key.startswith(OWN) and value is not None}
    first = [key for key in (NAME, PART) if key in kept]
    found: dict[str, GraphValue] = {}
    for key in dict.fromkeys([*first, *sorted(kept)]):
        try:
            found[key] = _value(kept[key])
        except _NotAValue as odd:
            problems.append(f"`{key}` of {where} is a {odd}, which no recipe can hold: make it a text")
    return found


class _NotAValue(ValueError):
    """A value of a type that recipes do not have."""


def _value(value: Any) -> GraphValue:
    if isinstance(value, list):
        return [_scalar(item) for item in value]  # type: ignore[return-value]
    return _scalar(value)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, _SCALARS):
        return value
    iso = getattr(value, "iso_format", None) or getattr(value, "isoformat", None)
    if iso is None:
        raise _NotAValue(type(value).__name__)
    return str(iso())
