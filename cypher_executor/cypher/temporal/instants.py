"""Points of time: dates, times of day, and both together; without a zone ("local"), or with an offset.

A date is a number of days since 1970-01-01, a time of day a number of nanoseconds since midnight. A `DateTime` knows
its offset, and the zone that the offset comes from if that has a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cypher_executor.cypher.foreign import Foreign
from cypher_executor.cypher.temporal import calendar, zones
from cypher_executor.cypher.temporal.durations import DAY, HOUR, MINUTE, SECOND, Duration
from cypher_executor.errors import ExpressionError


class Instant(Foreign):
    """What all points of time have in common: components, and sums with durations."""

    __slots__ = ()
    ordered: ClassVar[bool] = True
    has_date: ClassVar[bool] = False
    has_time: ClassVar[bool] = False
    has_zone: ClassVar[bool] = False

    days: int
    nanoseconds: int
    offset_s: int
    zone: str | None

    def property(self, key: str) -> Any:
        for has, components in ((self.has_date, _DATE), (self.has_time, _TIME), (self.has_zone, _ZONE)):
            if has and key in components:
                return components[key](self)
        if key in _EPOCH and isinstance(self, DateTime):
            return _EPOCH[key](self)
        raise ExpressionError(f"{self.kind} has no `{key}`", code="invalid_temporal")

    def plus(self, other: Any) -> Any:
        return self.moved(other) if isinstance(other, Duration) else NotImplemented

    def minus(self, other: Any) -> Any:
        return self.moved(other.negative()) if isinstance(other, Duration) else NotImplemented

    def moved(self, by: Duration) -> Instant:
        """This point of time, so much later."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Date(Instant):
    days: int

    kind: ClassVar[str] = "a date"
    rank: ClassVar[float] = 32
    has_date: ClassVar[bool] = True

    def sort_key(self) -> Any:
        return self.days

    def text(self) -> str:
        return date_text(self.days)

    def moved(self, by: Duration) -> Date:
        """Parts of a day are whole days of 24 hours here, and what remains is nothing to a date."""
        whole = abs(by.nanoseconds) // DAY * (1 if by.nanoseconds >= 0 else -1)
        return Date(calendar.checked(calendar.add_months(self.days, by.months) + by.days + whole))


@dataclass(frozen=True, slots=True)
class LocalTime(Instant):
    nanoseconds: int

    kind: ClassVar[str] = "a local time"
    rank: ClassVar[float] = 34
    has_time: ClassVar[bool] = True

    def sort_key(self) -> Any:
        return self.nanoseconds

    def text(self) -> str:
        return time_text(self.nanoseconds)

    def moved(self, by: Duration) -> LocalTime:
        return LocalTime((self.nanoseconds + by.nanoseconds) % DAY)


@dataclass(frozen=True, slots=True)
class Time(Instant):
    nanoseconds: int
    offset_s: int

    kind: ClassVar[str] = "a time"
    rank: ClassVar[float] = 33
    has_time: ClassVar[bool] = True
    has_zone: ClassVar[bool] = True

    @property
    def zone(self) -> None:  # type: ignore[override]
        return None

    def sort_key(self) -> Any:
        return (self.nanoseconds - self.offset_s * SECOND, self.offset_s)

    def text(self) -> str:
        return time_text(self.nanoseconds) + zones.offset_text(self.offset_s)

    def moved(self, by: Duration) -> Time:
        return Time((self.nanoseconds + by.nanoseconds) % DAY, self.offset_s)


@dataclass(frozen=True, slots=True)
class LocalDateTime(Instant):
    days: int
    nanoseconds: int

    kind: ClassVar[str] = "a local date and time"
    rank: ClassVar[float] = 31
    has_date: ClassVar[bool] = True
    has_time: ClassVar[bool] = True

    def sort_key(self) -> Any:
        return (self.days, self.nanoseconds)

    def text(self) -> str:
        return f"{date_text(self.days)}T{time_text(self.nanoseconds)}"

    def moved(self, by: Duration) -> LocalDateTime:
        return LocalDateTime(*_moved(self.days, self.nanoseconds, by))


