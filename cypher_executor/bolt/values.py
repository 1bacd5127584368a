"""Values of questions and answers as structures, in both dialects: that of Bolt 5, and that of 4.4.

Bolt 5 tells nodes and relationships apart by texts (`element_id`) and keeps numbers beside them for older clients; Bolt
4.4 knows numbers only. A date with a time is sent as a moment of the world since 5.0, and in 4.4 where the client asked
for it (`patch_bolt: ["utc"]`); otherwise as what the clock on the wall showed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.bolt.structure import Structure
from cypher_executor.cypher.query import Node, Path, Relationship
from cypher_executor.cypher.query.values import number_of
from cypher_executor.cypher.temporal.durations import SECOND, Duration
from cypher_executor.cypher.temporal.instants import Date, DateTime, LocalDateTime, LocalTime, Time

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Dialect:
    """`element_ids`: nodes and relationships have texts to be known by. `utc`: moments are those of the world."""

    element_ids: bool
    utc: bool


def sent(value: Any, dialect: Dialect) -> Any:
    """A value of an answer as PackStream knows it. Depth is the data's, so lists and maps are walked with a stack."""
    result: list[Any] = [None]
    todo: list[tuple[Any, Any, Any]] = [(result, 0, value)]
    while todo:
        holder, place, one = todo.pop()
        if isinstance(one, list | tuple):
            holder[place] = made = [None] * len(one)
            todo.extend((made, index, item) for index, item in enumerate(one))
        elif isinstance(one, Mapping):
            holder[place] = copy = dict.fromkeys(one)
            todo.extend((copy, key, item) for key, item in one.items())
        else:
            write = _WRITERS.get(type(one))
            holder[place] = one if write is None else write(one, dialect)
    return result[0]


def _properties(found: Node | Relationship, dialect: Dialect) -> Any:
    return sent(found.values, dialect)


def _node(node: Node, dialect: Dialect) -> Structure:
    known = (str(node.id),) if dialect.element_ids else ()
    return Structure(0x4E, (number_of(node.id), list(node.labels), _properties(node, dialect), *known))


def _relationship(found: Relationship, dialect: Dialect) -> Structure:
    ends = (found.start, found.end)
    known = (str(found.id), *map(str, ends)) if dialect.element_ids else ()
    about = (number_of(found.id), *map(number_of, ends), found.type, _properties(found, dialect))
    return Structure(0x52, (*about, *known))


def _unbound(found: Relationship, dialect: Dialect) -> Structure:
    known = (str(found.id),) if dialect.element_ids else ()
    return Structure(0x72, (number_of(found.id), found.type, _properties(found, dialect), *known))


def _path(path: Path, dialect: Dialect) -> Structure:
    """Each node and relationship once, and the way through them: numbers of relationships from 1, negative against
    their direction, and numbers of nodes from 0."""
    nodes = {node.id: node for node in path.nodes}
    between = {found.id: found for found in path.relationships}
    node_at = {id: index for index, id in enumerate(nodes)}
    relationship_at = {id: index for index, id in enumerate(between, 1)}
    way: list[int] = []
    for before, found, after in zip(path.nodes, path.relationships, path.nodes[1:], strict=False):
        sign = 1 if found.start == before.id else -1
        way += (sign * relationship_at[found.id], node_at[after.id])
    sent_nodes = [_node(node, dialect) for node in nodes.values()]
    return Structure(0x50, (sent_nodes, [_unbound(found, dialect) for found in between.values()], way))


def _date_time(value: DateTime, dialect: Dialect) -> Structure:
    wall_s = value.days * DAY_S + value.nanoseconds // SECOND
    seconds = wall_s - value.offset_s if dialect.utc else wall_s
    zone = value.zone or value.offset_s
    tag = (0x69 if value.zone else 0x49) if dialect.utc else (0x66 if value.zone else 0x46)
    return Structure(tag, (seconds, value.nanoseconds % SECOND, zone))


def _local_date_time(value: LocalDateTime, dialect: Dialect) -> Structure:
    return Structure(0x64, (value.days * DAY_S + value.nanoseconds // SECOND, value.nanoseconds % SECOND))


def _duration(value: Duration, dialect: Dialect) -> Structure:
    return Structure(0x45, (value.months, value.days, *divmod(value.nanoseconds, SECOND)))


_WRITERS: Mapping[type, Callable[[Any, Dialect], Structure]] = {
    Node: _node,
    Relationship: _relationship,
    Path: _path,
    DateTime: _date_time,
    LocalDateTime: _local_date_time,
    Duration: _duration,
    Date: lambda value, dialect: Structure(0x44, (value.days,)),
    Time: lambda value, dialect: Structure(0x54, (value.nanoseconds, value.offset_s)),
    LocalTime: lambda value, dialect: Structure(0x74, (value.nanoseconds,)),
}
