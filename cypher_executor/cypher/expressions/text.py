"""Values as text: Cypher's `toString`, and what a template puts into a longer text."""

from __future__ import annotations

import json

from cypher_executor.cypher.expressions.frame import Frame, Value
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.errors import ExpressionError

MAX_DEPTH = 200
"""How deep a value may be that is written as JSON."""


def to_string(value: Value) -> str:
    """A string, a number or a boolean as `toString` gives it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Foreign):
        return foreign_text(value)
    return float_text(value) if type(value) is float else str(value)


def foreign_text(value: Foreign) -> str:
    """The text of a value that JSON does not have. Raises ExpressionError for what has none."""
    text = value.text()
    if text is None:
        raise ExpressionError(f"{value.kind} has no text", code="wrong_type")
    return text


def float_text(value: float) -> str:
    """The shortest text that reads back as this float; `1.0E21` beyond 10^7 and below 10^-3, as Cypher does."""
    if value != value:
        return "NaN"
    if value - value != 0.0:
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    digits, exponent = _shortest(abs(value))
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _shortest(value: float) -> tuple[str, int]:
    """The significant digits of a positive float, and the exponent of the first."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    skipped = len(whole + fraction) - len(digits)
    return digits.rstrip("0") or "0", int(exponent or 0) + len(whole) - 1 - skipped


def in_template(frame: Frame, value: Value) -> str:
    """A value within a longer text: null is empty, lists and maps are JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    return to_json(frame, value) if type(value) in (list, dict) else to_string(value)


def as_json(value: Value) -> Value:
    """The value with texts in place of what JSON does not have. It must have passed `check_json`, which bounds its
    depth."""
    if type(value) is list:
        return [as_json(item) for item in value]
    if type(value) is dict:
        return {key: as_json(item) for key, item in value.items()}
    return foreign_text(value) if isinstance(value, Foreign) else value


def to_json(frame: Frame, value: Value) -> str:
    """Compact JSON."""
    check_json(frame, value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=foreign_text)
    frame.build(len(text))
    return text


def check_json(frame: Frame, value: Value) -> None:
    """Raises ExpressionError for what JSON cannot hold: NaN, infinity, and a depth that no reader follows."""
    todo = [(value, 1)]
    while todo:
        value, depth = todo.pop()
        if type(value) is float and value - value != 0.0:
            raise ExpressionError(f"the result is {float_text(value)}, which JSON cannot hold",
                                  code="number_out_of_range")  # fmt: skip
        if type(value) not in (list, dict):
            continue
        frame.spend(len(value) + 1)
        if depth > MAX_DEPTH:
            raise ExpressionError(f"the value is nested more than {MAX_DEPTH} deep", code="nested_too_deep")
        todo.extend((v, depth + 1) for v in (value if type(value) is list else value.values()))
