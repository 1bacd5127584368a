"""`+ - * / % ^` and signs. Integers have 64 bits and overflow is an error; division and remainder of integers cut
towards zero; `^` always gives a float. Anything with null is null."""

from __future__ import annotations

import math
from collections.abc import Callable

from cypher_executor.cypher.expressions.frame import Frame, Value
from cypher_executor.cypher.expressions.text import to_string
from cypher_executor.cypher.expressions.values import finite, integer, is_number, type_name, wrong_type
from cypher_executor.cypher.foreign import Foreign, combine
from cypher_executor.errors import ExpressionError

Operation = Callable[[Frame, Value, Value], Value]


def add(frame: Frame, left: Value, right: Value) -> Value:
    """Numbers are added, strings joined (a number or a boolean beside a string becomes text), lists lengthened."""
    if type(left) is int and type(right) is int:
        return integer(left + right, "+")
    if type(left) is str and type(right) is str:
        frame.build(len(left) + len(right))
        return left + right
    if left is None or right is None:
        return None
    if type(left) is list or type(right) is list:
        return _lengthened(frame, left, right)
    if is_number(left) and is_number(right):
        return finite(frame, left + right)
    if isinstance(left, Foreign) or isinstance(right, Foreign):
        return _foreign("+", left, right)
    if type(left) is str or type(right) is str:
        return _joined(frame, left, right)
    raise wrong_type("+", "numbers, strings or lists", left if not is_number(left) else right)


def _lengthened(frame: Frame, left: Value, right: Value) -> list[Value]:
    found = (left if type(left) is list else [left]) + (right if type(right) is list else [right])
    frame.build(8 * len(found))
    return found


def _joined(frame: Frame, left: Value, right: Value) -> str:
    other = right if type(left) is str else left
    if type(other) is dict:
        raise ExpressionError(f"+ cannot join a string and {type_name(other)}: use toJson()", code="wrong_type")
    text = (left if type(left) is str else to_string(left)) + (right if type(right) is str else to_string(right))
    frame.build(len(text))
    return text


def _foreign(sign: str, left: Value, right: Value) -> Value:
    found = combine(sign, left, right)
    if found is NotImplemented:
        raise ExpressionError(f"{sign} cannot join {type_name(left)} and {type_name(right)}", code="wrong_type")
    return found


def _numbers(sign: str, left: Value, right: Value) -> bool:
    """Whether both are numbers; False if one is null. Raises ExpressionError for anything else."""
    if left is None or right is None:
        return False
    for value in (left, right):
        if not is_number(value):
            raise wrong_type(sign, "numbers", value)
    return True


def subtract(frame: Frame, left: Value, right: Value) -> Value:
    if isinstance(left, Foreign) or isinstance(right, Foreign):
        return None if left is None or right is None else _foreign("-", left, right)
    if not _numbers("-", left, right):
        return None
    found = left - right
    return integer(found, "-") if type(found) is int else finite(frame, found)


def multiply(frame: Frame, left: Value, right: Value) -> Value:
    if isinstance(left, Foreign) or isinstance(right, Foreign):
        return None if left is None or right is None else _foreign("*", left, right)
    if not _numbers("*", left, right):
        return None
    found = left * right
    return integer(found, "*") if type(found) is int else finite(frame, found)


def divide(frame: Frame, left: Value, right: Value) -> Value:
    if isinstance(left, Foreign) or isinstance(right, Foreign):
        return None if left is None or right is None else _foreign("/", left, right)
    if not _numbers("/", left, right):
        return None
    if type(left) is int and type(right) is int:
        return integer(_quotient(left, right, "/"), "/")
    if right == 0:
        return finite(frame, _over_zero(left, right))
    return finite(frame, left / right)


def _quotient(left: int, right: int, sign: str) -> int:
    if right == 0:
        raise ExpressionError(f"{sign} by zero", code="division_by_zero")
    found = abs(left) // abs(right)
    return found if (left < 0) == (right < 0) else -found


def _over_zero(left: float, right: float) -> float:
    if left == 0 or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(frame: Frame, left: Value, right: Value) -> Value:
    if not _numbers("%", left, right):
        return None
    if type(left) is int and type(right) is int:
        return left - right * _quotient(left, right, "%")
    if right == 0 or math.isinf(left):
        return finite(frame, math.nan)
    return finite(frame, math.fmod(left, right))


def power(frame: Frame, left: Value, right: Value) -> Value:
    if not _numbers("^", left, right):
        return None
    try:
        found = math.pow(left, right)
    except ValueError:  # zero to a negative power, or a root of a negative number
        found = math.inf if left == 0 else math.nan
    except OverflowError:
        found = -math.inf if left < 0 and right % 2 == 1 else math.inf
    return finite(frame, found)


def negative(value: Value) -> Value:
    if value is None:
        return None
    if not is_number(value):
        raise wrong_type("-", "a number", value)
    return integer(-value, "-") if type(value) is int else -value


def positive(value: Value) -> Value:
    if value is not None and not is_number(value):
        raise wrong_type("+", "a number", value)
    return value


OPERATIONS: dict[str, Operation] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder, "^": power,
}  # fmt: skip
