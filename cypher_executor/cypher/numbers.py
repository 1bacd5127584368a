"""Reads numbers: decimal, `0x` and `0o` integers, floats; and says what is wrong with what looks like one."""

from __future__ import annotations

import math
import re

from cypher_executor.cypher.problems import Problems
from cypher_executor.errors import Place

_LARGEST = 2**63  # one more than fits: it is in range behind a minus, which `operators` looks after
_DURATION = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:ms|[smhdw]|min|sec)(?:[0-9]+(?:ms|[smhdw]))*", re.IGNORECASE)
_DIGITS_THAT_CANNOT_FIT = 40


def read(problems: Problems, token: str, place: Place) -> int | float | str:
    """The value of a number token; 0 for one that is malformed or too large, which `problems` then says, and a text for
    a duration, which should have been one."""
    kind: str = token.type  # type: ignore[attr-defined]
    if kind == "INTEGER":
        return _integer(problems, str(token), place)
    if kind == "FLOAT":
        return _float(problems, str(token), place)
    if _DURATION.fullmatch(token):
        problems.add("duration_without_quotes", f"A duration stands in quotes: '{token}'.", place, fix=f"'{token}'")
        return str(token)
    problems.add("number_malformed", f"{_shortened(token)} is no number; a name cannot begin with a digit.", place)
    return 0


def _integer(problems: Problems, text: str, place: Place) -> int:
    digits = text.replace("_", "").lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0o") else 10
    significant = digits[2 if base != 10 else 0 :].lstrip("0")
    value = int(significant or "0", base) if len(significant) < _DIGITS_THAT_CANNOT_FIT else _LARGEST + 1
    if value > _LARGEST:
        problems.add("number_out_of_range", f"{_shortened(text)} does not fit into 64 bits.", place)
        return 0
    return value


def _float(problems: Problems, text: str, place: Place) -> float:
    value = float(text.replace("_", ""))
    if math.isinf(value):
        problems.add("number_out_of_range", f"{_shortened(text)} is too large for a float.", place)
        return 0.0
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= _DIGITS_THAT_CANNOT_FIT else text[:20] + "..." + text[-5:]
