"""Temporal values from text, in all the forms of ISO 8601 that openCypher knows: with and without separators, with
less than a whole date or time, with weeks, ordinal days and quarters, and with a zone in brackets."""

from __future__ import annotations

import re
from fractions import Fraction

from cypher_executor.cypher.temporal import calendar, zones
from cypher_executor.cypher.temporal.durations import DAY, HOUR, MINUTE, SECOND, Duration, from_parts
from cypher_executor.cypher.temporal.instants import Date, DateTime, LocalDateTime, LocalTime, Time, in_zone
from cypher_executor.errors import ExpressionError

_YEAR = r"(?P<year>[+\-]\d{1,9}|\d{4})"
_DATES = tuple(
    re.compile(_YEAR + rest, re.ASCII)
    for rest in (
        r"",
        r"-(?P<month>\d\d)(?:-(?P<day>\d\d))?",
        r"(?P<month>\d\d)(?P<day>\d\d)?",
        r"-W(?P<week>\d\d)(?:-(?P<weekday>\d))?",
        r"W(?P<week>\d\d)(?P<weekday>\d)?",
        r"-Q(?P<quarter>\d)(?:-(?P<of_quarter>\d\d))?",
        r"Q(?P<quarter>\d)(?P<of_quarter>\d\d)?",
        r"-?(?P<ordinal>\d{3})",
    )
)
_TIMES = tuple(
    re.compile(text, re.ASCII)
    for text in (
        r"(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?",
        r"(?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?",
    )
)
_ZONED = re.compile(r"(?P<local>[^Zz+\-−\[]+)(?P<offset>[Zz]|[+\-−][\d:]+)?(?:\[(?P<zone>[^\]]+)\])?")
_AMOUNT = r"([+\-]?\d{1,25}(?:[.,]\d{1,25})?)"
_UNITS = re.compile(
    r"([+\-]?)P(?!$)"
    + "".join(rf"(?:{_AMOUNT}{letter})?" for letter in "YMWD")
    + r"(?:T(?!$)"
    + "".join(rf"(?:{_AMOUNT}{letter})?" for letter in "HMS")
    + ")?",
    re.IGNORECASE | re.ASCII,
)
_AS_DATE = re.compile(
    r"P(?P<years>\d{4})-?(?P<months>\d\d)-?(?P<days>\d\d)"
    r"T(?P<hours>\d\d):?(?P<minutes>\d\d):?(?P<seconds>\d\d(?:[.,]\d{1,9})?)",
    re.ASCII,
)


def read_date(text: str) -> Date:
    return Date(_days(text))


def read_local_time(text: str) -> LocalTime:
    return LocalTime(_nanoseconds(text))


def read_time(text: str, default_offset_s: int = 0) -> Time:
    """Without an offset, it gets the one that is given."""
    local, offset, zone = _split(text, "time")
    if zone is not None:
        raise _unreadable("time", text)
    return Time(_nanoseconds(local), default_offset_s if offset is None else offset)


def read_local_datetime(text: str) -> LocalDateTime:
    return LocalDateTime(*_local(text, text))


def read_datetime(text: str, default_zone: str | None = None) -> DateTime:
    """Without an offset and a zone, it is in the zone that is given, or in UTC."""
    date, separator, rest = text.partition("T")
    local, offset, zone = _split(rest, "datetime") if separator else (rest, None, None)
    days, nanoseconds = _local(f"{date}{separator}{local}", text)
    if zone is None:
        return in_zone(days, nanoseconds, default_zone if offset is None else None, offset)
    zones.zone(zone)
    found = in_zone(days, nanoseconds, zone, offset)
    if offset is not None and found.offset_s != offset:
        why = f"in {zone} the offset is {zones.offset_text(found.offset_s)} then, and not {zones.offset_text(offset)}"
        raise ExpressionError(f"'{text}' is no date and time: {why}", code="invalid_temporal")
    return found


def read_duration(text: str) -> Duration:
    found = _UNITS.fullmatch(text)
    if found is not None:
        sign, *amounts = found.groups()
        years, months, weeks, days, hours, minutes, seconds = (_amount(a) for a in amounts)
        by = -1 if sign == "-" else 1
        time = hours * HOUR + minutes * MINUTE + seconds * SECOND
        return from_parts(by * (years * 12 + months), by * (weeks * 7 + days), by * time)
    found = _AS_DATE.fullmatch(text)
    if found is None:
        raise _unreadable("duration", text)
    part = {key: _amount(value) for key, value in found.groupdict().items()}
    time = part["hours"] * HOUR + part["minutes"] * MINUTE + part["seconds"] * SECOND
    return from_parts(part["years"] * 12 + part["months"], part["days"], time)


def _amount(text: str | None) -> Fraction:
    return Fraction(0) if text is None else Fraction(text.replace(",", "."))


def _split(text: str, kind: str) -> tuple[str, int | None, str | None]:
    """The local part, the offset and the zone of a time."""
    found = _ZONED.fullmatch(text)
    offset = zones.read_offset(found["offset"]) if found and found["offset"] else None
    if found is None or (found["offset"] and offset is None):
        raise _unreadable(kind, text)
    return found["local"], offset, found["zone"]


def _local(text: str, whole: str) -> tuple[int, int]:
    date, separator, time = text.partition("T")
    if separator and not time:
        raise _unreadable("date and time", whole)
    return _days(date), _nanoseconds(time) if separator else 0


def _days(text: str) -> int:
    found = next((f for pattern in _DATES if (f := pattern.fullmatch(text))), None)
    if found is None:
        raise _unreadable("date", text)
    part = {key: int(value) for key, value in found.groupdict().items() if value is not None}
    year = part["year"]
    if "week" in part:
        return calendar.day_of_week(year, part["week"], part.get("weekday", 1))
    if "quarter" in part:
        return calendar.day_of_quarter(year, part["quarter"], part.get("of_quarter", 1))
    if "ordinal" in part:
        return calendar.day_of_year(year, part["ordinal"])
    return calendar.days_of(year, part.get("month", 1), part.get("day", 1))


def _nanoseconds(text: str) -> int:
    found = next((f for pattern in _TIMES if (f := pattern.fullmatch(text))), None)
    if found is None:
        raise _unreadable("time", text)
    hour, minute, second = (int(found[key] or 0) for key in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise _unreadable("time", text)
    total = hour * HOUR + minute * MINUTE + second * SECOND + int((found["fraction"] or "0").ljust(9, "0"))
    assert total < DAY
    return total


def _unreadable(kind: str, text: str) -> ExpressionError:
    shown = text if len(text) <= 60 else text[:59] + "…"
    return ExpressionError(f"'{shown}' does not read as a {kind} of ISO 8601", code="invalid_temporal")
