"""A `cypher.query.Graph` over the tables, as one tenant sees it.

A relationship is read with the node at its other end, because that is what a query asks for next; such nodes are kept
until there are too many of them. What belongs to another tenant is left out where rows are read, so that no question
can come across it, and a relationship is there only with both of its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import apsw
import orjson

from cypher_executor.adapters.sqlite.graph.asked import Asked
from cypher_executor.adapters.sqlite.graph.bodies import Stored, read_body
from cypher_executor.adapters.sqlite.graph.failing import unavailable
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.query.graph import Bound, Direction
from cypher_executor.cypher.query.values import Id, Node, Relationship

_SQL = statements("graph")
KEPT = 20_000
"""Nodes that are kept while a query runs."""


class SqliteReading:
    """What a query runs on. The connection is inside of a transaction, and nobody else uses it meanwhile."""

    def __init__(self, connection: apsw.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._kept: dict[Id, Node] = {}

    def nodes(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound] = ()
    ) -> Iterator[Node]:
        asked = Asked(labels, properties, bounds)
        if asked.tagged:
            yield from self._tagged(labels)
        if not asked.nothing_else:
            yield from map(_node, self._rows(asked.statement("nodes"), **asked.values))

    def count(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound], keys: Sequence[str]
    ) -> Iterable[tuple[Sequence[Value], int]] | None:
        """See `cypher.query.graph.Counting`."""
        asked = Asked(labels, properties, bounds)
        by = "_and_".join(keys)
        beginning, end = (f"count_by_{by}", f"by_{by}") if keys else ("count", None)
        if not asked.groups(keys) or beginning not in _SQL or next(self._tagged(labels), None) is not None:
            return None
        text = asked.statement(beginning) + (f"\n{_SQL[end]}" if end else "")
        return ((row[:-1], row[-1]) for row in self._rows(text, **asked.values))

    def _tagged(self, labels: Sequence[str]) -> Iterator[Node]:
        """Nodes of recipes that have these labels as tags."""
        wanted = set(labels)
        return (node for node in map(_node, self._rows(_SQL["tagged"])) if wanted.issubset(node.labels))

    def relationships(self, node: Id, types: Sequence[str], direction: Direction) -> Iterator[Relationship]:
        if not isinstance(node, int):
            return
        both = direction == "both"
        if direction != "in":
            yield from self._beside("leaving", node, types)
        if direction != "out":
            for found in self._beside("entering", node, types):
                if not both or found.start != node:
                    yield found

    def node(self, id: Id) -> Node | None:
        found = self._kept.get(id)
        if found is None and isinstance(id, int):
            row = next(self._rows(f"{_SQL['node']}\n{_SQL['reached']}", id=id), None)
            if row is not None:
                found = self._keep(_node(row))
        return found

    def relationship(self, id: Id) -> Relationship | None:
        row = next(self._rows(_SQL["relationship"], id=id), None) if isinstance(id, int) else None
        return None if row is None else _relationship(row)

    def node_count(self, label: str | None) -> int:
        return int(next(self._rows(_SQL["count_nodes"], label=label))[0])

    def relationship_count(self, type: str | None) -> int:
        return int(next(self._rows(_SQL["count_relationships"], type=type))[0])

    def _beside(self, name: str, node: int, types: Sequence[str]) -> Iterator[Relationship]:
        given: dict[str, Any] = {"id": node}
        text = _SQL[name]
        if len(types) == 1:
            text, given["type"] = f"{text}\n{_SQL['of_type']}", types[0]
        elif types:
            text, given["types"] = f"{text}\n{_SQL['of_types']}", orjson.dumps(types).decode()
        for row in self._rows(text, **given):
            if row[5] not in self._kept:
                self._keep(_node(row[5:]))
            yield _relationship(row)

    def _rows(self, statement: str, **given: Any) -> Iterator[Any]:
        try:
            yield from self._connection.execute(statement, {**given, "tenant": self._tenant})
        except apsw.Error as error:
            raise unavailable(error) from error

    def _keep(self, node: Node) -> Node:
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[node.id] = node
        return node


def _node(row: Sequence[Any]) -> Node:
    id, label, key, more, name, state, body = row
    return Node(id, _labels(label, more), Stored(key, name, state, body))


@lru_cache(maxsize=1024)
def _labels(label: str, more: str) -> tuple[str, ...]:
    return (label, *orjson.loads(more)) if more else (label,)


def _relationship(row: Sequence[Any]) -> Relationship:
    id, type, start, end, body = row[:5]
    return Relationship(id, type, start, end, read_body(body))
