"""Functions of time. The clock that they see is the recorded start of the step, or of the query, so the three that
openCypher tells apart (`transaction`, `statement`, `realtime`) are one here: a run that is replayed sees it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cypher_executor.cypher.expressions.frame import Frame
from cypher_executor.cypher.expressions.functions.table import Function, function
from cypher_executor.cypher.expressions.values import wrong_type
from cypher_executor.cypher.temporal import between, building, durations, reading, truncating
from cypher_executor.cypher.temporal.instants import (
    Date,
    DateTime,
    Instant,
    LocalDateTime,
    LocalTime,
    Time,
    in_zone,
)

_MILLION = 10**6
Convert = Callable[[Instant], Any]


def _now(frame: Frame, zone: building.Zone) -> DateTime:
    return zone.of_instant(frame.scope.at_us * 1000)


def _to_date(value: Instant) -> Date:
    return Date(value.days)


def _to_local_time(value: Instant) -> LocalTime:
    return LocalTime(value.nanoseconds)


def _to_time(value: Instant) -> Time:
    return Time(value.nanoseconds, value.offset_s if value.has_zone else 0)


def _to_local_datetime(value: Instant) -> LocalDateTime:
    return LocalDateTime(value.days, value.nanoseconds if value.has_time else 0)


def _to_datetime(value: Instant) -> DateTime:
    zone = building.zone_of(value) or building.UTC
    nanoseconds = value.nanoseconds if value.has_time else 0
    return in_zone(value.days, nanoseconds, zone.name, zone.offset_s)


def _maker(
    name: str, read: Callable[[str], Any], build: Callable[[Any, Frame], Any], convert: Convert, *needs: str
) -> Callable[..., Any]:
    """The function that makes a value of this kind of nothing (now), a text, a map or another point of time."""

    def call(frame: Frame, *arguments: Any) -> Any:
        if not arguments:
            return convert(_now(frame, building.UTC))
        value = arguments[0]
        if isinstance(value, str):
            return read(value)
        if isinstance(value, dict):
            only_zone = value.keys() == {"timezone"}
            return convert(_now(frame, building.read_zone(value["timezone"]))) if only_zone else build(value, frame)
        if isinstance(value, Instant) and all(getattr(value, need) for need in needs):
            return convert(value)
        raise wrong_type(f"{name}()", "a text, a map or a point of time", value)

    return call


def _current(convert: Convert) -> Callable[..., Any]:
    def call(frame: Frame, zone: Any = "Z") -> Any:
        return convert(_now(frame, building.read_zone(zone)))

    return call


def _truncate(name: str, truncate: Callable[[Any, Any, Any], Any], convert: Convert) -> Callable[..., Any]:
    def call(frame: Frame, unit: Any, value: Any = None, given: Any = None) -> Any:
        return truncate(unit, convert(_now(frame, building.UTC)) if value is None else value, given or {})

    return call


def _kind(
    name: str,
    what: str,
    make: Callable[..., Any],
    truncate: Callable[[Any, Any, Any], Any],
    convert: Convert,
) -> tuple[Function, ...]:
    """All functions of one kind of point of time."""
    clocks = ("transaction", "statement", "realtime")
    return (
        _record(f"{name}([value])", f"{what}, of a text, a map or another; without a value, now.", make),
        *(_record(f"{name}.{clock}([timezone])", f"{what}: now.", _current(convert)) for clock in clocks),
        _record(f"{name}.truncate(unit, [value], [map])", f"{what}, back to the beginning of a unit.",
                _truncate(name, truncate, convert)),
    )  # fmt: skip


def _record(signature: str, help_text: str, call: Callable[..., Any]) -> Function:
    return function(signature, help_text, call, needs_frame=True, foreign=True)


def _duration(frame: Frame, value: Any) -> durations.Duration:
    if isinstance(value, str):
        return reading.read_duration(value)
    if isinstance(value, dict):
        return durations.from_map(value)
    if isinstance(value, durations.Duration):
        return value
    raise wrong_type("duration()", "a text or a map", value)


def _from_epoch(frame: Frame, seconds: Any, nanoseconds: Any) -> DateTime:
    return building.build_datetime({"epochSeconds": seconds, "nanosecond": nanoseconds})


def _from_epoch_millis(frame: Frame, millis: Any) -> DateTime:
    return building.build_datetime({"epochMillis": millis})


def _between(what: str, count: Callable[[Any, Any], Any], help_text: str) -> Function:
    return _record(f"duration.{what}(start, end)", help_text, lambda frame, start, end: count(start, end))


TEMPORAL: tuple[Function, ...] = (
    *_kind("date", "A date",
           _maker("date", reading.read_date, lambda m, f: building.build_date(m), _to_date, "has_date"),
           truncating.truncate_date, _to_date),
    *_kind("localtime", "A time of day without a zone",
           _maker("localtime", reading.read_local_time, lambda m, f: building.build_local_time(m), _to_local_time,
                  "has_time"),
           truncating.truncate_local_time, _to_local_time),
    *_kind("time", "A time of day with an offset",
           _maker("time", reading.read_time, lambda m, f: building.build_time(m, f.scope.at_us // _MILLION), _to_time,
                  "has_time"),
           truncating.truncate_time, _to_time),
    *_kind("localdatetime", "A date and time without a zone",
           _maker("localdatetime", reading.read_local_datetime, lambda m, f: building.build_local_datetime(m),
                  _to_local_datetime, "has_date"),
           truncating.truncate_local_datetime, _to_local_datetime),
    *_kind("datetime", "A date and time with a zone",
           _maker("datetime", reading.read_datetime, lambda m, f: building.build_datetime(m), _to_datetime,
                  "has_date"),
           truncating.truncate_datetime, _to_datetime),
    _record("datetime.fromEpoch(seconds, nanoseconds)", "The date and time in UTC so long after 1970.", _from_epoch),
    _record("datetime.fromEpochMillis(milliseconds)", "The date and time in UTC so long after 1970.",
            _from_epoch_millis),
    _record("duration(value)", "A length of time, of a text or a map.", _duration),
    _between("between", between.between, "How long it is, in months, days and time."),
    _between("inMonths", between.in_months, "How many whole months it is."),
    _between("inDays", between.in_days, "How many whole days it is."),
    _between("inSeconds", between.in_seconds, "How long it is, in hours, minutes and seconds."),
)  # fmt: skip