@dataclass(frozen=True, slots=True)
class DateTime(Instant):
    days: int
    nanoseconds: int
    offset_s: int
    zone: str | None = None

    kind: ClassVar[str] = "a date and time"
    rank: ClassVar[float] = 30
    has_date: ClassVar[bool] = True
    has_time: ClassVar[bool] = True
    has_zone: ClassVar[bool] = True

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970 in UTC."""
        return self.days * DAY + self.nanoseconds - self.offset_s * SECOND

    def sort_key(self) -> Any:
        return (self.instant, self.offset_s, self.zone or "")

    def text(self) -> str:
        local = f"{date_text(self.days)}T{time_text(self.nanoseconds)}{zones.offset_text(self.offset_s)}"
        return f"{local}[{self.zone}]" if self.zone else local

    def moved(self, by: Duration) -> DateTime:
        """Months and days move the clock on the wall, and time moves the clock of the world."""
        days = calendar.checked(calendar.add_months(self.days, by.months) + by.days)
        if self.zone is None:
            return DateTime(*_moved(days, self.nanoseconds, Duration(0, 0, by.nanoseconds)), self.offset_s)
        landed = in_zone(days, self.nanoseconds, self.zone, self.offset_s) if by.months or by.days else self
        return at_instant(landed.instant + by.nanoseconds, self.zone)


def _moved(days: int, nanoseconds: int, by: Duration) -> tuple[int, int]:
    carried, of_day = divmod(nanoseconds + by.nanoseconds, DAY)
    return calendar.checked(calendar.add_months(days, by.months) + by.days + carried), of_day


def in_zone(days: int, nanoseconds: int, zone: str | None, offset_s: int | None = None) -> DateTime:
    """A local date and time in a named zone, or with no more than an offset. With both, the offset chooses among the
    two meanings of a time that comes twice. A time that clocks skip is as much later as they skip."""
    if zone is None:
        return DateTime(days, nanoseconds, offset_s or 0)
    local_s = days * 86_400 + nanoseconds // SECOND
    if offset_s is None or zones.offset_at(zone, local_s - offset_s) != offset_s:
        offset_s = zones.offset_of_local(zone, local_s)
    return at_instant(days * DAY + nanoseconds - offset_s * SECOND, zone)


def at_instant(instant: int, zone: str | None, offset_s: int = 0) -> DateTime:
    """The date and time in a zone, or at an offset, at a number of nanoseconds since 1970 in UTC."""
    if zone is not None:
        offset_s = zones.offset_at(zone, instant // SECOND)
    days, nanoseconds = divmod(instant + offset_s * SECOND, DAY)
    return DateTime(calendar.checked(days), nanoseconds, offset_s, zone)


def date_text(days: int) -> str:
    """ISO 8601; years of more than four digits have a sign."""
    year, month, day = calendar.date_of(days)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"


def time_text(nanoseconds: int) -> str:
    """ISO 8601; seconds only if there are any."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    if seconds % 60 or fraction:
        text += f":{seconds % 60:02d}"
    return text + (f".{fraction:09d}".rstrip("0") if fraction else "")


Components = Mapping[str, Callable[[Any], Any]]

_DATE: Components = {
    "year": lambda i: calendar.date_of(i.days)[0],
    "quarter": lambda i: (calendar.date_of(i.days)[1] + 2) // 3,
    "month": lambda i: calendar.date_of(i.days)[1],
    "week": lambda i: calendar.week_of(i.days)[1],
    "weekYear": lambda i: calendar.week_of(i.days)[0],
    "day": lambda i: calendar.date_of(i.days)[2],
    "ordinalDay": lambda i: calendar.ordinal_of(i.days),
    "weekDay": lambda i: calendar.weekday_of(i.days),
    "dayOfWeek": lambda i: calendar.weekday_of(i.days),
    "dayOfQuarter": lambda i: day_in_quarter(i.days),
}

_TIME: Components = {
    "hour": lambda i: i.nanoseconds // HOUR,
    "minute": lambda i: i.nanoseconds // MINUTE % 60,
    "second": lambda i: i.nanoseconds // SECOND % 60,
    "millisecond": lambda i: i.nanoseconds % SECOND // 10**6,
    "microsecond": lambda i: i.nanoseconds % SECOND // 1000,
    "nanosecond": lambda i: i.nanoseconds % SECOND,
}

_ZONE: Components = {
    "timezone": lambda i: i.zone or zones.offset_text(i.offset_s),
    "offset": lambda i: zones.offset_text(i.offset_s),
    "offsetMinutes": lambda i: int(i.offset_s / 60),
    "offsetSeconds": lambda i: i.offset_s,
}

_EPOCH: Components = {
    "epochSeconds": lambda i: i.instant // SECOND,
    "epochMillis": lambda i: i.instant // 10**6,
}


def day_in_quarter(days: int) -> int:
    """1 for the first day of the quarter."""
    year, month, _ = calendar.date_of(days)
    return days - calendar.days_of(year, (month - 1) // 3 * 3 + 1, 1) + 1
