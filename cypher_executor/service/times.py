"""Times as they leave the service - ISO 8601 in UTC, with microseconds and `Z` - and as they are asked for."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import overload

from cypher_executor.core.durations import duration_ms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLUS_OF_A_QUERY = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")
"""Where the `+` of an offset was not escaped in a query: there it stands for a space."""


@overload
def iso(at_us: int) -> str: ...
@overload
def iso(at_us: None) -> None: ...
def iso(at_us: int | None) -> str | None:
    """Microseconds since 1970 UTC as text; None stays None."""
    if at_us is None:
        return None
    second, microseconds = divmod(at_us, 1_000_000)
    return f"{_to_the_second(second)}.{microseconds:06d}Z"


@lru_cache(maxsize=1024)
def _to_the_second(second: int) -> str:
    """The times of one answer lie close together: most of their text is the same."""
    return (_EPOCH + timedelta(seconds=second)).replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was asked for, in microseconds: since 1970 UTC or, with `ago`, before now."""

    us: int
    ago: bool = False

    def seen_at(self, now_us: int) -> int:
        """The time itself, in microseconds since 1970 UTC."""
        return now_us - self.us if self.ago else self.us


def moment(text: str) -> Moment:
    """A time as RFC 3339 writes it, or a duration that has passed since. Raises ValueError with a sentence."""
    with contextlib.suppress(ValueError):
        return Moment(duration_ms(text) * 1000, ago=True)
    try:
        when = datetime.fromisoformat(_PLUS_OF_A_QUERY.sub("+", text.upper(), 1))
    except ValueError:
        raise ValueError(
            "write a time, like 2026-12-31T08:00:00Z, or how long ago it was, like 90m, 2h or 7d"
        ) from None
    if when.tzinfo is None:
        raise ValueError(f"say the offset of the time, as in {when.isoformat(timespec='seconds')}Z")
    return Moment((when - _EPOCH) // timedelta(microseconds=1))
