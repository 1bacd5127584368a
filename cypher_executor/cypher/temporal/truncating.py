"""`truncate`: a point of time back to the beginning of the unit that it is in, and then perhaps on from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cypher_executor.cypher.temporal import calendar
from cypher_executor.cypher.temporal.building import (
    DATE_KEYS,
    TIME_KEYS,
    UTC,
    Zone,
    date_of,
    read_zone,
    time_of,
    zone_of,
)
from cypher_executor.cypher.temporal.durations import DAY, HOUR, MINUTE, SECOND
from cypher_executor.cypher.temporal.instants import Date, DateTime, Instant, LocalDateTime, LocalTime, Time
from cypher_executor.errors import ExpressionError

Given = Mapping[str, Any]


def _year(days: int, of: int) -> int:
    return calendar.days_of(calendar.date_of(days)[0] // of * of, 1, 1)


def _quarter(days: int) -> int:
    year, month, _ = calendar.date_of(days)
    return calendar.days_of(year, (month - 1) // 3 * 3 + 1, 1)


def _month(days: int) -> int:
    year, month, _ = calendar.date_of(days)
    return calendar.days_of(year, month, 1)


_DATE_UNITS: Mapping[str, Callable[[int], int]] = {
    "millennium": lambda days: _year(days, 1000),
    "century": lambda days: _year(days, 100),
    "decade": lambda days: _year(days, 10),
    "year": lambda days: _year(days, 1),
    "weekyear": lambda days: calendar.first_week_of(calendar.week_of(days)[0]),
    "quarter": _quarter,
    "month": _month,
    "week": lambda days: days - calendar.weekday_of(days) + 1,
    "day": lambda days: days,
}
_TIME_UNITS: Mapping[str, int] = {
    "day": DAY, "hour": HOUR, "minute": MINUTE, "second": SECOND, "millisecond": 10**6, "microsecond": 1000,
}  # fmt: skip


def _date(unit: str, days: int, given: Given) -> int:
    truncate = _DATE_UNITS.get(unit)
    found = days if truncate is None else truncate(days)
    return date_of(given, found) if given.keys() & DATE_KEYS else found


def _time(unit: str, nanoseconds: int, given: Given) -> int:
    """A nanosecond counts from the beginning of the unit."""
    size = _TIME_UNITS.get(unit, DAY)
    found = nanoseconds // size * size
    if size < SECOND and "nanosecond" in given:
        more = time_of({"nanosecond": given["nanosecond"]}, 0)
        if more >= size:
            raise ExpressionError(f"a {unit} has no {more:,} nanoseconds", code="invalid_temporal")
        given = {key: value for key, value in given.items() if key != "nanosecond"}
        found += more
    return time_of(given, found)


def _asked(unit: Any, value: Any, given: Any, kind: str, keys: frozenset[str], units: Mapping[str, Any]) -> str:
    """The unit, when the arguments are such as this kind of value takes."""
    if not isinstance(unit, str) or not isinstance(value, Instant) or not isinstance(given, dict):
        raise ExpressionError(f"{kind}.truncate() takes a unit, a point of time, and perhaps a map", code="wrong_type")
    if unit.lower() not in units:
        known = ", ".join(units)
        raise ExpressionError(f"{kind}.truncate() knows no unit '{unit}': it knows {known}", code="invalid_temporal")
    for key in given:
        if key not in keys:
            raise ExpressionError(f"{kind}.truncate() sets no `{key}`", code="invalid_temporal")
    return unit.lower()


def _needs(value: Instant, kind: str, *, date: bool, time: bool) -> None:
    if (date and not value.has_date) or (time and not value.has_time):
        raise ExpressionError(f"{kind}.truncate() cannot be made of {value.kind}", code="wrong_type")


_ZONE = frozenset({"timezone"})
_ALL_UNITS = {**_DATE_UNITS, **_TIME_UNITS}


def truncate_date(unit: Any, value: Any, given: Any) -> Date:
    found = _asked(unit, value, given, "date", DATE_KEYS, _DATE_UNITS)
    _needs(value, "date", date=True, time=False)
    return Date(_date(found, value.days, given))


def truncate_local_time(unit: Any, value: Any, given: Any) -> LocalTime:
    found = _asked(unit, value, given, "localtime", TIME_KEYS, _TIME_UNITS)
    _needs(value, "localtime", date=False, time=True)
    return LocalTime(_time(found, value.nanoseconds, given))


def truncate_time(unit: Any, value: Any, given: Any) -> Time:
    found = _asked(unit, value, given, "time", TIME_KEYS | _ZONE, _TIME_UNITS)
    _needs(value, "time", date=False, time=True)
    zone = _zone(value, given)
    nanoseconds = _time(found, value.nanoseconds, _without_zone(given))
    if zone.name is not None and value.has_date:
        return Time(nanoseconds, zone.at(value.days, nanoseconds).offset_s)
    if zone.name is not None and "timezone" in given:
        raise ExpressionError(f"'{zone.name}' has no offset without a date", code="invalid_temporal")
    return Time(nanoseconds, zone.offset_s)


def truncate_local_datetime(unit: Any, value: Any, given: Any) -> LocalDateTime:
    found = _asked(unit, value, given, "localdatetime", DATE_KEYS | TIME_KEYS, _ALL_UNITS)
    _needs(value, "localdatetime", date=True, time=False)
    return LocalDateTime(*_both(found, value, given))


def truncate_datetime(unit: Any, value: Any, given: Any) -> DateTime:
    found = _asked(unit, value, given, "datetime", DATE_KEYS | TIME_KEYS | _ZONE, _ALL_UNITS)
    _needs(value, "datetime", date=True, time=False)
    return _zone(value, given).at(*_both(found, value, _without_zone(given)))


def _both(unit: str, value: Instant, given: Given) -> tuple[int, int]:
    nanoseconds = value.nanoseconds if value.has_time else 0
    return _date(unit, value.days, given), _time(unit, nanoseconds, given)


def _zone(value: Instant, given: Given) -> Zone:
    return read_zone(given["timezone"]) if "timezone" in given else zone_of(value) or UTC


def _without_zone(given: Given) -> Given:
    return {key: value for key, value in given.items() if key != "timezone"}
