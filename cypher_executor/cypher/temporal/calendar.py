"""The ISO calendar, before and after everything that Python's dates know: years from -999,999,999 to 999,999,999.

A day is a number, counted from 1970-01-01. The Gregorian rule is used for all years, also those before it was made,
as ISO 8601 says. The arithmetic is that of days in cycles of 400 years with the year beginning in March, so that the
day that comes and goes is the last one.
"""

from __future__ import annotations

from cypher_executor.errors import ExpressionError

MAX_YEAR = 999_999_999
_CYCLE_DAYS = 146_097
_TO_1970 = 719_468
"""From 0000-03-01 to 1970-01-01."""


def days_of(year: int, month: int, day: int) -> int:
    """The number of a date, which must exist. A year beyond the limits is refused."""
    if not -MAX_YEAR <= year <= MAX_YEAR:
        raise _no_date(f"years go from -{MAX_YEAR:,} to {MAX_YEAR:,}, and this is {year}")
    if not 1 <= month <= 12:
        raise _no_date(f"months go from 1 to 12, and this is {month}")
    if not 1 <= day <= days_in_month(year, month):
        raise _no_date(f"{year:04d}-{month:02d} has no day {day}")
    return _days(year, month, day)


def _days(year: int, month: int, day: int) -> int:
    shifted = year - (month <= 2)
    cycle, of_cycle = divmod(shifted, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return cycle * _CYCLE_DAYS + of_cycle * 365 + of_cycle // 4 - of_cycle // 100 + day_of_year - _TO_1970


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number."""
    cycle, of_cycle = divmod(days + _TO_1970, _CYCLE_DAYS)
    year = (of_cycle - of_cycle // 1460 + of_cycle // 36_524 - of_cycle // 146_096) // 365
    day_of_year = of_cycle - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + cycle * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


FIRST_DAY = _days(-MAX_YEAR, 1, 1)
LAST_DAY = _days(MAX_YEAR, 12, 31)


def checked(days: int) -> int:
    """The number of a day, if it is within the limits."""
    if FIRST_DAY <= days <= LAST_DAY:
        return days
    raise _no_date(f"years go from -{MAX_YEAR:,} to {MAX_YEAR:,}, and this date is beyond them")


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return 28 + is_leap(year) if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def weekday_of(days: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (days + 3) % 7 + 1


def first_week_of(year: int) -> int:
    """The Monday of the week that has the year's first Thursday."""
    fourth = _days(year, 1, 4)
    return fourth - weekday_of(fourth) + 1


def week_of(days: int) -> tuple[int, int]:
    """The year that a day's week belongs to, and the number of the week in it."""
    thursday = days - weekday_of(days) + 4
    year = date_of(thursday)[0]
    return year, (thursday - first_week_of(year)) // 7 + 1


def ordinal_of(days: int) -> int:
    """1 for the first day of the year."""
    return days - _days(date_of(days)[0], 1, 1) + 1


def day_of_week(year: int, week: int, weekday: int) -> int:
    """The day with this place in a week, counted as ISO 8601 counts weeks."""
    last = 53 if week_of(_days(year, 12, 28))[1] == 53 else 52
    if not 1 <= week <= last:
        raise _no_date(f"{year:04d} has weeks from 1 to {last}, and this is {week}")
    if not 1 <= weekday <= 7:
        raise _no_date(f"days of a week go from 1 to 7, and this is {weekday}")
    return checked(first_week_of(year) + 7 * (week - 1) + weekday - 1)


def day_of_year(year: int, ordinal: int) -> int:
    """The day with this number in a year."""
    if not 1 <= ordinal <= 365 + is_leap(year):
        raise _no_date(f"{year:04d} has no day {ordinal}")
    return days_of(year, 1, 1) + ordinal - 1


def day_of_quarter(year: int, quarter: int, day: int) -> int:
    """The day with this number in a quarter."""
    if not 1 <= quarter <= 4:
        raise _no_date(f"quarters go from 1 to 4, and this is {quarter}")
    month = 3 * quarter - 2
    length = sum(days_in_month(year, m) for m in range(month, month + 3))
    if not 1 <= day <= length:
        raise _no_date(f"the quarter has days from 1 to {length}, and this is {day}")
    return days_of(year, month, 1) + day - 1


def add_months(days: int, months: int) -> int:
    """The same day of another month, or that month's last day if it is shorter."""
    year, month, day = date_of(days)
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    return days_of(year, month, min(day, days_in_month(year, month)))


def _no_date(why: str) -> ExpressionError:
    return ExpressionError(f"there is no such date: {why}", code="invalid_temporal")
