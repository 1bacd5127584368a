"""How long it is from one point of time to another.

Both are first put on one clock: what has no zone gets the other's, what has no date gets the other's. Months and days
are counted on that clock, and the rest is what really passes, so that a day on which clocks are put back has 25 hours.
Where one of the two has no date, only time is counted.
"""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.temporal import calendar
from cypher_executor.cypher.temporal.building import Zone, zone_of
from cypher_executor.cypher.temporal.durations import Duration
from cypher_executor.cypher.temporal.instants import DateTime, Instant, Time
from cypher_executor.errors import ExpressionError


def between(start: Any, end: Any) -> Duration:
    """In months, days and nanoseconds."""
    first, last, dated = _on_one_clock(start, end, "between")
    if not dated:
        return Duration(0, 0, last.instant - first.instant)
    months = _months(first, last)
    moved = first.moved(Duration(months=months))
    days = _days(moved, last)
    moved = moved.moved(Duration(days=days))
    return Duration(months, days, last.instant - moved.instant)


def in_months(start: Any, end: Any) -> Duration:
    """In whole months."""
    first, last, dated = _on_one_clock(start, end, "inMonths")
    return Duration(months=_months(first, last) if dated else 0)


def in_days(start: Any, end: Any) -> Duration:
    """In whole days."""
    first, last, dated = _on_one_clock(start, end, "inDays")
    return Duration(days=_days(first, last) if dated else 0)


def in_seconds(start: Any, end: Any) -> Duration:
    """In time only."""
    first, last, _ = _on_one_clock(start, end, "inSeconds")
    return Duration(nanoseconds=last.instant - first.instant)


def _on_one_clock(start: Any, end: Any, what: str) -> tuple[DateTime, DateTime, bool]:
    for value in (start, end):
        if not isinstance(value, Instant):
            raise ExpressionError(f"duration.{what}() takes two points of time", code="wrong_type")
    zone = zone_of(start) or zone_of(end) or Zone(None)
    other = zone_of(end) or zone
    first = _dated(start, zone, end)
    last = _dated(end, other, start)
    return first, at_same(last, first), start.has_date and end.has_date


def _dated(value: Instant, zone: Zone, other: Instant) -> DateTime:
    """The value with a date (its own, or the other's) and a time (its own, or midnight), in a zone."""
    days = value.days if value.has_date else other.days if other.has_date else 0
    nanoseconds = value.nanoseconds if value.has_time else 0
    if isinstance(value, DateTime):
        return value
    if isinstance(value, Time):
        return DateTime(days, nanoseconds, value.offset_s)
    return zone.at(days, nanoseconds)


def at_same(value: DateTime, other: DateTime) -> DateTime:
    """The same moment on the clock of another."""
    return Zone(other.zone, other.offset_s).of_instant(value.instant)


def _months(first: DateTime, last: DateTime) -> int:
    """Whole months on the clock, towards zero."""
    year, month, day = calendar.date_of(first.days)
    last_year, last_month, last_day = calendar.date_of(last.days)
    months = (last_year - year) * 12 + last_month - month
    begin, end = (day, first.nanoseconds), (last_day, last.nanoseconds)
    if months > 0 and end < begin:
        return months - 1
    return months + 1 if months < 0 and end > begin else months


def _days(first: DateTime, last: DateTime) -> int:
    """Whole days on the clock, towards zero."""
    days = last.days - first.days
    if days > 0 and last.nanoseconds < first.nanoseconds:
        return days - 1
    return days + 1 if days < 0 and last.nanoseconds > first.nanoseconds else days
