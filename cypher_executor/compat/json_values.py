"""Values of questions and answers as the HTTP Query API writes them: as plain JSON, and typed.

Plain JSON is what a program reads that knows what to expect: times are texts. Typed JSON says of each value what it is,
`{"$type": "Integer", "_value": "1"}`, and loses nothing. Depth is the data's, so values are walked with a stack.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from cypher_executor.cypher.expressions.text import float_text
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.cypher.query import Node, Path, Relationship
from cypher_executor.cypher.temporal import reading
from cypher_executor.cypher.temporal.durations import Duration
from cypher_executor.cypher.temporal.instants import Date, DateTime, LocalDateTime, LocalTime, Time
from cypher_executor.errors import CypherExecutorError, ExpressionError

TYPE, VALUE = "$type", "_value"

Write = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """A value as plain JSON."""
    return _walked(value, _plain)


def typed(value: Any) -> Any:
    """A value with its types."""
    return _walked(value, _typed)


def _walked(value: Any, write: Write) -> Any:
    """The value that `write` makes; it gives JSON in which values stand that are to be written, as `_Todo`."""
    result: list[Any] = [_Todo(value)]
    holders: list[Any] = [result]
    while holders:
        holder = holders.pop()
        for place, one in enumerate(holder) if isinstance(holder, list) else list(holder.items()):
            made = write(one.value) if isinstance(one, _Todo) else one
            holder[place] = made
            if isinstance(made, list | dict):
                holders.append(made)
    return result[0]


class _Todo:
    """A value that is still to be written."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_Todo(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _Todo(item) for key, item in value.items()}
    if isinstance(value, Node):
        return {"elementId": str(value.id), "labels": list(value.labels), "properties": _Todo(value.values)}
    if isinstance(value, Relationship):
        return {
            "elementId": str(value.id),
            "startNodeElementId": str(value.start),
            "endNodeElementId": str(value.end),
            "type": value.type,
            "properties": _Todo(value.values),
        }
    if isinstance(value, Path):
        return [_Todo(one) for one in _on_the_way(value)]
    if isinstance(value, float) and not math.isfinite(value):
        return float_text(value)
    if isinstance(value, DateTime):
        return _text(value).partition("[")[0]
    return _text(value) if isinstance(value, Foreign) else value


def _typed(value: Any) -> Any:
    if value is None:
        return {TYPE: "Null", VALUE: None}
    if isinstance(value, bool):
        return {TYPE: "Boolean", VALUE: value}
    if isinstance(value, list | tuple):
        return {TYPE: "List", VALUE: [_Todo(item) for item in value]}
    if isinstance(value, Mapping):
        return {TYPE: "Map", VALUE: {key: _Todo(item) for key, item in value.items()}}
    if isinstance(value, Node):
        about = {"_element_id": str(value.id), "_labels": list(value.labels), "_properties": _properties(value)}
        return {TYPE: "Node", VALUE: about}
    if isinstance(value, Relationship):
        ends = {"_start_node_element_id": str(value.start), "_end_node_element_id": str(value.end)}
        about = {"_element_id": str(value.id), **ends, "_type": value.type, "_properties": _properties(value)}
        return {TYPE: "Relationship", VALUE: about}
    if isinstance(value, Path):
        return {TYPE: "Path", VALUE: [_Todo(one) for one in _on_the_way(value)]}
    return _typed_scalar(value)


def _typed_scalar(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {TYPE: "Integer", VALUE: str(value)}
    if isinstance(value, float):
        return {TYPE: "Float", VALUE: float_text(value)}
    if isinstance(value, str):
        return {TYPE: "String", VALUE: value}
    return {TYPE: _type_of(value), VALUE: _text(value)}


def _text(value: Foreign) -> str:
    """The text of a value; a time has seconds here, also where Cypher leaves them out because they are none."""
    return _WITHOUT_SECONDS.sub(r"\1:00", value.text() or "")


_WITHOUT_SECONDS = re.compile(r"((?:^|T)\d\d:\d\d)(?=$|[Z+-])")


def _type_of(value: Any) -> str:
    if isinstance(value, DateTime):
        return "ZonedDateTime" if value.zone else "OffsetDateTime"
    return _NAMES[type(value)]


_NAMES: Mapping[type, str] = {
    Date: "Date",
    LocalTime: "LocalTime",
    Time: "Time",
    LocalDateTime: "LocalDateTime",
    Duration: "Duration",
}


def _properties(found: Node | Relationship) -> dict[str, Any]:
    return {key: _Todo(value) for key, value in found.values.items()}


def _on_the_way(path: Path) -> list[Node | Relationship]:
    """Nodes and relationships of a path, in turn."""
    found: list[Node | Relationship] = list(path.nodes[:1])
    for between, node in zip(path.relationships, path.nodes[1:], strict=True):
        found += (between, node)
    return found


# --- parameters -------------------------------------------------------------------------------------------------------


def untyped(value: Any) -> Any:
    """The value that typed JSON stands for. Raises ExpressionError (`parameter_invalid`). Depth is that of JSON."""
    return _walked(value, _read)


def _read(value: Any) -> Any:
    if not isinstance(value, dict) or value.keys() != {TYPE, VALUE}:
        raise _invalid(f"every value of typed JSON is {{{TYPE!r}: ..., {VALUE!r}: ...}}")
    kind, given = value[TYPE], value[VALUE]
    if kind == "List" and isinstance(given, list):
        return [_Todo(item) for item in given]
    if kind == "Map" and isinstance(given, dict):
        return {key: _Todo(item) for key, item in given.items()}
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise _invalid(f"{kind!r} is no type of a parameter")
    wanted, make = read
    if not isinstance(given, wanted):
        raise _invalid(f"the value of the type {kind} is not written like that")
    try:
        return make(given)
    except CypherExecutorError as error:
        raise _invalid(error.message) from None
    except (ValueError, ArithmeticError) as error:
        raise _invalid(str(error)) from None


def _integer(text: str) -> int:
    value = int(text) if len(text) <= 20 and text.lstrip("+-").isdecimal() else None
    if value is None or not -(2**63) <= value < 2**63:
        raise ValueError(f"{text[:30]!r} is no integer of 64 bits")
    return value


def _bytes(text: str) -> Any:
    raise ValueError("bytes are no values of questions: send text")


_READERS: Mapping[str, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    "Null": (type(None), lambda value: None),
    "Boolean": (bool, lambda value: value),
    "Integer": (str, _integer),
    "Float": (str, float),
    "String": (str, lambda value: value),
    "Base64": (str, _bytes),
    "Date": (str, reading.read_date),
    "LocalTime": (str, reading.read_local_time),
    "Time": (str, reading.read_time),
    "LocalDateTime": (str, reading.read_local_datetime),
    "OffsetDateTime": (str, reading.read_datetime),
    "ZonedDateTime": (str, reading.read_datetime),
    "Duration": (str, reading.read_duration),
}


def _invalid(message: str) -> ExpressionError:
    return ExpressionError(message, code="parameter_invalid")
