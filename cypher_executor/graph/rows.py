"""Nodes and relationships as rows: what a projection gives, and what a store takes.

Rows are facts, not changes. Putting the same row twice is the same as putting it once; a later row of the same key says
what is true now, and only what it names: a property that it does not have stays, one that is None goes. Labels beside
the first one are replaced, unless `labels` is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

End = tuple[str, str]
"""A node from outside: its label and its key."""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node, known by its first label and its key."""

    label: str
    key: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None

    @property
    def end(self) -> End:
        """How relationships speak of it."""
        return (self.label, self.key)


@dataclass(frozen=True, slots=True)
class RelationshipRow:
    """A relationship, known by its type, its ends, and, where there may be several of these, a key."""

    start: End
    type: str
    end: End
    key: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """Nodes, and relationships between them or to nodes that are there already. One to a node that is not there is
    left out by the store, and comes with the next rows that say it."""

    nodes: tuple[NodeRow, ...] = ()
    relationships: tuple[RelationshipRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.relationships)

    def __iter__(self) -> Iterator[NodeRow | RelationshipRow]:
        yield from self.nodes
        yield from self.relationships


def together(several: Iterable[Rows]) -> Rows:
    """All of these rows, in order."""
    found = list(several)
    return Rows(tuple(n for rows in found for n in rows.nodes), tuple(r for rows in found for r in rows.relationships))
