"""Functions of numbers. What has no result is NaN, which cannot leave an expression unnoticed."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Any

from cypher_executor.cypher.expressions.functions.table import Function, function, number, text, whole
from cypher_executor.cypher.expressions.values import integer
from cypher_executor.errors import ExpressionError

_EXACT = Context(prec=800)
_MODES = {
    "UP": ROUND_UP, "DOWN": ROUND_DOWN, "CEILING": ROUND_CEILING, "FLOOR": ROUND_FLOOR,
    "HALF_UP": ROUND_HALF_UP, "HALF_DOWN": ROUND_HALF_DOWN, "HALF_EVEN": ROUND_HALF_EVEN,
}  # fmt: skip


def _real(name: str, calculate: Callable[[float], float]) -> Callable[[Any], float]:
    """A function from float to float. Out of its domain it is NaN, beyond all floats it is infinite."""

    def call(value: Any) -> float:
        try:
            return calculate(float(number(value, name)))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return call


def _logarithm(of: Callable[[float], float]) -> Callable[[float], float]:
    return lambda x: -math.inf if x == 0 else of(x)


def _cotangent(x: float) -> float:
    return math.inf if x == 0 else 1 / math.tan(x)


def _whole_float(name: str, calculate: Callable[[float], float]) -> Callable[[Any], float]:
    """`ceil` and `floor`: the result is a float, and infinity stays what it is."""

    def call(value: Any) -> float:
        x = float(number(value, name))
        return x if math.isinf(x) or math.isnan(x) else float(calculate(x))

    return call


def _absolute(value: Any) -> int | float:
    found = abs(number(value, "abs"))
    return integer(found, "abs()") if type(found) is int else found


def _sign(value: Any) -> int:
    x = number(value, "sign")
    return (x > 0) - (x < 0)


def _round(value: Any, precision: Any = None, mode: Any = None) -> float:
    """Without a precision, halves go up (towards positive infinity); with one, away from zero unless a mode says."""
    x = float(number(value, "round"))
    if math.isinf(x) or math.isnan(x):
        return x
    if precision is None:
        return x if abs(x) >= 2**52 else float(math.floor(x)) + (x - math.floor(x) >= 0.5)
    digits = whole(precision, "round")
    if not 0 <= digits <= 400:
        raise ExpressionError("round() takes a precision from 0 to 400", code="number_out_of_range")
    name = "HALF_UP" if mode is None else text(mode, "round").upper()
    if name not in _MODES:
        raise ExpressionError(f"round() knows no mode {name}: it takes {', '.join(_MODES)}", code="wrong_type")
    return _quantized(x, digits, _MODES[name])


def _quantized(x: float, digits: int, rounding: str) -> float:
    try:
        return float(Decimal(repr(x)).quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=_EXACT))
    except InvalidOperation:
        return x


def _arc_tangent(y: Any, x: Any) -> float:
    return math.atan2(number(y, "atan2"), number(x, "atan2"))


def _is_nan(value: Any) -> bool:
    return math.isnan(number(value, "isNaN"))


NUMBERS: tuple[Function, ...] = (
    function("abs(number)", "Without its sign.", _absolute),
    function("ceil(number)", "The next whole number above, as a float.", _whole_float("ceil", math.ceil)),
    function("floor(number)", "The next whole number below, as a float.", _whole_float("floor", math.floor)),
    function("round(number, [precision], [mode])", "The nearest number with so many decimals, as a float.", _round),
    function("sign(number)", "-1, 0 or 1.", _sign),
    function("isNaN(number)", "Whether it is not a number.", _is_nan),
    function("sqrt(number)", "The square root.", _real("sqrt", math.sqrt)),
    function("exp(number)", "e to this power.", _real("exp", math.exp)),
    function("log(number)", "The natural logarithm.", _real("log", _logarithm(math.log))),
    function("log10(number)", "The logarithm to base 10.", _real("log10", _logarithm(math.log10))),
    function("e()", "Euler's number.", lambda: math.e),
    function("pi()", "The ratio of a circle's circumference to its diameter.", lambda: math.pi),
    function("sin(radians)", "The sine.", _real("sin", math.sin)),
    function("cos(radians)", "The cosine.", _real("cos", math.cos)),
    function("tan(radians)", "The tangent.", _real("tan", math.tan)),
    function("cot(radians)", "The cotangent.", _real("cot", _cotangent)),
    function("asin(number)", "The angle with this sine.", _real("asin", math.asin)),
    function("acos(number)", "The angle with this cosine.", _real("acos", math.acos)),
    function("atan(number)", "The angle with this tangent.", _real("atan", math.atan)),
    function("atan2(y, x)", "The angle of a point.", _arc_tangent),
    function("haversin(radians)", "Half the versine.", _real("haversin", lambda x: (1 - math.cos(x)) / 2)),
    function("degrees(radians)", "An angle in degrees.", _real("degrees", math.degrees)),
    function("radians(degrees)", "An angle in radians.", _real("radians", math.radians)),
)
