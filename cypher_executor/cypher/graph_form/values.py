"""From expressions to what a property of a graph can hold."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from cypher_executor.cypher import strings, syntax
from cypher_executor.cypher.printing import print_expression

Scalar: TypeAlias = bool | int | float | str
GraphValue: TypeAlias = Scalar | list[bool] | list[int] | list[float] | list[str]


def encode(expression: syntax.Expression, *, templates: bool) -> GraphValue:
    """The property that stands for `expression`. With `templates`, the `{{ }}` in its texts are expressions."""
    if isinstance(expression, syntax.ListLiteral):
        return _list(expression, templates)
    if isinstance(expression, syntax.MapLiteral):
        return json_text(expression, templates=templates)
    return _scalar(expression, templates, in_json=False)


def json_text(expression: syntax.Expression, *, templates: bool) -> str:
    """Lists and maps as JSON, with strings for the expressions in them."""
    written: list[str] = []
    todo: list[str | syntax.Expression] = [expression]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            written.append(item)
        else:
            todo.extend(reversed(_json_pieces(item, templates)))
    return "".join(written)


def is_json(text: str) -> bool:
    """Whether this text would be read as a list or a map."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _list(expression: syntax.ListLiteral, templates: bool) -> GraphValue:
    """A list of one type, or JSON: lists in lists, and lists of several types, are no properties."""
    items: list[Scalar] = []
    for item in expression.items:
        nested = isinstance(item, syntax.ListLiteral | syntax.MapLiteral)
        items.append(json_text(item, templates=templates) if nested else _scalar(item, templates, in_json=False))
    if len({type(item) for item in items}) > 1:
        return json_text(expression, templates=templates)
    return items  # type: ignore[return-value]


def _json_pieces(node: syntax.Expression, templates: bool) -> list[str | syntax.Expression]:
    match node:
        case syntax.ListLiteral(items=items):
            return ["[", *_separated([[item] for item in items]), "]"]
        case syntax.MapLiteral(entries=entries):
            return ["{", *_separated([[f"{_json(e.key.text)}: ", e.value] for e in entries]), "}"]
        case syntax.Literal(value=None):
            return ["null"]
    return [_json(_scalar(node, templates, in_json=True))]


def _separated(items: list[list[str | syntax.Expression]]) -> list[str | syntax.Expression]:
    return [piece for number, item in enumerate(items) for piece in ([", ", *item] if number else item)]


def _json(value: Scalar) -> str:
    if isinstance(value, str) and "{{" in value:
        return '"' + "".join(_json_piece(piece) for piece in _ESCAPES.split(value)) + '"'
    return json.dumps(value, ensure_ascii=False)


def _json_piece(piece: str) -> str:
    """A piece of an expression. Its escapes are written as numbers, because JSON would double their backslashes: so
    strings in it end where they end, also for whoever looks for that before reading the JSON around it."""
    if piece.startswith("\\"):
        return "".join(f"\\u{ord(character):04x}" for character in piece)
    return json.dumps(piece, ensure_ascii=False)[1:-1]


_ESCAPES = re.compile(r"(\\[\\']?)")
"""Backslashes, each with the backslash or quote that it stands before."""


def _scalar(node: syntax.Expression, templates: bool, *, in_json: bool) -> Scalar:
    match node:
        case syntax.Literal(value=bool() | int() | float() as value):
            return value
        case syntax.Unary(operators=("-",), operand=syntax.Literal(value=int() | float() as value)) if _has_sign(value):
            return -value
        case syntax.Literal(value=str() as value) if _is_plain(value, in_json):
            return value
        case syntax.Template() if templates:
            text = _filled(node)
            if _says(text, node.parts) and (in_json or not is_json(text)):
                return text
    return "{{ " + print_expression(node, templates=templates) + " }}"


def _has_sign(value: int | float) -> bool:
    """Whether a number can be negative: the whole number 0 cannot, and neither can a truth value."""
    return not isinstance(value, bool) and (isinstance(value, float) or value != 0)


def _is_plain(text: str, in_json: bool) -> bool:
    """Whether a text stands for itself."""
    return "{{" not in text and (in_json or not is_json(text))


def _filled(template: syntax.Template) -> str:
    return "".join(p if isinstance(p, str) else "{{ " + print_expression(p, templates=False) + " }}"
                   for p in template.parts)  # fmt: skip


def _says(text: str, parts: tuple[str | syntax.Expression, ...]) -> bool:
    """Whether this text is read as these parts: several of them, and each where it is."""
    found = strings.pieces(text)
    if len(found) != len(parts) or len(parts) == 1:
        return False
    return all(
        not piece.is_expression and text[piece.start : piece.end] == part
        if isinstance(part, str)
        else piece.is_expression
        for piece, part in zip(found, parts, strict=True)
    )
