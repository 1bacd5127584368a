"""Events as rows: JSON, with large fields kept outside of it.

A field whose JSON is over 64 KiB is filed in `blobs` under its digest, once however many events carry it: an input
that fans out into a hundred children is stored one time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import apsw
import orjson

from cypher_executor import errors
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import Event, from_record, kind_of

OUTSIDE_BYTES = 64 * 1024
_SQL = statements("journal")


@dataclass(frozen=True, slots=True)
class Record:
    """An event as it is stored. `outside` maps names of fields to digests as JSON, `blobs` has what they stand for."""

    kind: str
    at_us: int
    body: bytes
    outside: str | None = None
    blobs: tuple[tuple[str, bytes], ...] = ()


def encode(event: Event) -> Record:
    """The record of an event. Raises RequestInvalid for a value that is not JSON (or is nested too deep)."""
    body = _json(event)
    if len(body) <= OUTSIDE_BYTES:
        return Record(kind_of(event), event.at_us, body)
    inside = {field.name: getattr(event, field.name) for field in fields(event)}
    large = {name: json for name, value in inside.items() if len(json := _json(value)) > OUTSIDE_BYTES}
    digests = {name: hashlib.sha256(json).hexdigest() for name, json in large.items()}
    body = _json({name: value for name, value in inside.items() if name not in large})
    blobs = tuple((digests[name], json) for name, json in large.items())
    return Record(kind_of(event), event.at_us, body, orjson.dumps(digests).decode(), blobs)


def decode(connection: apsw.Connection, kind: str, body: bytes, outside: str | None) -> Event:
    """The event of a row; fields that are outside are fetched.

    Raises Unavailable for an event that this version does not know.
    """
    fields_of: dict[str, Any] = orjson.loads(body)
    for name, digest in orjson.loads(outside).items() if outside else ():
        fields_of[name] = orjson.loads(connection.execute(_SQL["blob"], (digest,)).get)
    try:
        return from_record(kind, fields_of)
    except ValueError as error:
        raise errors.Unavailable(
            str(error), code="journal_unavailable", next_actions=["run a newer version"]
        ) from error


def _json(value: object) -> bytes:
    try:
        return orjson.dumps(value, default=_plain)
    except orjson.JSONEncodeError as error:
        raise errors.RequestInvalid(f"a value cannot be journaled: {error}", code="value_not_storable") from error


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")
