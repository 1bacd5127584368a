"""Values: their types, and when two are equal.

A value is what JSON can hold, or `Foreign`. Equality has three answers, True, False and None for unknown: `null` is
equal to nothing, and a list or a map with a null in it is equal to another only as far as can be known. Numbers are
compared by their value, so `1 = 1.0`; NaN is equal to nothing; values of different types are unequal.
"""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.expressions.frame import Frame, Value
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.errors import ExpressionError

_NAMES: dict[type[Any], str] = {
    type(None): "null", bool: "a boolean", int: "an integer", float: "a float", str: "a string", list: "a list",
    dict: "a map",
}  # fmt: skip

LARGEST = 2**63 - 1
SMALLEST = -(2**63)


def type_name(value: Value) -> str:
    """What a value is, with its article, for sentences."""
    return value.kind if isinstance(value, Foreign) else _NAMES.get(type(value), "a value")


def is_number(value: Value) -> bool:
    """Booleans are integers for Python, and none here."""
    return type(value) is int or type(value) is float


def wrong_type(what: str, wanted: str, value: Value) -> ExpressionError:
    """`+ takes ..., not a map`."""
    return ExpressionError(f"{what} takes {wanted}, not {type_name(value)}", code="wrong_type")


def integer(value: int, what: str) -> int:
    """`value`, if it fits into 64 bits."""
    if SMALLEST <= value <= LARGEST:
        return value
    raise ExpressionError(f"the result of {what} does not fit into 64 bits", code="number_out_of_range")


def finite(frame: Frame, value: float) -> float:
    """`value`; remembers when it is one that JSON cannot hold, so that it cannot leave unnoticed."""
    if value - value != 0.0:
        frame.not_finite = True
    return value


def equal(frame: Frame, left: Value, right: Value) -> bool | None:
    """`left = right`."""
    if left is None or right is None:
        return None
    kind = type(left)
    if kind is list or kind is dict:
        return _equal_inside(frame, left, right)
    return _equal_scalars(left, right)


def _equal_scalars(left: Value, right: Value) -> bool:
    if type(left) is type(right) or (is_number(left) and is_number(right)):
        return bool(left == right)
    return False


def _equal_inside(frame: Frame, left: Value, right: Value) -> bool | None:
    """Lists and maps, with a stack of our own, because their depth is the data's."""
    unknown = False
    todo = [(left, right)]
    while todo:
        left, right = todo.pop()
        frame.spend(1)
        if left is None or right is None:
            unknown = True
        elif type(left) is list and type(right) is list:
            if len(left) != len(right):
                return False
            todo.extend(zip(left, right, strict=True))
        elif type(left) is dict and type(right) is dict:
            if left.keys() != right.keys():
                return False
            todo.extend((value, right[key]) for key, value in left.items())
        elif not _equal_scalars(left, right):
            return False
    return None if unknown else True


def truth(value: Value, what: str) -> bool | None:
    """A value as a condition. Raises ExpressionError for what is neither a boolean nor null."""
    if value is True or value is False or value is None:
        return value
    raise wrong_type(what, "booleans", value)
