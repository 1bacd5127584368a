"""Times as they leave the service: ISO 8601 in UTC, with microseconds and `Z`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
    at = _EPOCH + timedelta(microseconds=at_us)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
