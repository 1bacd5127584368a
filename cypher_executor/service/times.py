"""Times as they leave the service: ISO 8601 in UTC, with microseconds and `Z`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
