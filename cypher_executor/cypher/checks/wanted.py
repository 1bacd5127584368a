"""What a JSON Schema asks of one value, and the words for it: types, listed values, limits.

Only constants are looked at, so what is said here is certain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from operator import ge, gt, le, lt

from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.constants import NotConstant, constant

Schema = Mapping[str, Value]

Limit = tuple[str, Callable[[float, float], bool], str]
"""A word of JSON Schema, what it asks for, and how that is said."""

LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "number": (
        ("minimum", ge, "be at least {}"),
        ("maximum", le, "be at most {}"),
        ("exclusiveMinimum", gt, "be more than {}"),
        ("exclusiveMaximum", lt, "be less than {}"),
    ),
    "text": (("minLength", ge, "have a length of at least {}"), ("maxLength", le, "have a length of at most {}")),
    "list": (("minItems", ge, "have a length of at least {}"), ("maxItems", le, "have a length of at most {}")),
}
"""For each kind of constant the limits that it may have."""

SPOKEN = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}


def kind_of(expression: syntax.Syntax) -> str | None:
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


def measure(expression: syntax.Syntax) -> tuple[str, float]:
    """What is measured of a constant (a key of LIMITS, or nothing), and how much of it there is."""
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


def types(schema: Schema) -> list[str]:
    """The types that a value may have; none: any."""
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    return [name for name in names if name in SPOKEN]


def listed(schema: Schema) -> list[Value] | None:
    """The values that there are, where they are listed."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return values if isinstance(values, list) else None


def same(left: Value, right: Value) -> bool:
    """Whether two JSON values are equal: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def described(schema: Schema) -> Iterator[str]:
    """What a value that fits is: listed values, or types with the limits of numbers; nothing where neither is said."""
    values = listed(schema)
    if values is not None:
        yield from map(shown, values)
        return
    for name in types(schema):
        limits = _limits_of(schema) if name in ("integer", "number") else ""
        yield SPOKEN[name] + limits


def _limits_of(schema: Schema) -> str:
    found = [words.removeprefix("be ").format(schema[word]) for word, _, words in LIMITS["number"] if word in schema]
    return f" of {' and '.join(found)}" if found else ""


def shown(value: Value) -> str:
    """A value in a sentence."""
    return f"'{value}'" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def either(words: list[str]) -> str:
    """A list of words, of which one."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
