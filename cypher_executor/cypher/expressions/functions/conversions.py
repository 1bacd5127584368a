"""Functions from one type to another. A text that does not read as the wanted type is null; a value of a type that
cannot be converted at all is an error, or null for the `OrNull` ones."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from cypher_executor.cypher.expressions.functions.table import Function, function
from cypher_executor.cypher.expressions.text import to_string
from cypher_executor.cypher.expressions.values import LARGEST, SMALLEST, wrong_type
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.errors import ExpressionError

_DECIMAL = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?\s*", re.ASCII)
_WHOLE = re.compile(r"\s*[+-]?\d{1,30}\s*", re.ASCII)
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}

Conversion = Callable[[Any], Any]


def _to_string(value: Any) -> str:
    if type(value) in (list, dict) or (isinstance(value, Foreign) and value.text() is None):
        raise wrong_type("toString()", "a string, a number or a boolean", value)
    return to_string(value)


def _to_boolean(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    if type(value) is str:
        return {"true": True, "false": False}.get(value.strip().lower())
    if type(value) is int:
        return value != 0
    raise wrong_type("toBoolean()", "a boolean, a string or an integer", value)


def _to_integer(value: Any) -> int | None:
    if type(value) is int or type(value) is bool:
        return int(value)
    if type(value) is float:
        return _cut(value)
    if type(value) is str:
        if _WHOLE.fullmatch(value):
            return _fitting(int(value))
        return _cut(float(value.strip().rstrip("fFdD"))) if _DECIMAL.fullmatch(value) else None
    raise wrong_type("toInteger()", "a number, a string or a boolean", value)


def _cut(value: float) -> int | None:
    return None if math.isnan(value) or math.isinf(value) else _fitting(int(value))


def _fitting(value: int) -> int:
    if SMALLEST <= value <= LARGEST:
        return value
    raise ExpressionError("the result of toInteger() does not fit into 64 bits", code="number_out_of_range")


def _to_float(value: Any) -> float | None:
    if type(value) is int or type(value) is float:
        return float(value)
    if type(value) is str:
        if value.strip() in _SPECIAL:
            return _SPECIAL[value.strip()]
        return float(value.strip().rstrip("fFdD")) if _DECIMAL.fullmatch(value) else None
    raise wrong_type("toFloat()", "a number or a string", value)


def _or_null(convert: Conversion) -> Conversion:
    def call(value: Any) -> Any:
        try:
            return convert(value)
        except ExpressionError:
            return None

    return call


def _each(name: str, convert: Conversion) -> Conversion:
    """The function over lists: what cannot be converted is null there."""

    def call(value: Any) -> list[Any]:
        if type(value) is not list:
            raise wrong_type(f"{name}()", "a list", value)
        return [None if v is None else _or_null(convert)(v) for v in value]

    return call


def _family(kind: str, convert: Conversion, help_text: str) -> tuple[Function, ...]:
    return (
        function(f"to{kind}(value)", help_text, convert),
        function(f"to{kind}OrNull(value)", f"{help_text} null for any other type.", _or_null(convert)),
        function(f"to{kind}List(list)", f"Each item: {help_text.lower()}", _each(f"to{kind}List", convert)),
    )


CONVERSIONS: tuple[Function, ...] = (
    *_family("String", _to_string, "A string, a number or a boolean as text."),
    *_family("Integer", _to_integer, "A number, a text or a boolean as an integer, cut towards zero."),
    *_family("Float", _to_float, "A number or a text as a float."),
    *_family("Boolean", _to_boolean, "A boolean, 'true' or 'false', or an integer as a boolean."),
)
