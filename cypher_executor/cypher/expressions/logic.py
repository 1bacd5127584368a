"""AND, OR, XOR, NOT with three values, comparisons, and the tests that bind tighter."""

from __future__ import annotations

from collections.abc import Callable

from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.expressions.ordering import compare
from cypher_executor.cypher.expressions.values import equal, truth, wrong_type

Comparison = Callable[[Frame, Value, Value], bool | None]
ThreeValued = Callable[[Frame], bool | None]


def conjunction(operands: list[Closure]) -> ThreeValued:
    """`AND`: false if one is, else unknown if one is."""

    def evaluate(frame: Frame) -> bool | None:
        found: bool | None = True
        for operand in operands:
            value = truth(operand(frame), "AND")
            if value is False:
                return False
            if value is None:
                found = None
        return found

    return evaluate


def disjunction(operands: list[Closure]) -> ThreeValued:
    """`OR`: true if one is, else unknown if one is."""

    def evaluate(frame: Frame) -> bool | None:
        found: bool | None = False
        for operand in operands:
            value = truth(operand(frame), "OR")
            if value is True:
                return True
            if value is None:
                found = None
        return found

    return evaluate


def exclusive(operands: list[Closure]) -> ThreeValued:
    """`XOR`: unknown if one is."""

    def evaluate(frame: Frame) -> bool | None:
        values = [truth(operand(frame), "XOR") for operand in operands]
        return None if None in values else sum(map(bool, values)) % 2 == 1

    return evaluate


def negation(value: Value) -> bool | None:
    known = truth(value, "NOT")
    return None if known is None else not known


def _unequal(frame: Frame, left: Value, right: Value) -> bool | None:
    found = equal(frame, left, right)
    return None if found is None else not found


def _ordered(answers: tuple[int, ...]) -> Comparison:
    def evaluate(frame: Frame, left: Value, right: Value) -> bool | None:
        found = compare(frame, left, right)
        return None if found is None else found in answers

    return evaluate


COMPARISONS: dict[str, Comparison] = {
    "=": equal, "<>": _unequal,
    "<": _ordered((-1,)), "<=": _ordered((-1, 0)), ">": _ordered((1,)), ">=": _ordered((1, 0)),
}  # fmt: skip


def comparison(operands: list[Closure], operators: list[Comparison]) -> ThreeValued:
    """`a < b <= c`: each operand is evaluated once, and all neighbours must agree."""
    if len(operators) == 1:
        left, right = operands
        only = operators[0]
        return lambda frame: only(frame, left(frame), right(frame))

    def evaluate(frame: Frame) -> bool | None:
        values = [operand(frame) for operand in operands]
        answers = [o(frame, values[i], values[i + 1]) for i, o in enumerate(operators)]
        return False if False in answers else None if None in answers else True

    return evaluate


def is_in(frame: Frame, item: Value, items: Value) -> bool | None:
    """`item IN items`."""
    if items is None:
        return None
    if type(items) is not list:
        raise wrong_type("IN", "a list on its right", items)
    frame.spend(len(items))
    found: bool | None = False
    for other in items:
        answer = equal(frame, item, other)
        if answer:
            return True
        if answer is None:
            found = None
    return found


def _of_strings(test: Callable[[str, str], bool]) -> Comparison:
    """What is no string is no reason to fail: the answer is unknown."""

    def evaluate(frame: Frame, left: Value, right: Value) -> bool | None:
        return test(left, right) if type(left) is str and type(right) is str else None

    return evaluate


TESTS: dict[str, Comparison] = {
    "IN": is_in,
    "STARTS WITH": _of_strings(str.startswith),
    "ENDS WITH": _of_strings(str.endswith),
    "CONTAINS": _of_strings(str.__contains__),
    "IS NULL": lambda frame, value, _: value is None,
    "IS NOT NULL": lambda frame, value, _: value is not None,
}
