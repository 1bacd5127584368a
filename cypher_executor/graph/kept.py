"""Rows in memory, as a graph to ask: what queries see of recipes and runs without any database.

Nodes are found by label and by the properties that the model indexes. Putting rows and asking must not be mixed: a
query reads a graph that stays as it is until it has its last row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cypher_executor.cypher.query.graph import Bound, Direction
from cypher_executor.cypher.query.values import Id, Node, Relationship
from cypher_executor.graph.model import INDEXED, KEY
from cypher_executor.graph.rows import End, NodeRow, RelationshipRow, Rows

_Index = tuple[str, str, Any]


class KeptGraph:
    """A `cypher.query.Graph` that is filled by `put`. Ids are texts, and stay as long as what they name."""

    def __init__(self) -> None:
        self._nodes: dict[Id, Node] = {}
        self._relationships: dict[Id, Relationship] = {}
        self._labelled: defaultdict[str, dict[Id, Node]] = defaultdict(dict)
        self._indexed: defaultdict[_Index, dict[Id, Node]] = defaultdict(dict)
        self._typed: defaultdict[str, int] = defaultdict(int)
        self._leaving: defaultdict[Id, dict[Id, Relationship]] = defaultdict(dict)
        self._entering: defaultdict[Id, dict[Id, Relationship]] = defaultdict(dict)

    # --- filling ------------------------------------------------------------------------------------------------------

    def put(self, rows: Rows) -> None:
        """Let these rows be true. A relationship to a node that is not there is left out."""
        for node in rows.nodes:
            self._put_node(node)
        for relationship in rows.relationships:
            self._put_relationship(relationship)

    def drop(self, end: End) -> None:
        """Forget a node with all its relationships; one that is not there is forgotten already."""
        id = _id(end)
        for found in [*self._leaving.pop(id, {}).values(), *self._entering.pop(id, {}).values()]:
            self._drop_relationship(found)
        node = self._nodes.pop(id, None)
        if node is not None:
            self._unlist(node)

    def _put_node(self, row: NodeRow) -> None:
        id = _id(row.end)
        before = self._nodes.get(id)
        if before is not None:
            self._unlist(before)
        labels = (row.label, *row.labels) if row.labels is not None else before.labels if before else (row.label,)
        said = {**(before.values if before else {KEY: row.key}), **row.properties}
        node = Node(id, tuple(dict.fromkeys(labels)), {key: value for key, value in said.items() if value is not None})
        self._nodes[id] = node
        for label in node.labels:
            self._labelled[label][id] = node
        for index in _indexes(node):
            self._indexed[index][id] = node

    def _unlist(self, node: Node) -> None:
        for label in node.labels:
            self._labelled[label].pop(node.id, None)
        for index in _indexes(node):
            self._indexed[index].pop(node.id, None)
            if not self._indexed[index]:
                del self._indexed[index]

    def _put_relationship(self, row: RelationshipRow) -> None:
        start, end = _id(row.start), _id(row.end)
        if start not in self._nodes or end not in self._nodes:
            return
        id = "\0".join((str(start), row.type, str(end), row.key))
        values = {key: value for key, value in row.properties.items() if value is not None}
        found = Relationship(id, row.type, start, end, values)
        if id not in self._relationships:
            self._typed[row.type] += 1
        self._relationships[id] = self._leaving[start][id] = self._entering[end][id] = found

    def _drop_relationship(self, found: Relationship) -> None:
        if self._relationships.pop(found.id, None) is not None:
            self._typed[found.type] -= 1
        self._leaving[found.start].pop(found.id, None)
        self._entering[found.end].pop(found.id, None)

    # --- asking -------------------------------------------------------------------------------------------------------

    def nodes(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound] = ()
    ) -> Iterator[Node]:
        if not labels:
            return iter(self._nodes.values())
        candidates = [self._labelled.get(label, {}) for label in labels]
        candidates += [self._indexed.get(i, {}) for i in _askable(labels, properties)]
        wanted = set(labels)
        return (n for n in min(candidates, key=len).values() if wanted.issubset(n.labels))

    def relationships(self, node: Id, types: Sequence[str], direction: Direction) -> Iterator[Relationship]:
        if direction != "in":
            yield from (r for r in self._leaving.get(node, {}).values() if not types or r.type in types)
        if direction != "out":
            both = direction == "both"
            for found in self._entering.get(node, {}).values():
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


def _id(end: End) -> Id:
    return f"{end[0]}:{end[1]}"


def _indexes(node: Node) -> Iterator[_Index]:
    for label in node.labels:
        for key in INDEXED.get(label, ()):
            value = node.values.get(key)
            if isinstance(value, str):
                yield (label, key, value)


def _askable(labels: Sequence[str], properties: Mapping[str, Any]) -> Iterator[_Index]:
    for label in labels:
        for key in INDEXED.get(label, ()):
            if isinstance(properties.get(key), str):
                yield (label, key, properties[key])
