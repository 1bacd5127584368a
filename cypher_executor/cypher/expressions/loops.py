"""What goes through a list: comprehensions, quantifiers, `reduce`.

The variable of a loop is a numbered slot of the frame. Each turn is charged with the size of what it evaluates, so
that the budget counts work however loops are nested.
"""

from __future__ import annotations

from collections.abc import Callable

from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.expressions.values import truth, wrong_type

Quantify = Callable[[Frame], bool | None]


def _items(what: str, value: Value) -> list[Value] | None:
    if value is None or type(value) is list:
        return value
    raise wrong_type(what, "a list", value)


def comprehension(slot: int, source: Closure, where: Closure | None, projection: Closure | None, cost: int) -> Closure:
    """`[x IN source WHERE where | projection]`."""

    def evaluate(frame: Frame) -> list[Value] | None:
        items = _items("a list comprehension", source(frame))
        if items is None:
            return None
        found = []
        for item in items:
            frame.spend(cost)
            frame.slots[slot] = item
            if where is not None and truth(where(frame), "WHERE") is not True:
                continue
            frame.build(8)
            found.append(item if projection is None else projection(frame))
        return found

    return evaluate


def quantifier(kind: str, slot: int, source: Closure, where: Closure | None, cost: int) -> Quantify:
    """`any`, `all`, `none` and `single`, with three answers each."""
    decide = _DECIDE[kind]

    def evaluate(frame: Frame) -> bool | None:
        items = _items(f"{kind}()", source(frame))
        if items is None:
            return None
        counts = {True: 0, False: 0, None: 0}
        for item in items:
            frame.spend(cost)
            frame.slots[slot] = item
            counts[truth(item if where is None else where(frame), f"{kind}()")] += 1
        return decide(counts[True], counts[False], counts[None])

    return evaluate


def _any(true: int, false: int, unknown: int) -> bool | None:
    return True if true else None if unknown else False


def _all(true: int, false: int, unknown: int) -> bool | None:
    return False if false else None if unknown else True


def _none(true: int, false: int, unknown: int) -> bool | None:
    return False if true else None if unknown else True


def _single(true: int, false: int, unknown: int) -> bool | None:
    return False if true > 1 else None if unknown else true == 1


_DECIDE = {"any": _any, "all": _all, "none": _none, "single": _single}


def reduction(total: int, initial: Closure, slot: int, source: Closure, body: Closure, cost: int) -> Closure:
    """`reduce(total = initial, x IN source | body)`."""

    def evaluate(frame: Frame) -> Value:
        items = _items("reduce()", source(frame))
        if items is None:
            return None
        value = initial(frame)
        for item in items:
            frame.spend(cost)
            frame.slots[total] = value
            frame.slots[slot] = item
            value = body(frame)
        return value

    return evaluate
