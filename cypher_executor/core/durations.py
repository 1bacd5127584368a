"""Durations, in whole milliseconds: those of a recipe's settings and those that a step is given.

Three ways to say how long: a number of seconds (`90`, `0.5`), a sum of amounts and units (`'1h30m'`, `'200ms'`), and
ISO 8601 (`'PT1H30M'`). Years and months are refused, because how long they are depends on when they begin. A part of a
millisecond is rounded up: a timer may be late but never early.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

from cypher_executor.core.recipe import Value

LONGEST_MS = 100 * 366 * 86_400_000
"""A hundred years: whatever is longer is a mistake."""

_UNIT_MS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_AMOUNT = r"([0-9]{1,18}(?:[.][0-9]{1,9})?)"
_SUM = re.compile(rf"(?:{_AMOUNT}(?:ms|[wdhms]))+")
_TERM = re.compile(rf"{_AMOUNT}(ms|[wdhms])")
_ISO = re.compile(rf"P(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?(?:T(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?")
_CALENDAR = re.compile(r"P[0-9.]+[YM]|P[0-9.]+Y[0-9.]+M")

FORMS = "write a number of seconds, a text like '1h30m' or '200ms', or ISO 8601 like 'PT90S'"


def duration_ms(value: Value) -> int:
    """How many milliseconds `value` stands for. Raises ValueError with a sentence for people."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"this is not a duration: {FORMS}")
    exact = _of_text(value) if isinstance(value, str) else _of_seconds(value)
    if exact < 0:
        raise ValueError("a duration cannot be negative")
    if exact > LONGEST_MS:
        raise ValueError("a duration cannot be longer than 100 years")
    return int(exact.to_integral_value(ROUND_CEILING))


def _of_seconds(value: int | float) -> Decimal:
    # repr, because 0.1 means a tenth of a second and not the binary fraction next to it.
    exact = Decimal(repr(value))
    if not exact.is_finite():
        raise ValueError("a duration must be a finite number")
    return exact * 1000


def _of_text(text: str) -> Decimal:
    if text.startswith("-"):
        raise ValueError("a duration cannot be negative")
    if _SUM.fullmatch(text):
        return sum((Decimal(amount) * _UNIT_MS[unit] for amount, unit in _TERM.findall(text)), Decimal(0))
    return _of_iso(text)


def _of_iso(text: str) -> Decimal:
    if _CALENDAR.match(text):
        raise ValueError("years and months have no fixed length: write days, like 'P30D'")
    found = _ISO.fullmatch(text)
    if found is None or not any(found.groups()) or text.endswith("T"):
        raise ValueError(f"{text!r} is not a duration: {FORMS}")
    amounts = zip(found.groups(), "wdhms", strict=True)
    return sum((Decimal(amount) * _UNIT_MS[unit] for amount, unit in amounts if amount), Decimal(0))
