"""Rows into tables, in one transaction. What is written twice is there once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import apsw
import orjson

from cypher_executor.adapters.sqlite.graph.asked import SHARED
from cypher_executor.adapters.sqlite.graph.bodies import microseconds, read_body, written_body
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.cypher.temporal.instants import DateTime
from cypher_executor.graph.rows import End, NodeRow, RelationshipRow, Rows

_SQL = statements("graph")
EVERYBODY = ""
_OWNING = {"HAS": "Node", "RAN": "Step", "TRIED": "Attempt"}
"""Relationships whose end belongs to the tenant of their start."""


@dataclass(slots=True)
class _Known:
    id: int
    tenant: str | None
    more: str
    body: bytes


@dataclass(slots=True)
class Writing:
    """One batch of rows. The connection is inside of a transaction."""

    connection: apsw.Connection
    _known: dict[End, _Known | None] = field(default_factory=dict)
    _owners: dict[End, End] = field(default_factory=dict)

    def put(self, rows: Rows) -> None:
        """Let these rows be true. A relationship to a node that is not there is left out."""
        for one in rows.relationships:
            if _OWNING.get(one.type) == one.end[0]:
                self._owners[one.end] = one.start
        for node in rows.nodes:
            self._put_node(node)
        for relationship in rows.relationships:
            self._put_relationship(relationship)

    def drop_run(self, run: str) -> None:
        """Forget a run with all that belongs to it."""
        for (id,) in self.connection.execute(_SQL["of_run"], {"run": run}).fetchall():
            self.connection.execute(_SQL["drop_relationships"], {"id": id})
            self.connection.execute(_SQL["drop_node"], {"id": id})
        self._known.clear()

    def _find(self, end: End) -> _Known | None:
        if end not in self._known:
            row: Any = self.connection.execute(_SQL["known"], end).fetchone()
            self._known[end] = None if row is None else _Known(*row)
        return self._known[end]

    def _put_node(self, row: NodeRow) -> None:
        before = self._find(row.end)
        properties = {**read_body(before.body), **row.properties} if before is not None else row.properties
        more = _more(row.labels) if row.labels is not None else before.more if before is not None else ""
        body = written_body(properties)
        if before is None:
            tenant = self._tenant(row)
            self.connection.execute(
                _SQL["insert_node"], (*row.end, tenant, more, *_columns(row.label, properties), body)
            )
            self._known[row.end] = _Known(self.connection.last_insert_rowid(), tenant, more, body)
        elif (more, body) != (before.more, before.body):
            self.connection.execute(_SQL["update_node"], (more, *_columns(row.label, properties), body, before.id))
            before.more, before.body = more, body

    def _tenant(self, row: NodeRow) -> str | None:
        """Whose it is: said by recipes and runs, and by what else belongs to one of these. Where nobody can say it, it
        is nobody's."""
        if row.label in SHARED:
            return EVERYBODY
        said, owner = row.properties.get("tenant"), row.end
        while said is None and owner in self._owners:
            owner = self._owners[owner]
            known = self._find(owner)
            said = None if known is None else known.tenant
        return said

    def _put_relationship(self, row: RelationshipRow) -> None:
        start, end = self._find(row.start), self._find(row.end)
        if start is None or end is None:
            return
        body = written_body(row.properties) if row.properties else None
        self.connection.execute(_SQL["put_relationship"], (start.id, row.type, end.id, row.key, body))


def _more(labels: tuple[str, ...]) -> str:
    return orjson.dumps(labels).decode() if labels else ""


def _columns(label: str, properties: Mapping[str, Any]) -> tuple[Any, ...]:
    """name, part, state, started_us, ended_us: what questions begin with."""
    named = properties.get("name") if label != "Attempt" else None
    times = (_us(properties.get("started_at")), _us(properties.get("ended_at")))
    return (_text(named), _text(properties.get("part")), _text(properties.get("state")), *times)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _us(value: Any) -> int | None:
    return microseconds(value) if isinstance(value, DateTime) else None
