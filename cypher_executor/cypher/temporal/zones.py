"""Offsets and named time zones.

The rules of named zones are read from the `tzdata` package, and only where that is missing from the system's own
files. Systems differ in what they keep of the years before 1970, and a run that is replayed on another machine must
find the same times.

Years that Python's dates do not have are looked up in one that has the same calendar, 400 years or a multiple away;
before the first of them no zone had a rule, so its oldest offset counts.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cypher_executor.errors import ExpressionError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_LOCAL = datetime(1970, 1, 1)
_CYCLE_S = 146_097 * 86_400
_FIRST_S = -62_104_060_800
"""The beginning of the year 2, so that no offset leads out of what Python can count."""

_LAST_S = 253_370_764_800
"""The beginning of the year 9999."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*")
_OFFSET = re.compile(r"([+\-−])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?", re.ASCII)
MAX_OFFSET_S = 18 * 3600


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone with this name. Raises ExpressionError for a name that is none."""
    if _NAME.fullmatch(name):
        try:
            return _shipped(name)
        except (OSError, ValueError, ModuleNotFoundError):
            pass
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, ZoneInfoNotFoundError):
            pass
    raise ExpressionError(f"no time zone is called '{name}'", code="invalid_temporal")


def _shipped(name: str) -> ZoneInfo:
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with file.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def offset_at(name: str, instant_s: int) -> int:
    """The offset of a zone, in seconds, at a number of seconds since 1970 in UTC."""
    moment = _EPOCH + timedelta(seconds=_countable(instant_s))
    return _seconds(moment.astimezone(zone(name)).utcoffset())


def offset_of_local(name: str, local_s: int) -> int:
    """The offset of a zone at a local time, in seconds. Where clocks are put back and a time comes twice, the first
    one is meant; where they are put forward, the offset before the gap, which leads behind it."""
    moment = _EPOCH_LOCAL + timedelta(seconds=_countable(local_s))
    return _seconds(moment.replace(tzinfo=zone(name)).utcoffset())


def _countable(seconds: int) -> int:
    if seconds >= _LAST_S:
        return seconds - ((seconds - _LAST_S) // _CYCLE_S + 1) * _CYCLE_S
    return max(seconds, _FIRST_S)


def _seconds(offset: timedelta | None) -> int:
    assert offset is not None
    return offset.days * 86_400 + offset.seconds


def offset_text(offset_s: int) -> str:
    """`Z`, `+01:00`, `-00:53:28`."""
    if offset_s == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset_s), 60)
    text = f"{'-' if offset_s < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return text + (f":{seconds:02d}" if seconds else "")


def read_offset(text: str) -> int | None:
    """The seconds of an offset that is written as one; None for any other text."""
    if text in ("Z", "z"):
        return 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    sign, hours, minutes, seconds = found.groups()
    total = int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    if total > MAX_OFFSET_S or int(minutes or 0) > 59 or int(seconds or 0) > 59:
        raise ExpressionError(f"an offset goes up to 18 hours, and this is {text}", code="invalid_temporal")
    return total if sign == "+" else -total
