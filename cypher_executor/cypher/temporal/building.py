"""Temporal values from maps of components, alone or on top of another value.

A date is told in one of four ways: month and day, week and weekday, day of the year, day of the quarter; whatever is
left out comes from the value that is built upon, or is the first there is. What is built upon another value is first
put together in that value's zone; a `timezone` beside it then means the same moment on another clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.temporal import calendar, zones
from cypher_executor.cypher.temporal.durations import HOUR, MINUTE, SECOND
from cypher_executor.cypher.temporal.instants import (
    Date,
    DateTime,
    Instant,
    LocalDateTime,
    LocalTime,
    Time,
    at_instant,
    day_in_quarter,
    in_zone,
)
from cypher_executor.errors import ExpressionError

Given = Mapping[str, Any]

_WAYS = (
    ("week", "dayOfWeek"),
    ("ordinalDay",),
    ("quarter", "dayOfQuarter"),
    ("month", "day"),
)
DATE_KEYS = frozenset({"year", *(key for way in _WAYS for key in way)})
TIME_KEYS = frozenset({"hour", "minute", "second", "millisecond", "microsecond", "nanosecond"})


@dataclass(frozen=True, slots=True)
class Zone:
    """A named zone, or an offset."""

    name: str | None
    offset_s: int = 0

    def at(self, days: int, nanoseconds: int) -> DateTime:
        """A local date and time there."""
        return in_zone(days, nanoseconds, self.name, None if self.name else self.offset_s)

    def of_instant(self, instant: int) -> DateTime:
        """The date and time there at a moment."""
        return at_instant(instant, self.name, self.offset_s)


UTC = Zone(None)


def read_zone(text: Any) -> Zone:
    """`'+01:00'`, `'Z'`, `'Europe/Berlin'`."""
    if not isinstance(text, str):
        raise ExpressionError("a time zone is a text, such as '+01:00' or 'Europe/Berlin'", code="wrong_type")
    offset = zones.read_offset(text)
    if offset is None:
        zones.zone(text)
    return Zone(text) if offset is None else Zone(None, offset)


def zone_of(value: Instant) -> Zone | None:
    """The zone that a value has."""
    return Zone(value.zone, value.offset_s) if value.has_zone else None


def build_date(given: Given) -> Date:
    _only(given, "date", DATE_KEYS | {"date", "timezone"})
    base = _part(given, "date", "has_date")
    return Date(date_of(given, None if base is None else base.days))


def build_local_time(given: Given) -> LocalTime:
    _only(given, "local time", TIME_KEYS | {"time"})
    base = _part(given, "time", "has_time")
    return LocalTime(time_of(given, None if base is None else base.nanoseconds))


def build_time(given: Given, now_s: int) -> Time:
    """A named zone has no offset without a date, so the one that it has now is taken."""
    _only(given, "time", TIME_KEYS | {"time", "timezone"})
    base = _part(given, "time", "has_time")
    nanoseconds = time_of(given, None if base is None else base.nanoseconds)
    own = zone_of(base) if base is not None else None
    wanted = read_zone(given["timezone"]) if "timezone" in given else own or UTC
    offset_s = zones.offset_at(wanted.name, now_s) if wanted.name and wanted is not own else wanted.offset_s
    if own is not None:
        nanoseconds = (nanoseconds + (offset_s - own.offset_s) * SECOND) % (24 * HOUR)
    return Time(nanoseconds, offset_s)


def build_local_datetime(given: Given) -> LocalDateTime:
    _only(given, "local date and time", DATE_KEYS | TIME_KEYS | {"date", "time", "datetime"})
    return LocalDateTime(*_both(given))


def build_datetime(given: Given) -> DateTime:
    if given.keys() & {"epochSeconds", "epochMillis"}:
        return _from_epoch(given)
    _only(given, "date and time", DATE_KEYS | TIME_KEYS | {"date", "time", "datetime", "timezone"})
    base = _part(given, "datetime", "has_date") or _part(given, "time", "has_time")
    own = zone_of(base) if base is not None else None
    wanted = read_zone(given["timezone"]) if "timezone" in given else None
    found = (own or wanted or UTC).at(*_both(given))
    return found if own is None or wanted is None else wanted.of_instant(found.instant)


def _from_epoch(given: Given) -> DateTime:
    _only(given, "date and time", {"epochSeconds", "epochMillis", "nanosecond", "timezone"})
    if given.keys() >= {"epochSeconds", "epochMillis"}:
        raise _wrong("epochSeconds and epochMillis say the same: one of them is enough")
    zone = read_zone(given["timezone"]) if "timezone" in given else UTC
    if "epochSeconds" in given:
        instant = _integer(given, "epochSeconds", 0) * SECOND
    else:
        instant = _integer(given, "epochMillis", 0) * 10**6
    return zone.of_instant(instant + _integer(given, "nanosecond", 0))


def _both(given: Given) -> tuple[int, int]:
    whole = _part(given, "datetime", "has_date", "has_time")
    date, time = _part(given, "date", "has_date") or whole, _part(given, "time", "has_time") or whole
    days = date_of(given, None if date is None else date.days)
    return days, time_of(given, 0 if time is None and not given.keys() & TIME_KEYS else _of_day(time))


def _of_day(time: Instant | None) -> int | None:
    return None if time is None else time.nanoseconds


def _part(given: Given, key: str, *has: str) -> Instant | None:
    """The value that is built upon, which must have a date, or a time, or both."""
    if key not in given:
        return None
    value = given[key]
    if not isinstance(value, Instant) or not all(getattr(value, attribute) for attribute in has):
        raise ExpressionError(f"`{key}` takes a value that has one", code="wrong_type")
    return value


def date_of(given: Given, base: int | None) -> int:
    """The day that components tell, on top of another day or alone."""
    ways = [way for way in _WAYS if any(key in given for key in way)]
    if len(ways) > 1:
        raise _wrong(f"{ways[0][0]} and {ways[1][0]} are two ways to tell a date: one of them is enough")
    way = ways[0][0] if ways else "month"
    if base is None:
        if "year" not in given:
            raise _wrong("a date needs a year")
        if "day" in given and "month" not in given:
            raise _wrong("a day needs a month")
        base = calendar.days_of(_integer(given, "year", 0), 1, 1) if way != "week" else None
    return _OF_WAY[way](given, base)


def _by_week(given: Given, base: int | None) -> int:
    year, week = (0, 1) if base is None else calendar.week_of(base)
    weekday = 1 if base is None else calendar.weekday_of(base)
    parts = (_integer(given, "year", year), _integer(given, "week", week), _integer(given, "dayOfWeek", weekday))
    return calendar.day_of_week(*parts)


def _by_ordinal(given: Given, base: int | None) -> int:
    assert base is not None
    year = calendar.date_of(base)[0]
    return calendar.day_of_year(_integer(given, "year", year), _integer(given, "ordinalDay", 1))


def _by_quarter(given: Given, base: int | None) -> int:
    assert base is not None
    year, month, _ = calendar.date_of(base)
    parts = _integer(given, "quarter", (month + 2) // 3), _integer(given, "dayOfQuarter", day_in_quarter(base))
    return calendar.day_of_quarter(_integer(given, "year", year), *parts)


def _by_month(given: Given, base: int | None) -> int:
    assert base is not None
    year, month, day = calendar.date_of(base)
    return calendar.days_of(_integer(given, "year", year), _integer(given, "month", month), _integer(given, "day", day))


_OF_WAY = {"week": _by_week, "ordinalDay": _by_ordinal, "quarter": _by_quarter, "month": _by_month}


def time_of(given: Given, base: int | None) -> int:
    """The time of day that components tell, in nanoseconds, on top of another time or alone."""
    if base is None:
        _no_gaps(given)
        base = 0
    hour = _within(given, "hour", base // HOUR, 24)
    minute = _within(given, "minute", base // MINUTE % 60, 60)
    second = _within(given, "second", base // SECOND % 60, 60)
    return hour * HOUR + minute * MINUTE + second * SECOND + _fraction(given, base % SECOND)


def _no_gaps(given: Given) -> None:
    if "hour" not in given:
        raise _wrong("a time needs an hour")
    below = given.keys() & {"millisecond", "microsecond", "nanosecond"}
    for key, needs in (("second", "minute"), *((k, "second") for k in sorted(below))):
        if key in given and needs not in given:
            raise _wrong(f"a {key} needs a {needs}")


def _fraction(given: Given, base: int) -> int:
    """Each unit may count all of a second, or what the larger one beside it leaves over."""
    if not given.keys() & {"millisecond", "microsecond", "nanosecond"}:
        return base
    found, room = 0, SECOND
    for key, size in (("millisecond", 10**6), ("microsecond", 1000), ("nanosecond", 1)):
        if key in given:
            found += _within(given, key, 0, room // size) * size
            room = size
    return found


def _within(given: Given, key: str, default: int, limit: int) -> int:
    value = _integer(given, key, default)
    if not 0 <= value < limit:
        raise _wrong(f"`{key}` goes from 0 to {limit - 1:,}, and this is {value:,}")
    return value


def _integer(given: Given, key: str, default: int) -> int:
    value = given.get(key, default)
    if type(value) is not int:
        raise ExpressionError(f"`{key}` is an integer", code="wrong_type")
    return value


def _only(given: Given, what: str, known: frozenset[str] | set[str]) -> None:
    for key, value in given.items():
        if key not in known:
            raise _wrong(f"a {what} has no `{key}`")
        if value is None:
            raise _wrong(f"`{key}` is null")


def _wrong(why: str) -> ExpressionError:
    return ExpressionError(f"there is no such date or time: {why}", code="invalid_temporal")
