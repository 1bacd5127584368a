"""A property graph in memory, with tables by label and by node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cypher_executor.cypher.query.graph import Bound, Direction
from cypher_executor.cypher.query.values import Id, Node, Relationship


class MemoryGraph:
    """A `Graph` that is filled by `add_node` and `add_relationship`."""

    def __init__(self) -> None:
        self._nodes: dict[Id, Node] = {}
        self._relationships: dict[Id, Relationship] = {}
        self._labelled: defaultdict[str, dict[Id, Node]] = defaultdict(dict)
        self._typed: defaultdict[str, int] = defaultdict(int)
        self._leaving: defaultdict[Id, list[Relationship]] = defaultdict(list)
        self._entering: defaultdict[Id, list[Relationship]] = defaultdict(list)

    def add_node(
        self, labels: Iterable[str] = (), properties: Mapping[str, Any] | None = None, id: Id | None = None
    ) -> Node:
        """A new node. Without an `id` it gets the next number."""
        node = Node(len(self._nodes) if id is None else id, tuple(labels), dict(properties or {}))
        assert node.id not in self._nodes, f"there is a node {node.id!r} already"
        self._nodes[node.id] = node
        for label in node.labels:
            self._labelled[label][node.id] = node
        return node

    def add_relationship(
        self, start: Id, type: str, end: Id, properties: Mapping[str, Any] | None = None, id: Id | None = None
    ) -> Relationship:
        """A new relationship between two nodes that are there already."""
        assert start in self._nodes and end in self._nodes, "a relationship is between nodes of the same graph"
        found = Relationship(len(self._relationships) if id is None else id, type, start, end, dict(properties or {}))
        assert found.id not in self._relationships, f"there is a relationship {found.id!r} already"
        self._relationships[found.id] = found
        self._typed[type] += 1
        self._leaving[start].append(found)
        self._entering[end].append(found)
        return found

    def nodes(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound] = ()
    ) -> Iterator[Node]:
        if not labels:
            return iter(self._nodes.values())
        rarest = min(labels, key=self.node_count)
        wanted = set(labels)
        return (n for n in self._labelled.get(rarest, {}).values() if wanted.issubset(n.labels))

    def relationships(self, node: Id, types: Sequence[str], direction: Direction) -> Iterator[Relationship]:
        if direction != "in":
            yield from (r for r in self._leaving.get(node, ()) if not types or r.type in types)
        if direction != "out":
            both = direction == "both"
            for found in self._entering.get(node, ()):
                if (not types or found.type in types) and not (both and found.start == node):
                    yield found

    def node(self, id: Id) -> Node | None:
        return self._nodes.get(id)

    def relationship(self, id: Id) -> Relationship | None:
        return self._relationships.get(id)

    def node_count(self, label: str | None) -> int:
        return len(self._nodes) if label is None else len(self._labelled.get(label, ()))

    def relationship_count(self, type: str | None) -> int:
        return len(self._relationships) if type is None else self._typed.get(type, 0)
