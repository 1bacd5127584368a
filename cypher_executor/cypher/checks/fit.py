"""Whether an expression can fit a JSON Schema, as far as that is known before a run.

Only what is certain is said: the type, the words and the limits of literals, and the shape of lists and maps as
written. What is computed in a run is checked in that run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt

from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.constants import NotConstant, constant
from cypher_executor.errors import Place, nearest

Schema = Mapping[str, Value]

_FEW = 10
"""So many words are always listed."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit: the place to point at, the whole value, and the end of a sentence that begins with its name.
    `known` are the texts that would fit, where there is a list of them."""

    place: Place
    value: Place
    message: str
    written: str | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    expression: syntax.Syntax
    schema: Schema
    place: Place
    path: str


def misfits(expression: syntax.Syntax, schema: Schema, place: Place, path: str) -> Iterator[Misfit]:
    """Everything in `expression`, which stands at `place` as the property `path`, that cannot fit."""
    todo = [_Task(expression, schema, place, path)]
    while todo:
        task = todo.pop()
        wrong = _misfit(task)
        if wrong is not None:
            yield wrong
        else:
            todo.extend(reversed(list(_inside(task))))


def _misfit(task: _Task) -> Misfit | None:
    kind = _kind(task.expression)
    if kind is None or kind == "null":  # null is an input that was not given
        return None
    wanted = _types(task.schema)
    if wanted and kind not in wanted and not (kind == "integer" and "number" in wanted):
        message = f"`{task.path}` must be {_or([_SPOKEN[w] for w in wanted])}, not {_FOUND.get(kind, _SPOKEN[kind])}"
        return Misfit(task.place, task.expression.place, message)
    return _not_listed(task) or _beyond_limits(task)


def _beyond_limits(task: _Task) -> Misfit | None:
    """How large a number may be, and how long a text or a list."""
    kind, size = _measure(task.expression)
    for keyword, within, words in _LIMITS.get(kind, ()):
        limit = task.schema.get(keyword)
        if isinstance(limit, int | float) and not isinstance(limit, bool) and not within(size, limit):
            return Misfit(task.place, task.expression.place, f"`{task.path}` must {words.format(limit)}")
    return None


def _measure(expression: syntax.Syntax) -> tuple[str, float]:
    """What is measured of a constant, and how much of it there is."""
    if isinstance(expression, syntax.ListLiteral):
        return "list", len(expression.items)
    if not isinstance(expression, syntax.Literal | syntax.Unary):
        return "", 0
    try:
        value = constant(expression)
    except NotConstant:
        return "", 0
    if isinstance(value, str):
        return "text", len(value)
    return ("number", value) if isinstance(value, int | float) and not isinstance(value, bool) else ("", 0)


_LIMITS: Mapping[str, tuple[tuple[str, Callable[[float, float], bool], str], ...]] = {
    "number": (
        ("minimum", ge, "be at least {}"),
        ("maximum", le, "be at most {}"),
        ("exclusiveMinimum", gt, "be more than {}"),
        ("exclusiveMaximum", lt, "be less than {}"),
    ),
    "text": (("minLength", ge, "have a length of at least {}"), ("maxLength", le, "have a length of at most {}")),
    "list": (("minItems", ge, "have a length of at least {}"), ("maxItems", le, "have a length of at most {}")),
}
"""For each kind of constant: the words of JSON Schema, what they ask for, and how it is said."""


def _not_listed(task: _Task) -> Misfit | None:
    allowed = [task.schema["const"]] if "const" in task.schema else task.schema.get("enum")
    if not isinstance(allowed, list):
        return None
    try:
        value = constant(task.expression)
    except NotConstant:
        return None
    if any(_same(value, each) for each in allowed):
        return None
    texts = tuple(each for each in allowed if isinstance(each, str))
    written = value if isinstance(value, str) else None
    if len(allowed) > _FEW and written is not None and nearest(written, texts) is not None:
        message = f"`{task.path}` cannot be {_shown(value)}"  # what was meant says more than the list
    else:
        message = f"`{task.path}` must be {_or([_shown(each) for each in allowed])}"
    return Misfit(task.place, task.expression.place, message, written, texts)


def _inside(task: _Task) -> Iterator[_Task]:
    """What is written inside of a list or a map, each with its own schema."""
    if isinstance(task.expression, syntax.ListLiteral):
        items = task.schema.get("items")
        if isinstance(items, Mapping):
            for number, item in enumerate(task.expression.items):
                yield _Task(item, items, item.place, f"{task.path}[{number}]")
    if isinstance(task.expression, syntax.MapLiteral):
        properties = task.schema.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        for entry in task.expression.entries:
            if isinstance(known.get(entry.key.text), Mapping):
                yield _Task(entry.value, known[entry.key.text], entry.key.place, f"{task.path}.{entry.key.text}")


_SPOKEN = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}

_FOUND = {"number": "a number with a fraction"}


def _kind(expression: syntax.Syntax) -> str | None:
    """The JSON type that an expression certainly has."""
    match expression:
        case syntax.ListLiteral():
            return "array"
        case syntax.MapLiteral():
            return "object"
        case syntax.Template() if len(expression.parts) > 1:
            return "string"
        case syntax.Literal() | syntax.Unary():
            return _kind_of_scalar(expression)
    return None


def _kind_of_scalar(expression: syntax.Syntax) -> str | None:
    try:
        value = constant(expression)
    except NotConstant:
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) or value.is_integer() else "number"


def _types(schema: Schema) -> list[str]:
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    return [name for name in names if name in _SPOKEN]


def _same(left: Value, right: Value) -> bool:
    """Whether two JSON values are equal: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _shown(value: Value) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
