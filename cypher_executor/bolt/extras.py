"""What stands in the maps of requests: read with its types, so that a wrong one is told and not met later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cypher_executor.bolt.results import LAST
from cypher_executor.compat.refusals import FORBIDDEN, INVALID_REQUEST, Refused


@dataclass(frozen=True, slots=True)
class Begun:
    """How a transaction, or a question of its own, is to be carried out."""

    database: str | None = None
    may_write: bool = True
    timeout_s: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def begun(extra: Mapping[str, Any]) -> Begun:
    """What RUN and BEGIN say. Bookmarks need no waiting: whoever asks sees all that was on disk before.

    Raises Refused.
    """
    if _one(extra, "imp_user", str) is not None:
        raise Refused(FORBIDDEN, "nobody can ask in another's name here")
    _one(extra, "bookmarks", list)
    timeout_ms = _one(extra, "tx_timeout", int)
    if timeout_ms is not None and timeout_ms < 0:
        raise Refused(INVALID_REQUEST, "`tx_timeout` is negative")
    metadata = _one(extra, "tx_metadata", dict) or {}
    seconds = timeout_ms / 1000 if timeout_ms else None
    return Begun(_one(extra, "db", str), _one(extra, "mode", str) != "r", seconds, metadata)


def wanted(extra: Mapping[str, Any]) -> tuple[int | None, int]:
    """How many rows PULL and DISCARD want, None for all, and of which answer. Raises Refused."""
    count = _one(extra, "n", int)
    number = _one(extra, "qid", int)
    if count is None or (count < 1 and count != -1):
        raise Refused(INVALID_REQUEST, "`n` says how many rows: a number from 1, or -1 for all")
    return None if count == -1 else count, LAST if number is None else number


@dataclass(frozen=True, slots=True)
class Credentials:
    """How somebody says who they are. With `basic` and `bearer` a key stands in `credentials`."""

    scheme: str
    principal: str = ""
    credentials: str = field(default="", repr=False)


def credentials(extra: Mapping[str, Any]) -> Credentials:
    """What HELLO or LOGON says; without a scheme it is `none`. Raises Refused."""
    scheme = _one(extra, "scheme", str) or "none"
    return Credentials(scheme, _one(extra, "principal", str) or "", _one(extra, "credentials", str) or "")


def _one(extra: Mapping[str, Any], name: str, kind: type) -> Any:
    value = extra.get(name)
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise Refused(INVALID_REQUEST, f"`{name}` is of another type than it should be")
    return value
