"""Functions of lists and maps, and those that choose among their arguments."""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.expressions.access import properties_of
from cypher_executor.cypher.expressions.frame import Frame
from cypher_executor.cypher.expressions.functions.table import Function, function, whole
from cypher_executor.cypher.expressions.values import equal, wrong_type
from cypher_executor.errors import ExpressionError


def _list(value: Any, what: str) -> list[Any]:
    if type(value) is list:
        return value
    raise wrong_type(f"{what}()", "a list", value)


def _size(value: Any) -> int:
    if type(value) is list or type(value) is str:
        return len(value)
    raise wrong_type("size()", "a list or a string", value)


def _is_empty(value: Any) -> bool:
    if type(value) in (list, dict, str):
        return not value
    raise wrong_type("isEmpty()", "a list, a map or a string", value)


def _reverse(frame: Frame, value: Any) -> Any:
    if type(value) is list or type(value) is str:
        frame.build(len(value))
        return value[::-1]
    raise wrong_type("reverse()", "a list or a string", value)


def _head(value: Any) -> Any:
    items = _list(value, "head")
    return items[0] if items else None


def _last(value: Any) -> Any:
    items = _list(value, "last")
    return items[-1] if items else None


def _tail(frame: Frame, value: Any) -> list[Any]:
    items = _list(value, "tail")
    frame.build(8 * len(items))
    return items[1:]


def _range(frame: Frame, start: Any, end: Any, step: Any = 1) -> list[int]:
    first, last, by = whole(start, "range"), whole(end, "range"), whole(step, "range")
    if by == 0:
        raise ExpressionError("range() cannot take steps of 0", code="number_out_of_range")
    count = max(0, (last - first) // by + 1)
    frame.spend(count)
    frame.build(8 * count)
    return list(range(first, last + (1 if by > 0 else -1), by))


def _keys(value: Any) -> list[str]:
    return list(properties_of(value, "keys()"))


def _coalesce(*values: Any) -> Any:
    return next((v for v in values if v is not None), None)


def _null_if(frame: Frame, left: Any, right: Any) -> Any:
    return None if equal(frame, left, right) else left


LISTS: tuple[Function, ...] = (
    function("size(list)", "The length of a list or a string.", _size),
    function("length(list)", "The length of a list or a string.", _size),
    function("isEmpty(list)", "Whether a list, a map or a string has nothing in it.", _is_empty),
    function("head(list)", "The first item.", _head),
    function("last(list)", "The last item.", _last),
    function("tail(list)", "All items but the first.", _tail, needs_frame=True),
    function("reverse(list)", "A list or a string from back to front.", _reverse, needs_frame=True),
    function("range(start, end, [step])", "The integers from start to end, both included.", _range, needs_frame=True),
    function("keys(map)", "The keys of a map, a node or a relationship.", _keys),
    function("properties(map)", "The properties of a node or a relationship; a map as it is.",
             lambda v: dict(properties_of(v, "properties()"))),
    function("coalesce(value, ...)", "The first argument that is not null.", _coalesce, takes_null=True),
    function("nullIf(value, other)", "null if both are equal, else the first.", _null_if, takes_null=True,
             needs_frame=True),
    function("exists(value)", "Whether it is not null.", lambda v: v is not None, takes_null=True),
)  # fmt: skip
