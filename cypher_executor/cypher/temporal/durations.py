"""Lengths of time: months, days and nanoseconds, none of which can be told in terms of another.

A month has 28 to 31 days and a day 23 to 25 hours, so the three are kept apart, and each may have its own sign. Only
a part of a month or of a day must become something smaller, and then a month counts 30.436875 days (a year of 365.2425)
and a day 24 hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from cypher_executor.cypher.foreign import Foreign
from cypher_executor.errors import ExpressionError

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_MONTH_DAYS = Fraction(146_097, 4_800)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Duration(Foreign):
    """A length of time."""

    months: int = 0
    days: int = 0
    nanoseconds: int = 0

    kind: ClassVar[str] = "a duration"
    rank: ClassVar[float] = 37

    def sort_key(self) -> tuple[Any, ...]:
        """By about how long they are; durations of equal length are told apart by their parts."""
        average = self.months * 2_629_746 * SECOND + self.days * DAY + self.nanoseconds
        return (average, self.months, self.days, self.nanoseconds)

    def property(self, key: str) -> Any:
        read = _COMPONENTS.get(key)
        if read is None:
            raise ExpressionError(f"a duration has no `{key}`", code="invalid_temporal")
        return read(self)

    def text(self) -> str:
        """ISO 8601, as in `P1Y2M3DT4H5M6.7S`."""
        years, months = _towards_zero(self.months, 12)
        seconds, nanoseconds = _towards_zero(self.nanoseconds, SECOND)
        minutes, seconds = _towards_zero(seconds, 60)
        hours, minutes = _towards_zero(minutes, 60)
        date = _written((years, "Y"), (months, "M"), (self.days, "D"))
        time = _written((hours, "H"), (minutes, "M")) + _seconds_text(seconds, nanoseconds)
        return f"P{date}" + (f"T{time}" if time else "") if date or time else "PT0S"

    def negative(self) -> Duration:
        return Duration(-self.months, -self.days, -self.nanoseconds)

    def plus(self, other: Any) -> Any:
        if not isinstance(other, Duration):
            return NotImplemented
        return made(self.months + other.months, self.days + other.days, self.nanoseconds + other.nanoseconds)

    def minus(self, other: Any) -> Any:
        return self.plus(other.negative()) if isinstance(other, Duration) else NotImplemented

    def times(self, other: Any) -> Any:
        return self._scaled(exact(other)) if type(other) in (int, float) else NotImplemented

    def over(self, other: Any) -> Any:
        if type(other) not in (int, float):
            return NotImplemented
        divisor = exact(other)
        if divisor == 0:
            raise ExpressionError("a duration cannot be divided by zero", code="division_by_zero")
        return self._scaled(1 / divisor)

    def _scaled(self, by: Fraction) -> Duration:
        return from_parts(self.months * by, self.days * by, self.nanoseconds * by)


def exact(value: int | float) -> Fraction:
    """A number as it is written: 0.1 is a tenth. Raises ExpressionError for what is infinite or no number."""
    if isinstance(value, float) and value - value != 0.0:
        raise ExpressionError("a duration is finite", code="invalid_temporal")
    return Fraction(Decimal(repr(value)))


def from_parts(months: Fraction, days: Fraction, nanoseconds: Fraction) -> Duration:
    """A duration of amounts that need not be whole: what is left over of a month goes into days, of a day into time."""
    whole_months = int(months)
    all_days = days + (months - whole_months) * _MONTH_DAYS
    whole_days = int(all_days)
    return made(whole_months, whole_days, int(nanoseconds + (all_days - whole_days) * DAY))


def made(months: int, days: int, nanoseconds: int) -> Duration:
    """A duration, if its parts can be counted in 64 bits."""
    if max(abs(months), abs(days), abs(nanoseconds) // SECOND) > _LARGEST:
        raise ExpressionError("the duration is too long to be counted", code="number_out_of_range")
    return Duration(months, days, nanoseconds)


_UNITS: Mapping[str, tuple[int, int]] = {
    "years": (0, 12), "quarters": (0, 3), "months": (0, 1), "weeks": (1, 7), "days": (1, 1), "hours": (2, HOUR),
    "minutes": (2, MINUTE), "seconds": (2, SECOND), "milliseconds": (2, 10**6), "microseconds": (2, 1000),
    "nanoseconds": (2, 1),
}  # fmt: skip
"""For each unit, which of the three parts it belongs to, and how much of it it is."""


def from_map(given: Mapping[str, Any]) -> Duration:
    """`duration({days: 1, hours: 2.5})`."""
    parts = [Fraction(0), Fraction(0), Fraction(0)]
    for key, value in given.items():
        if key not in _UNITS:
            raise ExpressionError(f"a duration has no `{key}`: it has {', '.join(_UNITS)}", code="invalid_temporal")
        if type(value) not in (int, float):
            raise ExpressionError(f"`{key}` of a duration is a number", code="wrong_type")
        part, factor = _UNITS[key]
        parts[part] += exact(value) * factor
    return from_parts(*parts)


def _towards_zero(value: int, by: int) -> tuple[int, int]:
    """Quotient and remainder with the sign of `value`."""
    quotient, remainder = divmod(abs(value), by)
    return (quotient, remainder) if value >= 0 else (-quotient, -remainder)


def _written(*parts: tuple[int, str]) -> str:
    return "".join(f"{amount}{letter}" for amount, letter in parts if amount)


def _seconds_text(seconds: int, nanoseconds: int) -> str:
    if not seconds and not nanoseconds:
        return ""
    sign = "-" if seconds < 0 or nanoseconds < 0 else ""
    fraction = f".{abs(nanoseconds):09d}".rstrip("0") if nanoseconds else ""
    return f"{sign}{abs(seconds)}{fraction}S"


def _part(field: str, by: int, modulo: int | None = None) -> Callable[[Duration], int]:
    """A component that counts whole units, cut towards zero; with `modulo`, those beyond the next larger unit."""

    def read(duration: Duration) -> int:
        value = _towards_zero(getattr(duration, field), by)[0]
        return value if modulo is None else _towards_zero(value, modulo)[1]

    return read


def _floor(by: int, modulo: int | None = None) -> Callable[[Duration], int]:
    """The same of nanoseconds, cut downwards, so that what is within a second is never negative."""

    def read(duration: Duration) -> int:
        value = duration.nanoseconds % modulo if modulo else duration.nanoseconds
        return value // by

    return read


_COMPONENTS: Mapping[str, Callable[[Duration], int]] = {
    "years": _part("months", 12), "quarters": _part("months", 3), "months": _part("months", 1),
    "weeks": _part("days", 7), "days": _part("days", 1),
    "hours": _part("nanoseconds", HOUR), "minutes": _part("nanoseconds", MINUTE), "seconds": _floor(SECOND),
    "milliseconds": _floor(10**6), "microseconds": _floor(1000), "nanoseconds": _floor(1),
    "quartersOfYear": _part("months", 3, 4), "monthsOfYear": _part("months", 1, 12),
    "monthsOfQuarter": _part("months", 1, 3), "daysOfWeek": _part("days", 1, 7),
    "minutesOfHour": _part("nanoseconds", MINUTE, 60), "secondsOfMinute": _part("nanoseconds", SECOND, 60),
    "millisecondsOfSecond": _floor(10**6, SECOND), "microsecondsOfSecond": _floor(1000, SECOND),
    "nanosecondsOfSecond": _floor(1, SECOND),
}  # fmt: skip
