"""Cron expressions: five fields - minute, hour, day of the month, month, day of the week - or a word like `@daily`.

What they mean is what Debian's cron does; `cronsim` knows that. Here it is only decided what is one: cronsim would
also take a field for seconds, which a durable schedule does not promise to keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim, CronSimError

_WORDS = {
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
    "@MONTHLY": "0 0 1 * *",
    "@WEEKLY": "0 0 * * 0",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@HOURLY": "0 * * * *",
}
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_RANGES = ("0 to 59", "0 to 23", "1 to 31 or L", "1 to 12 or JAN to DEC", "0 to 7 or SUN to SAT")
_STEPS = r"(?:/[0-9]{1,3})?"
_NUMBERS = rf"(?:\*|[0-9]{{1,2}}(?:-[0-9]{{1,2}})?){_STEPS}"
_NAMES = rf"(?:\*|(?:[0-9]{{1,2}}|[A-Z]{{3}})(?:-(?:[0-9]{{1,2}}|[A-Z]{{3}}))?){_STEPS}"
_TERMS = (_NUMBERS, _NUMBERS, f"(?:{_NUMBERS}|LW|L)", _NAMES, f"(?:{_NAMES}|[0-7]L|(?:[0-7]|[A-Z]{{3}})#[1-5])")
_PATTERNS = tuple(re.compile(f"{term}(?:,{term})*") for term in _TERMS)
_SOME_DAY = datetime(2000, 1, 1)


def canonical(text: str) -> str:
    """The five fields of a schedule, written in one way. Raises ValueError with a sentence for people."""
    upper = text.upper().strip()
    if upper.startswith("@"):
        if upper not in _WORDS:
            raise ValueError(f"there is no {text.strip()}; there are {', '.join(sorted(_WORDS)).lower()}")
        return _WORDS[upper]
    fields = upper.split()
    if len(fields) != 5:
        raise ValueError(f"a schedule has five fields, like '30 6 * * MON-FRI', and this has {len(fields)}")
    for number, field in enumerate(fields):
        _check_field(number, field)
    _check_ever(" ".join(fields))
    return " ".join(fields)


def _check_field(number: int, field: str) -> None:
    alone = ["*"] * 5
    alone[number] = field
    if _PATTERNS[number].fullmatch(field) and _is_read(" ".join(alone)):
        return
    raise ValueError(f"'{field}' is no {_FIELDS[number]}: write {_RANGES[number]}, '*', a range 'a-b', or steps '*/n'")


def _is_read(expression: str) -> bool:
    try:
        CronSim(expression, _SOME_DAY)
    except (CronSimError, AssertionError, TypeError, ValueError):
        return False
    return True


def _check_ever(expression: str) -> None:
    never = ValueError("no such day ever comes: look at the day of the month and the month")
    if not _is_read(expression):
        raise never
    if next(fires(expression, _SOME_DAY), None) is None:
        raise never


def fires(expression: str, start: datetime, *, backwards: bool = False) -> Iterator[datetime]:
    """The times of a canonical expression after `start` (or before it), in its time zone, without end; but there is
    an end where the calendar has one."""
    return iter(CronSim(expression, start, reverse=backwards))
