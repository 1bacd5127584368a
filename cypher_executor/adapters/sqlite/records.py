"""Events as rows: JSON, with large fields kept outside of it.

orjson writes and reads it. The few JSON values that orjson refuses (nested more than 254 deep, half a surrogate pair,
integers beyond 64 bits) go through the standard library's slower `json` and are marked with a space in front, because
one odd value of one run must not hold up the group that it is written in.

A field whose JSON is over 64 KiB is filed in `blobs` under its digest, once however many events carry it: an input
that fans out into a hundred children is stored one time. Which fields those are is said beside the event, not in it,
so no value of a user can be mistaken for a reference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import orjson

from cypher_executor import errors
from cypher_executor.core.events import Event, from_record, kind_of

OUTSIDE_BYTES = 64 * 1024
_ODD = b" "

Fetch = Callable[[str], Any]
"""Gives the value of a blob by its digest. Raises ValueError when it is missing or not what the digest says."""


class Undecodable(ValueError):
    """A row that is no event of this version: it is damaged, or a newer version wrote it. Says which in a sentence."""


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
    large = {name: text for name, value in inside.items() if len(text := _json(value)) > OUTSIDE_BYTES}
    if not large:
        return Record(kind_of(event), event.at_us, body)
    digests = {name: digest_of(text) for name, text in large.items()}
    body = _json({name: value for name, value in inside.items() if name not in large})
    blobs = tuple((digests[name], text) for name, text in large.items())
    return Record(kind_of(event), event.at_us, body, orjson.dumps(digests).decode(), blobs)


def decode(kind: str, body: bytes, outside: str | None, fetch: Fetch) -> Event:
    """The event of a row; fields that are outside are fetched. Raises Undecodable."""
    try:
        values = _value(body)
        for name, digest in orjson.loads(outside).items() if outside else ():
            values[name] = fetch(digest)
        return from_record(kind, values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Undecodable(str(error)) from error


def value_of_blob(digest: str, body: bytes | None) -> Any:
    """The value that was filed under this digest. Raises ValueError when that is not what is there."""
    if body is None:
        raise ValueError(f"the large value {digest[:12]} is missing")
    if digest_of(body) != digest:
        raise ValueError(f"the large value {digest[:12]} is damaged")
    return _value(body)


def digest_of(text: bytes) -> str:
    """The name of a blob."""
    return hashlib.sha256(text).hexdigest()


def _json(value: object) -> bytes:
    try:
        return orjson.dumps(value, default=_plain)
    except orjson.JSONEncodeError:
        return _odd_json(value)


def _odd_json(value: object) -> bytes:
    try:
        return _ODD + json.dumps(value, default=_plain, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise errors.RequestInvalid(f"a value cannot be journaled: {error}", code="value_not_storable") from error


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _value(text: bytes) -> Any:
    return json.loads(text) if text.startswith(_ODD) else orjson.loads(text)
