"""A mirror's target in Neo4j: rows in batches, one statement for all rows that look alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, LiteralString

from cypher_executor.adapters.neo4j.connection import Connection, sent
from cypher_executor.adapters.neo4j.statements import statement
from cypher_executor.graph.model import INDEXED, LABELS, STATES, constraint_name
from cypher_executor.graph.rows import NodeRow, RelationshipRow, Rows

ROWS_AT_ONCE = 500
_CLEARED_AT_ONCE = 5_000
_STATEFUL = frozenset({"Run", "Step", "Attempt"})


class Neo4jTarget:
    """`mirror.Target` over a connection, which it closes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def prepare(self) -> None:
        """Keys are unique under each label, which also makes an index of them; then what questions begin with."""
        for label in (*LABELS, "Mirror"):
            await self._connection.ask(statement("constraint", NAME=constraint_name(label), LABEL=label))
        for label, keys in INDEXED.items():
            for key in keys:
                name = f"cypher_executor_{label.lower()}_{key}"
                await self._connection.ask(statement("index", NAME=name, LABEL=label, PROPERTY=key))

    async def position(self, source: str) -> int | None:
        """See `mirror.Target`."""
        found = await self._connection.ask(statement("position"), source=source)
        return found[0]["position"] if found else None

    async def write(self, rows: Rows) -> None:
        """See `mirror.Target`. Nodes first, because relationships look for them."""
        for text, batch in (*_of_nodes(rows.nodes), *_of_relationships(rows.relationships)):
            await self._connection.ask(text, rows=batch)

    async def begin(self, source: str) -> None:
        """See `mirror.Target`."""
        await self._connection.ask(statement("begin"), source=source, at=datetime.now(UTC))

    async def advance(self, source: str, before: int, position: int) -> bool:
        """See `mirror.Target`."""
        given = {"source": source, "before": before, "position": position, "at": datetime.now(UTC)}
        return bool(await self._connection.ask(statement("advance"), **given))

    async def clear(self) -> int:
        """Delete everything that was ever mirrored here, and how far that was; gives how many nodes that were. What
        people have drawn stays."""
        deleted = 0
        while True:
            (found,) = await self._connection.ask(statement("clear"), limit=_CLEARED_AT_ONCE)
            now = int(found["deleted"])
            deleted += now
            if not now:
                return deleted

    async def close(self) -> None:
        """See `mirror.Target`."""
        await self._connection.close()


Batch = tuple[LiteralString, Sequence[Mapping[str, Any]]]


def _of_nodes(nodes: Sequence[NodeRow]) -> Iterator[Batch]:
    alike: defaultdict[tuple[str, tuple[str, ...]], list[Mapping[str, Any]]] = defaultdict(list)
    for node in nodes:
        row = {"key": node.key, "properties": _properties(node.properties)}
        alike[node.label, node.labels or ()].append(row)
    for (label, labels), rows in alike.items():
        yield from _batches(_statement_for(label, labels), rows)


def _statement_for(label: str, labels: tuple[str, ...]) -> LiteralString:
    if not labels:
        return statement("nodes", LABEL=label)
    if label not in _STATEFUL:
        return statement("labelled_nodes", LABEL=label, ADDED=labels)
    others = [state for state in STATES.values() if state not in labels]
    return statement("changing_nodes", LABEL=label, ADDED=labels, REMOVED=others)


def _of_relationships(relationships: Sequence[RelationshipRow]) -> Iterator[Batch]:
    alike: defaultdict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in relationships:
        row = {"start": one.start[1], "end": one.end[1], "key": one.key, "properties": _properties(one.properties)}
        alike[one.start[0], one.type, one.end[0]].append(row)
    for (start, type, end), rows in alike.items():
        yield from _batches(statement("relationships", START=start, TYPE=type, END=end), rows)


def _properties(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: sent(value) for key, value in given.items()}


def _batches(text: LiteralString, rows: Sequence[Mapping[str, Any]]) -> Iterator[Batch]:
    left = iter(rows)
    while batch := list(islice(left, ROWS_AT_ONCE)):
        yield text, batch
