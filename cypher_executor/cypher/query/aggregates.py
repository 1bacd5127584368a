"""Functions over the rows of a group. Null is passed over by all of them, other than `count(*)`.

An accumulator is made for each group, gets the values of its rows one by one, and then has the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from cypher_executor.cypher.expressions import arithmetic
from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.expressions.ordering import sort_key
from cypher_executor.cypher.expressions.values import is_number, wrong_type
from cypher_executor.cypher.query.budget import Holding, weight
from cypher_executor.cypher.query.context import QueryFrame
from cypher_executor.errors import ExpressionError


class Accumulator(Protocol):
    """One aggregate of one group."""

    def add(self, value: Value, argument: Value) -> None:
        """Takes in the value of a row, which is not null; `argument` is the function's second one."""
        ...

    def result(self) -> Value:
        """What the function gives."""
        ...


class _Count:
    def __init__(self) -> None:
        self.count = 0

    def add(self, value: Value, argument: Value) -> None:
        self.count += 1

    def result(self) -> int:
        return self.count


class _Sum:
    def __init__(self, frame: QueryFrame) -> None:
        self.frame = frame
        self.total: Value = None

    def add(self, value: Value, argument: Value) -> None:
        number = _summand("sum", value)
        self.total = number if self.total is None else arithmetic.add(self.frame, self.total, number)

    def result(self) -> Value:
        return 0 if self.total is None else self.total


class _Average:
    def __init__(self, frame: QueryFrame) -> None:
        self.frame = frame
        self.total: Value = None
        self.count = 0

    def add(self, value: Value, argument: Value) -> None:
        number = _summand("avg", value)
        number = float(number) if is_number(number) else number
        self.total = number if self.total is None else arithmetic.add(self.frame, self.total, number)
        self.count += 1

    def result(self) -> Value:
        return None if self.total is None else arithmetic.divide(self.frame, self.total, self.count)


def _summand(what: str, value: Value) -> Value:
    if isinstance(value, str | list | dict | bool):
        raise wrong_type(f"{what}()", "numbers or durations", value)
    return value


class _Extreme:
    """`min` and `max`, in the order of ORDER BY without null."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.key: Any = None
        self.value: Value = None

    def add(self, value: Value, argument: Value) -> None:
        key = sort_key(value)
        if self.key is None or (key < self.key if self.sign < 0 else key > self.key):
            self.key, self.value = key, value

    def result(self) -> Value:
        return self.value


class _Collect:
    def __init__(self, held: Holding) -> None:
        self.held = held
        self.items: list[Value] = []

    def add(self, value: Value, argument: Value) -> None:
        self.held.add(weight((value,)))
        self.items.append(value)

    def result(self) -> list[Value]:
        return self.items


def _number(what: str, value: Value) -> float:
    if not is_number(value):
        raise wrong_type(f"{what}()", "numbers", value)
    return float(value)


class _Deviation:
    """Welford's method: one pass, and no difference of large numbers. `spare` is 1 for a sample, 0 for all there is."""

    def __init__(self, spare: int) -> None:
        self.spare = spare
        self.count = 0
        self.mean = self.squares = 0.0

    def add(self, value: Value, argument: Value) -> None:
        number = _number("stDev", value)
        self.count += 1
        delta = number - self.mean
        self.mean += delta / self.count
        self.squares += delta * (number - self.mean)

    def result(self) -> float:
        return math.sqrt(self.squares / (self.count - self.spare)) if self.count > 1 else 0.0


class _Percentile:
    def __init__(self, held: Holding, choose: Callable[[list[Any], float], Any]) -> None:
        self.held = held
        self.choose = choose
        self.numbers: list[Any] = []
        self.at: float | None = None

    def add(self, value: Value, argument: Value) -> None:
        _number("percentile", value)
        self.held.add(weight((value,)))
        self.numbers.append(value)
        if self.at is None:
            self.at = _fraction(argument)

    def result(self) -> Value:
        return None if self.at is None else self.choose(sorted(self.numbers), self.at)


def _fraction(value: Value) -> float:
    if not is_number(value):
        raise wrong_type("percentile", "a number from 0.0 to 1.0", value)
    if not 0 <= value <= 1:
        raise ExpressionError(f"a percentile is a number from 0.0 to 1.0, not {value}", code="number_out_of_range")
    return float(value)


def _discrete(numbers: list[Any], at: float) -> Any:
    """The first number that has at least this part of all at or below it."""
    return numbers[max(0, math.ceil(at * len(numbers)) - 1)]


def _continuous(numbers: list[Any], at: float) -> float:
    """Between the two numbers around it, by how near they are."""
    position = at * (len(numbers) - 1)
    below = math.floor(position)
    above = min(below + 1, len(numbers) - 1)
    part = position - below
    return float(numbers[below]) * (1 - part) + float(numbers[above]) * part


MAKE: dict[str, Callable[[QueryFrame, Holding], Accumulator]] = {
    "count": lambda frame, held: _Count(),
    "sum": lambda frame, held: _Sum(frame),
    "avg": lambda frame, held: _Average(frame),
    "min": lambda frame, held: _Extreme(-1),
    "max": lambda frame, held: _Extreme(1),
    "collect": lambda frame, held: _Collect(held),
    "stdev": lambda frame, held: _Deviation(1),
    "stdevp": lambda frame, held: _Deviation(0),
    "percentilecont": lambda frame, held: _Percentile(held, _continuous),
    "percentiledisc": lambda frame, held: _Percentile(held, _discrete),
}
"""For each function, what makes its accumulator. `held` counts what is kept of the group's values."""

ARGUMENTS = {"percentilecont": 2, "percentiledisc": 2}
"""How many arguments a function takes, where it is not one."""
