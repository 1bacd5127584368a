"""Answers of queries as JSON: rows, and the nodes and relationships in them as one graph.

Dates, times and durations are their texts. Nodes, relationships and paths are objects with a `kind`, which tells them
from maps.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cypher_executor.cypher.diagnostics import to_json
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.cypher.query import Node, Path, Relationship
from cypher_executor.errors import ExpressionError
from cypher_executor.queries import Summary, Table


@contextlib.contextmanager
def evaluating() -> Iterator[None]:
    """What a query cannot work out has one code, beside those that say what to do about it."""
    try:
        yield
    except ExpressionError as error:
        if error.code in ("budget_used_up", "parameter_missing"):
            raise
        raise ExpressionError(f"{error.message} ({error.code})") from error


async def answer_of(table: Table, limit: int, *, graph: bool) -> dict[str, Any]:
    """The whole answer: at most `limit` rows of a table, which is closed then."""
    async with table:
        rows = await table.take(limit + 1)
        summary = table.summary
    return await asyncio.to_thread(_view, table, rows[:limit], len(rows) > limit, summary, graph)


def _view(table: Table, rows: Sequence[Any], more: bool, summary: Summary, graph: bool) -> dict[str, Any]:
    return {
        "columns": list(table.columns),
        "rows": [row_view(row) for row in rows],
        "more": more,
        "graph": graph_view(rows) if graph else None,
        "plan": table.explanation,
        "notices": [to_json(notice) for notice in table.notices],
        "summary": {"rows": len(rows), "took_ms": summary.took_ms, "behind_ms": summary.behind_ms},
    }


MAX_DEPTH = 64
"""How deep lists and maps of an answer may nest: as deep as what we are sent."""


def row_view(row: Sequence[Any]) -> list[Any]:
    """The values of a row. Raises ExpressionError for what is nested too deep."""
    _refuse_deep(row)
    return [_shown(value) for value in row]


def graph_view(rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Every node and relationship in these rows, each once. An end of a relationship that no row has is there by its
    id alone."""
    nodes: dict[Any, Any] = {}
    relationships: dict[Any, Relationship] = {}
    todo: list[Any] = [value for row in rows for value in row]
    while todo:
        match todo.pop():
            case Node() as node:
                nodes[node.id] = _node(node)
            case Relationship() as found:
                relationships[found.id] = found
            case Path(nodes=between, relationships=over):
                todo += [*between, *over]
            case list() as inner:
                todo += inner
            case dict() as inner:
                todo += inner.values()
    for found in relationships.values():
        for end in (found.start, found.end):
            nodes.setdefault(end, {"kind": "node", "id": str(end), "labels": [], "properties": {}})
    return {"nodes": list(nodes.values()), "relationships": [_relationship(r) for r in relationships.values()]}


def _shown(value: Any) -> Any:
    """A value as JSON has it. How deep it is was looked at before."""
    match value:
        case Node():
            return _node(value)
        case Relationship():
            return _relationship(value)
        case Path(nodes=nodes, relationships=relationships):
            return {
                "kind": "path",
                "nodes": [*map(_node, nodes)],
                "relationships": [*map(_relationship, relationships)],
            }
        case Foreign():
            return value.text()
        case list():
            return [_shown(item) for item in value]
        case dict():
            return {key: _shown(item) for key, item in value.items()}
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case _:
            return value


def _refuse_deep(row: Sequence[Any]) -> None:
    todo = [(value, 1) for value in row if isinstance(value, list | dict)]
    while todo:
        value, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise ExpressionError(f"the value is nested more than {MAX_DEPTH} deep")
        below = value if isinstance(value, list) else value.values()
        todo += [(one, depth + 1) for one in below if isinstance(one, list | dict)]


def _node(node: Node) -> dict[str, Any]:
    return {"kind": "node", "id": str(node.id), "labels": list(node.labels), "properties": _shown(node.properties())}


def _relationship(found: Relationship) -> dict[str, Any]:
    return {
        "kind": "relationship",
        "id": str(found.id),
        "type": found.type,
        "start": str(found.start),
        "end": str(found.end),
        "properties": _shown(found.properties()),
    }
