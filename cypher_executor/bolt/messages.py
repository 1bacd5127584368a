"""Messages of Bolt: what clients send, and what they are told.

A request is a structure whose tag names it and whose fields have types, which are checked here once. What a newer
client adds in its maps is passed over, as the protocol wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.bolt.packing import packed
from cypher_executor.bolt.structure import Structure
from cypher_executor.bolt.unpacking import Malformed, unpacked


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for, by its name, with its fields."""

    name: str
    fields: tuple[Any, ...]


_MAP, _TEXT, _LIST, _INTEGER, _ANY = dict, str, list, int, object
_REQUESTS: Mapping[int, tuple[str, tuple[type, ...]]] = {
    0x01: ("HELLO", (_MAP,)),
    0x6A: ("LOGON", (_MAP,)),
    0x6B: ("LOGOFF", ()),
    0x54: ("TELEMETRY", (_INTEGER,)),
    0x02: ("GOODBYE", ()),
    0x0F: ("RESET", ()),
    0x10: ("RUN", (_TEXT, _MAP, _MAP)),
    0x2F: ("DISCARD", (_MAP,)),
    0x3F: ("PULL", (_MAP,)),
    0x11: ("BEGIN", (_MAP,)),
    0x12: ("COMMIT", ()),
    0x13: ("ROLLBACK", ()),
    0x66: ("ROUTE", (_MAP, _LIST, _MAP)),
}


def request_of(message: bytes) -> Request:
    """The request that a message is. Raises Malformed."""
    found = unpacked(message)
    if not isinstance(found, Structure) or found.tag not in _REQUESTS:
        raise Malformed("the message is no request of Bolt")
    name, kinds = _REQUESTS[found.tag]
    given = tuple(type(field) for field in found.fields)
    if given != kinds:
        raise Malformed(f"the fields of {name} are of other types")
    return Request(name, found.fields)


RESET = packed(Structure(0x0F))
"""The one request that is known before its turn."""

IGNORED = packed(Structure(0x7E))


def success(metadata: Mapping[str, Any]) -> bytes:
    """It was done."""
    return packed(Structure(0x70, (metadata,)))


def failure(code: str, message: str) -> bytes:
    """It was not done, and nothing is until a RESET."""
    return packed(Structure(0x7F, ({"code": code, "message": message},)))


def record(values: Sequence[Any]) -> bytes:
    """A row."""
    return packed(Structure(0x71, (list(values),)))
