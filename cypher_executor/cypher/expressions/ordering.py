"""How values compare (`<`, with three answers) and how they are sorted (a total order, for ORDER BY, min and max).

Comparing is for values of one type: numbers, strings, booleans (false first), points of time, and lists, element by
element. All else is unknown. Sorting puts everything into one row: maps, nodes, relationships, lists, paths, points and
lengths of time, strings, booleans, numbers, NaN, null. Foreign values stand between by their own `rank`.
"""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.expressions.frame import Frame, Value
from cypher_executor.cypher.expressions.values import is_number
from cypher_executor.cypher.foreign import Foreign

_END, _MAP, _LIST, _STRING, _BOOLEAN, _NUMBER, _NAN, _NULL = 0, 10, 20, 40, 50, 60, 70, 80


def compare(frame: Frame, left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`; None when that is unknown.

    NaN answers 2, which is neither less nor equal nor greater: every comparison with it is false.
    """
    todo = [(left, right)]
    while todo:
        left, right = todo.pop()
        if type(left) is list and type(right) is list:
            frame.spend(min(len(left), len(right)) + 1)
            todo.append((len(left), len(right)))
            todo.extend(reversed(list(zip(left, right, strict=False))))
            continue
        found = _compare_scalars(left, right)
        if found != 0:
            return found
    return 0


def _compare_scalars(left: Value, right: Value) -> int | None:
    if is_number(left) and is_number(right):
        return -1 if left < right else 1 if left > right else 0 if left == right else 2
    if type(left) is type(right) and type(left) in (str, bool):
        return -1 if left < right else int(left > right)
    if type(left) is type(right) and isinstance(left, Foreign) and left.ordered:
        first, second = left.sort_key(), right.sort_key()
        return -1 if first < second else int(first > second)
    return None


def sort_key(value: Value) -> tuple[tuple[float, Any], ...]:
    """A key that sorts any values as openCypher's ORDER BY does. Flat, however deep the value is."""
    key: list[tuple[float, Any]] = []
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if type(item) is tuple:
            key.append(item)
        elif type(item) is list:
            key.append((_LIST, 0))
            todo.extend([(_END, 0), *reversed(item)])
        elif type(item) is dict:
            names = sorted(item)
            key.extend([(_MAP, len(names)), *((_STRING, n) for n in names)])
            todo.extend(item[n] for n in reversed(names))
        else:
            key.append(_scalar_key(item))
    return tuple(key)


def _scalar_key(value: Value) -> tuple[float, Any]:
    if value is None:
        return (_NULL, 0)
    if type(value) is bool:
        return (_BOOLEAN, value)
    if type(value) is str:
        return (_STRING, value)
    if isinstance(value, Foreign):
        return (value.rank, value.sort_key())
    return (_NAN, 0) if value != value else (_NUMBER, value)
