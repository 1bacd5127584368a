"""What a graph is made of, as values of expressions: nodes, relationships, and paths through them.

A node or a relationship is known by its id: two with the same id are equal, whatever else they say. So an id must be
unique in its graph, among nodes and among relationships.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cypher_executor.cypher.foreign import Foreign

Id = int | str


def number_of(id: Id) -> int:
    """What `id()` gives, and what clients of Neo4j know a node or a relationship by: a number. Of a text it is a digest
    of 53 bits, the most that every client can hold, so it is the same at any time and on any machine."""
    if isinstance(id, int):
        return id
    digest = hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 11


@dataclass(frozen=True, slots=True)
class Node(Foreign):
    """A node with its labels and properties."""

    id: Id
    labels: tuple[str, ...] = field(default=(), compare=False)
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    kind: ClassVar[str] = "a node"
    rank: ClassVar[float] = 12

    def sort_key(self) -> tuple[bool, Id]:
        return (isinstance(self.id, str), self.id)

    def property(self, key: str) -> Any:
        return self.values.get(key)

    def properties(self) -> dict[str, Any]:
        return dict(self.values)


@dataclass(frozen=True, slots=True)
class Relationship(Foreign):
    """A relationship of one type from the node `start` to the node `end`, which are ids."""

    id: Id
    type: str = field(compare=False)
    start: Id = field(compare=False)
    end: Id = field(compare=False)
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    kind: ClassVar[str] = "a relationship"
    rank: ClassVar[float] = 14

    def sort_key(self) -> tuple[bool, Id]:
        return (isinstance(self.id, str), self.id)

    def property(self, key: str) -> Any:
        return self.values.get(key)

    def properties(self) -> dict[str, Any]:
        return dict(self.values)

    def other(self, node: Id) -> Id:
        """The end that is not `node`; of a loop, `node` itself."""
        return self.end if self.start == node else self.start


@dataclass(frozen=True, slots=True)
class Path(Foreign):
    """Nodes and the relationships between them: one node more than relationships."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...]

    kind: ClassVar[str] = "a path"
    rank: ClassVar[float] = 25

    def sort_key(self) -> tuple[Any, ...]:
        return (*(n.sort_key() for n in self.nodes), *(r.sort_key() for r in self.relationships))
