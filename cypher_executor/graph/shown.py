"""Values as properties of a graph, which holds no maps and should hold nothing large."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cypher_executor.core.recipe import Value
from cypher_executor.cypher.temporal.instants import DateTime, at_instant
from cypher_executor.errors import Failure

MAX_JSON = 4_096
"""Characters of a whole value. A longer one is told by its keys and its size, and is kept by the service."""

MAX_TEXT = 200
"""Characters of a value that is there to be read."""


def moment(at_us: int | None) -> DateTime | None:
    """A time of the journal, in UTC."""
    return None if at_us is None else at_instant(at_us * 1_000, None)


def milliseconds(since_us: int | None, until_us: int | None) -> int | None:
    """How long something took."""
    return None if since_us is None or until_us is None else (until_us - since_us) // 1_000


def whole(value: Value) -> str | None:
    """A value as JSON; None for null, and for what is too long to stand in a graph."""
    if value is None:
        return None
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return sound(text) if len(text) <= MAX_JSON else None


def readable(value: Value) -> Any:
    """A value as a person wants to see it in one property: scalars as they are, all else as the beginning of JSON."""
    if isinstance(value, bool | float) or (isinstance(value, int) and -(2**63) <= value < 2**63):
        return value
    text = value if isinstance(value, str) else whole(value)
    if text is None:
        return None if value is None else f"({type(value).__name__})"
    return sound(text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…")


def keys(value: Value) -> list[str] | None:
    """What a map has; None for what is no map."""
    return [sound(key) for key in list(value)[:100]] if isinstance(value, Mapping) else None


def failing(failure: Failure | None) -> dict[str, str | None]:
    """How something failed, as two properties."""
    if failure is None:
        return {"error_code": None, "error": None}
    return {"error_code": sound(failure.code), "error": readable(failure.message)}


def sound(text: str) -> str:
    """The text without halves of surrogate pairs, which no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
