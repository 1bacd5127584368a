"""Values of parameters: what a client may send, checked, as values of questions.

Times and durations come as structures. Nodes, relationships and paths cannot be sent, points are not known here, and
neither are bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cypher_executor.bolt.structure import Structure
from cypher_executor.bolt.values import DAY_S, Dialect
from cypher_executor.cypher.temporal import calendar, durations, zones
from cypher_executor.cypher.temporal.durations import DAY, SECOND
from cypher_executor.cypher.temporal.instants import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
    at_instant,
    in_zone,
)
from cypher_executor.errors import ExpressionError


def received(value: Any, dialect: Dialect) -> Any:
    """A value of a parameter. Raises ExpressionError (`parameter_invalid`) for what is none."""
    result: list[Any] = [None]
    todo: list[tuple[Any, Any, Any]] = [(result, 0, value)]
    while todo:
        holder, place, one = todo.pop()
        if isinstance(one, list):
            holder[place] = made = [None] * len(one)
            todo.extend((made, index, item) for index, item in enumerate(one))
        elif isinstance(one, dict):
            holder[place] = copy = dict.fromkeys(one)
            todo.extend((copy, key, item) for key, item in one.items())
        else:
            holder[place] = _scalar(one, dialect)
    return result[0]


def _scalar(value: Any, dialect: Dialect) -> Any:
    if isinstance(value, bytes):
        raise _invalid("bytes are no values of questions: send text, for example in base64")
    return _structure(value, dialect) if isinstance(value, Structure) else value


def _structure(value: Structure, dialect: Dialect) -> Any:
    read = _READERS.get(value.tag)
    if read is None or value.tag in (_LEGACY if dialect.utc else _UTC):
        raise _invalid(_REFUSED.get(value.tag, f"a structure {value.tag:#04x} is no value of a parameter"))
    kinds, make = read
    given = tuple(type(field) for field in value.fields)
    if given != kinds:
        raise _invalid(f"a structure {value.tag:#04x} has fields of other types")
    try:
        return make(*value.fields)
    except (ArithmeticError, ValueError) as error:
        raise _invalid(str(error)) from None


def _date(days: int) -> Date:
    return Date(calendar.checked(days))


def _time(nanoseconds: int, offset_s: int) -> Time:
    return Time(_of_day(nanoseconds), _offset(offset_s))


def _local_time(nanoseconds: int) -> LocalTime:
    return LocalTime(_of_day(nanoseconds))


def _local_date_time(seconds: int, nanoseconds: int) -> LocalDateTime:
    days, second = divmod(seconds, DAY_S)
    return LocalDateTime(calendar.checked(days), second * SECOND + _of_second(nanoseconds))


def _at_offset(seconds: int, nanoseconds: int, offset_s: int) -> DateTime:
    return at_instant(seconds * SECOND + _of_second(nanoseconds), None, _offset(offset_s))


def _in_zone(seconds: int, nanoseconds: int, zone: str) -> DateTime:
    return at_instant(seconds * SECOND + _of_second(nanoseconds), _zone(zone))


def _wall_at_offset(seconds: int, nanoseconds: int, offset_s: int) -> DateTime:
    local = _local_date_time(seconds, nanoseconds)
    return DateTime(local.days, local.nanoseconds, _offset(offset_s))


def _wall_in_zone(seconds: int, nanoseconds: int, zone: str) -> DateTime:
    local = _local_date_time(seconds, nanoseconds)
    return in_zone(local.days, local.nanoseconds, _zone(zone))


def _duration(months: int, days: int, seconds: int, nanoseconds: int) -> durations.Duration:
    return durations.made(months, days, seconds * SECOND + _of_second(nanoseconds))


_READERS: Mapping[int, tuple[tuple[type, ...], Callable[..., Any]]] = {
    0x44: ((int,), _date),
    0x54: ((int, int), _time),
    0x74: ((int,), _local_time),
    0x64: ((int, int), _local_date_time),
    0x49: ((int, int, int), _at_offset),
    0x69: ((int, int, str), _in_zone),
    0x46: ((int, int, int), _wall_at_offset),
    0x66: ((int, int, str), _wall_in_zone),
    0x45: ((int, int, int, int), _duration),
}
_UTC = frozenset({0x49, 0x69})
_LEGACY = frozenset({0x46, 0x66})
_REFUSED: Mapping[int, str] = {
    **dict.fromkeys(
        (0x4E, 0x52, 0x72, 0x50), "nodes, relationships and paths cannot be sent: send what they are known by"
    ),
    **dict.fromkeys((0x58, 0x59), "points are not known here"),
    **dict.fromkeys(_UTC, "dates with times in UTC need Bolt 5, or `patch_bolt`"),
    **dict.fromkeys(_LEGACY, "dates with times are in UTC since Bolt 5"),
}


def _of_day(nanoseconds: int) -> int:
    if not 0 <= nanoseconds < DAY:
        raise _invalid("a time of day has 24 hours")
    return nanoseconds


def _of_second(nanoseconds: int) -> int:
    if not 0 <= nanoseconds < SECOND:
        raise _invalid("a second has 10^9 nanoseconds")
    return nanoseconds


def _offset(offset_s: int) -> int:
    if abs(offset_s) > zones.MAX_OFFSET_S:
        raise _invalid("an offset is at most 18 hours")
    return offset_s


def _zone(name: str) -> str:
    """The name, if there is such a zone."""
    zones.zone(name)
    return name


def _invalid(message: str) -> ExpressionError:
    return ExpressionError(message, code="parameter_invalid")
