"""How large a value is to somebody who goes through it: its values, and its text by the piece."""

from __future__ import annotations

from cypher_executor.core.recipe import Value

_PIECE = 16
"""So many characters take as long as a value."""


def size_of(value: Value, limit: int) -> int | None:
    """The size of a value; None when it is larger than `limit`. Stops counting there."""
    size, pending = 0, [value]
    while pending:
        one = pending.pop()
        size += 1
        if isinstance(one, str):
            size += len(one) // _PIECE
        elif isinstance(one, list):
            pending.extend(one)
        elif isinstance(one, dict):
            size += sum(map(len, one)) // _PIECE
            pending.extend(one.values())
        if size + len(pending) > limit:
            return None
    return size
