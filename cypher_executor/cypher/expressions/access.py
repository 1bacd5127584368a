"""Steps into values: `.key`, `[index]`, `[from..to]`. What is not there is null, and so is any step from null."""

from __future__ import annotations

from collections.abc import Callable

from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.expressions.values import type_name, wrong_type
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.errors import ExpressionError

Step = Callable[[Frame, Value], Value]


def get_property(value: Value, key: str) -> Value:
    """`value.key`."""
    if type(value) is dict:
        return value.get(key)
    if value is None:
        return None
    if isinstance(value, Foreign):
        return value.property(key)
    raise ExpressionError(f"`.{key}` needs a map, not {type_name(value)}", code="wrong_type")


def property_path(subject: Closure, keys: tuple[str, ...]) -> Closure:
    """`subject.a.b.c`, by far the most frequent of all expressions."""

    def evaluate(frame: Frame) -> Value:
        value = subject(frame)
        for key in keys:
            value = value.get(key) if type(value) is dict else get_property(value, key)
        return value

    return evaluate


def property_step(key: str) -> Step:
    return lambda frame, value: get_property(value, key)


def index_step(index: Closure) -> Step:
    return lambda frame, value: get_item(value, index(frame))


def get_item(value: Value, index: Value) -> Value:
    """`value[index]`: of a list by position, from its end if negative; of a map by key."""
    if value is None or index is None:
        return None
    if type(value) is list:
        if type(index) is not int:
            raise wrong_type("[ ] of a list", "an integer", index)
        return value[index] if -len(value) <= index < len(value) else None
    if type(value) is dict:
        if type(index) is not str:
            raise wrong_type("[ ] of a map", "a string", index)
        return value.get(index)
    if isinstance(value, Foreign) and type(index) is str:
        return value.property(index)
    raise ExpressionError(f"[ ] needs a list or a map, not {type_name(value)}", code="wrong_type")


def slice_step(start: Closure | None, stop: Closure | None) -> Step:
    def step(frame: Frame, value: Value) -> Value:
        first = start(frame) if start else 0
        last = stop(frame) if stop else _ALL
        return _slice(frame, value, first, last)

    return step


_ALL = 2**63


def _slice(frame: Frame, value: Value, start: Value, stop: Value) -> Value:
    if value is None or start is None or stop is None:
        return None
    if type(value) is not list:
        raise wrong_type("[ .. ]", "a list", value)
    for bound in (start, stop):
        if type(bound) is not int:
            raise wrong_type("[ .. ]", "integers as bounds", bound)
    found = value[start:stop]
    frame.build(8 * len(found))
    return found


def steps(subject: Closure, through: list[Step]) -> Closure:
    """`subject` and then each step."""

    def evaluate(frame: Frame) -> Value:
        value = subject(frame)
        for step in through:
            value = step(frame, value)
        return value

    return evaluate


def all_properties(value: Value) -> dict[str, Value]:
    """What `.*` of a map projection takes over."""
    return properties_of(value, ".*")


def properties_of(value: Value, what: str) -> dict[str, Value]:
    """A map, or the properties of what has them."""
    if type(value) is dict:
        return value
    found = value.properties() if isinstance(value, Foreign) else None
    if found is None:
        raise wrong_type(what, "a map", value)
    return found
