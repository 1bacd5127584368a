r"""Expressions as canonical Cypher: one text for one meaning, with only the brackets that the meaning needs.

Each kind of expression has a function that gives its pieces: texts, and expressions with the rank that the place they
stand in asks for. An expression that binds looser than its place gets brackets. A stack holds what is still to be
written, so depth costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cypher_executor.cypher import syntax

_OR, _XOR, _AND, _NOT, _COMPARE, _TEST, _ADD, _MULTIPLY, _POWER, _SIGN, _ACCESS, _ATOM = range(12)
_LOGICAL = {"OR": _OR, "XOR": _XOR, "AND": _AND}
_ARITHMETIC = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY, "^": _POWER}

Place = tuple[syntax.Syntax, int]
Pieces = Iterable[str | Place]

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_SPECIAL = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|\{\{")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "{{": "\\{{"}
_RESERVED = {"case", "distinct", "false", "not", "null", "true"}


def print_expression(expression: syntax.Expression, *, templates: bool = True) -> str:
    """The canonical text. Without `templates`, a string with braces is printed as the text that it is."""
    written: list[str] = []
    todo: list[str | Place] = [(expression, _OR)]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            written.append(item)
            continue
        node, needed = item
        if isinstance(node, syntax.Template) and not templates:
            written.append(quoted(node.value))
            continue
        pieces = list(_PIECES[type(node)](node))
        brackets = _rank(node) < needed
        todo.extend(reversed(["(", *pieces, ")"] if brackets else pieces))
    return "".join(written)


def name_text(name: str) -> str:
    """A name, in backticks if it needs them."""
    return name if _PLAIN_NAME.fullmatch(name) and name.isidentifier() else "`" + name.replace("`", "``") + "`"


def quoted(value: str) -> str:
    """A string literal."""
    return "'" + _escaped(value) + "'"


def _escaped(value: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", value)


def _rank(node: syntax.Syntax) -> int:
    match node:
        case syntax.Logical(operator=operator):
            return _LOGICAL[operator]
        case syntax.Arithmetic(operators=operators):
            return _ARITHMETIC[operators[0]]
        case syntax.Unary(operators=operators):
            return _NOT if operators[0] == "NOT" else _SIGN
        case syntax.Comparison():
            return _COMPARE
        case syntax.Tests():
            return _TEST
        case syntax.Access():
            return _ACCESS
        case syntax.Literal(value=value) if type(value) in (int, float) and value < 0:  # type: ignore[operator]
            return _SIGN
    return _ATOM


def _separated(items: Iterable[Pieces], separator: str = ", ") -> Iterator[str | Place]:
    for position, pieces in enumerate(items):
        if position:
            yield separator
        yield from pieces


def _listed(nodes: Iterable[syntax.Syntax]) -> Iterator[str | Place]:
    return _separated([(node, _OR)] for node in nodes)


def _literal(node: syntax.Literal) -> Pieces:
    value = node.value
    if isinstance(value, str):
        return [quoted(value)]
    if value is None or isinstance(value, bool):
        return [{None: "null", True: "true", False: "false"}[value]]
    return [repr(value)]


def _template(node: syntax.Template) -> Pieces:
    yield "'"
    for part in node.parts:
        if isinstance(part, str):
            yield _escaped(part)
        else:  # templates do not nest, so this goes one level down and no further
            yield "{{ " + _in_string(print_expression(part, templates=False)) + " }}"
    yield "'"


def _in_string(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _variable(node: syntax.Variable) -> Pieces:
    text = name_text(node.name)
    return [f"`{text}`" if text.lower() in _RESERVED else text]


def _parameter(node: syntax.Parameter) -> Pieces:
    return ["$" + (node.name if re.fullmatch(r"\w+", node.name) else name_text(node.name))]


def _list(node: syntax.ListLiteral) -> Pieces:
    return ["[", *_listed(node.items), "]"]


def _entry(node: syntax.MapEntry) -> Pieces:
    return [name_text(node.key.text), ": ", (node.value, _OR)]


def _map(node: syntax.MapLiteral) -> Pieces:
    return ["{", *_separated(map(_entry, node.entries)), "}"]


def _projected(item: syntax.Syntax) -> Pieces:
    match item:
        case syntax.MapEntry():
            return _entry(item)
        case syntax.PropertySelector(key=key):
            return ["." + name_text(key.text)]
        case syntax.AllPropertiesSelector():
            return [".*"]
    return [(item, _ATOM)]


def _projection(node: syntax.MapProjection) -> Pieces:
    return [(node.subject, _ATOM), " {", *_separated(map(_projected, node.items)), "}"]


def _call(node: syntax.FunctionCall) -> Pieces:
    name = ".".join(map(name_text, node.name.text.split(".")))
    return [name, "(DISTINCT " if node.distinct else "(", *_listed(node.arguments), ")"]


def _case(node: syntax.Case) -> Pieces:
    yield "CASE"
    if node.subject is not None:
        yield from (" ", (node.subject, _OR))
    for when in node.whens:
        yield from (" WHEN ", (when.condition, _OR), " THEN ", (when.result, _OR))
    if node.default is not None:
        yield from (" ELSE ", (node.default, _OR))
    yield " END"


def _where(where: syntax.Expression | None, before: str = " WHERE ") -> list[str | Place]:
    return [] if where is None else [before, (where, _OR)]


def _membership(variable: syntax.Name, source: syntax.Expression) -> list[str | Place]:
    return [name_text(variable.text), " IN ", (source, _OR)]


def _comprehension(node: syntax.ListComprehension) -> Pieces:
    head = _membership(node.variable, node.source)
    return ["[", *head, *_where(node.where), *_where(node.projection, " | "), "]"]


def _quantifier(node: syntax.Quantifier) -> Pieces:
    return [node.kind, "(", *_membership(node.variable, node.source), *_where(node.where), ")"]


def _reduce(node: syntax.Reduce) -> Pieces:
    start: list[str | Place] = ["reduce(", name_text(node.accumulator.text), " = ", (node.initial, _OR), ", "]
    return [*start, *_membership(node.variable, node.source), " | ", (node.body, _OR), ")"]


def _access(node: syntax.Access) -> Pieces:
    yield (node.subject, _ATOM)
    for step in node.steps:
        match step:
            case syntax.Property(key=key):
                yield "." + name_text(key.text)
            case syntax.Index(index=index):
                yield from ("[", (index, _OR), "]")
            case syntax.Slice(start=start, stop=stop):
                yield from ("[", *_where(start, ""), "..", *_where(stop, ""), "]")


def _unary(node: syntax.Unary) -> Pieces:
    words = "".join("NOT " if o == "NOT" else o for o in node.operators)
    return [words, (node.operand, _NOT + 1 if node.operators[0] == "NOT" else _SIGN + 1)]


def _chain(operands: Iterable[Any], operators: Iterable[str], rank: int) -> Pieces:
    first, *rest = operands
    yield (first, rank + 1)
    for operator, operand in zip(operators, rest, strict=True):
        yield from (f" {operator} ", (operand, rank + 1))


def _arithmetic(node: syntax.Arithmetic) -> Pieces:
    return _chain(node.operands, node.operators, _rank(node))


def _comparison(node: syntax.Comparison) -> Pieces:
    return _chain(node.operands, node.operators, _COMPARE)


def _logical(node: syntax.Logical) -> Pieces:
    return _chain(node.operands, [node.operator] * (len(node.operands) - 1), _rank(node))


def _tests(node: syntax.Tests) -> Pieces:
    yield (node.subject, _TEST + 1)
    for test in node.tests:
        yield f" {test.kind}"
        if test.operand is not None:
            yield from (" ", (test.operand, _TEST + 1))


_PIECES: dict[type[syntax.Syntax], Callable[[Any], Pieces]] = {
    syntax.Literal: _literal, syntax.Template: _template, syntax.Variable: _variable, syntax.Parameter: _parameter,
    syntax.ListLiteral: _list, syntax.MapLiteral: _map, syntax.MapProjection: _projection, syntax.FunctionCall: _call,
    syntax.Case: _case, syntax.ListComprehension: _comprehension, syntax.Quantifier: _quantifier,
    syntax.Reduce: _reduce, syntax.Access: _access, syntax.Unary: _unary, syntax.Arithmetic: _arithmetic,
    syntax.Comparison: _comparison, syntax.Logical: _logical, syntax.Tests: _tests,
}  # fmt: skip
"""Of expressions that a recipe may have; those that ask a graph are printed with their clauses."""
