"""Properties of a node as they are stored: JSON, and a time as an object with one key, because no property is a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from cypher_executor.cypher.temporal.instants import DateTime, at_instant
from cypher_executor.graph.model import KEY

_DAY_NS = 86_400 * 10**9


class Stored(Mapping[str, Any]):
    """The properties of a node, read when the first of them is asked for: most nodes that are met are only counted."""

    __slots__ = ("_body", "_key", "_name", "_read", "_state")

    def __init__(self, key: str, name: str | None, state: str | None, body: bytes) -> None:
        self._key = key
        self._name = name
        self._state = state
        self._body = body
        self._read: dict[str, Any] | None = None

    def _values(self) -> dict[str, Any]:
        found = self._read
        if found is None:
            found = self._read = orjson.loads(self._body)
            found[KEY] = self._key
        return found

    def __getitem__(self, name: str) -> Any:
        value = self._values()[name]
        return value if type(value) is not dict else _moment(value)

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping; here because it is what a query does most, and of names and states more than of others."""
        if name == "state" and self._state is not None:
            return self._state
        if name == "name" and self._name is not None:
            return self._name
        value = self._values().get(name, default)
        return value if type(value) is not dict else _moment(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())


def written_body(properties: Mapping[str, Any]) -> bytes:
    """Properties as JSON, without those that are None."""
    said = {name: value for name, value in properties.items() if value is not None}
    return orjson.dumps(said, default=_time, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def read_body(body: bytes | None) -> dict[str, Any]:
    """Properties from JSON."""
    if body is None:
        return {}
    found: dict[str, Any] = orjson.loads(body)
    return {name: value if type(value) is not dict else _moment(value) for name, value in found.items()}


def microseconds(at: DateTime) -> int:
    """A time in UTC, rounded down."""
    return nanoseconds(at) // 1_000


def nanoseconds(at: DateTime) -> int:
    """A time in UTC."""
    return at.days * _DAY_NS + at.nanoseconds - at.offset_s * 10**9


def _moment(stored: Mapping[str, int]) -> DateTime:
    return at_instant(stored["us"] * 1_000, None)


def _time(value: object) -> Any:
    if isinstance(value, DateTime):
        return {"us": microseconds(value)}
    raise TypeError(f"{type(value).__name__} is no property")
