r"""Expressions as canonical Cypher: one text for one meaning, with only the brackets that the meaning needs.

Each kind of expression has a function that gives its pieces: texts, and expressions with the rank that the place they
stand in asks for. An expression that binds looser than its place gets brackets. A stack holds what is still to be
written, so depth costs nothing.

Among the pieces are `Mark`s: where a line may be broken, and how far that indents. In one line they are the space that
they hold; `pieces_of` hands them, with places, to whoever lays a text out over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cypher_executor.cypher import strings, syntax

_OR, _XOR, _AND, _NOT, _COMPARE, _TEST, _ADD, _MULTIPLY, _POWER, _SIGN, _ACCESS, _ATOM = range(12)
_LOGICAL = {"OR": _OR, "XOR": _XOR, "AND": _AND}
_ARITHMETIC = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY, "^": _POWER}

Place = tuple[syntax.Syntax, int]
Pieces = Iterable[str | Place]


class Mark(str):
    """Where a line may be broken. Its text is what stands there when it is not."""

    __slots__ = ()


OPEN, CLOSE, INDENT, DEDENT, CLOSING = (Mark() for _ in range(5))
"""A group, whose lines are broken all or none; what is indented in it; and where the inside of brackets ends."""
LINE, SOFT = Mark(" "), Mark()
"""A line break, or else a space; a line break, or else nothing."""


@dataclass(frozen=True, slots=True)
class At:
    """What follows stood at this place of the source, or ended there."""

    line: int
    column: int


class Braces(Enum):
    """What `{{ }}` in the strings of an expression is, and so how it is printed."""

    TEMPLATES = "expressions, each in its canonical form"
    TEXT = "text, which needs a backslash to stay text"
    KEPT = "what the author wrote, letter by letter: it means something only to a later stage"


_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_SPECIAL = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPECIAL_OR_BRACES = re.compile(rf"{_SPECIAL.pattern}|\{{{{2,}}")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_RESERVED = {"case", "distinct", "false", "not", "null", "true", "when"}
"""Words that begin something else where a value is wanted."""


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


def pieces_of(expression: syntax.Syntax, braces: Braces = Braces.TEMPLATES) -> Iterator[str | At]:
    """The same text in pieces, with marks and places. Strings that run over lines do so again."""
    todo: list[str | At | Place] = [(expression, _OR)]
    while todo:
        item = todo.pop()
        if not isinstance(item, tuple):
            yield item
            continue
        node, needed = item
        pieces = [_end_of(node) if p is CLOSING else p for p in _laid_out(node, braces)]
        brackets = _rank(node) < needed
        todo.extend(reversed(["(", *pieces, ")"] if brackets else pieces))
        todo.append(At(node.place.line, node.place.column))


def _laid_out(node: syntax.Syntax, braces: Braces) -> Pieces:
    if not isinstance(node, syntax.Literal | syntax.Template) or not isinstance(node.value, str):
        return _PIECES[type(node)](node)
    text = _string(node, braces)
    return [over_lines(text) if "\n" in node.source else text]


def _string(node: syntax.Literal | syntax.Template, braces: Braces) -> str:
    if braces is Braces.KEPT:
        return _kept(node.source)
    if isinstance(node, syntax.Template) and braces is Braces.TEMPLATES:
        return "".join(_template(node))
    return quoted(str(node.value))


def _kept(source: str) -> str:
    """A string whose braces hold what they held, and are text where they were."""
    scanned = strings.scan(source)
    return "'" + "".join(_kept_piece(scanned.text[p.start : p.end], p) for p in scanned.pieces) + "'"


def _kept_piece(text: str, piece: strings.Piece) -> str:
    return "{{" + _marked(text) + "}}" * piece.closed if piece.is_expression else _escaped(text)


def over_lines(text: str) -> str:
    """A string literal with line breaks in place of their escapes."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[0], text)


def _end_of(node: syntax.Syntax) -> At:
    return At(node.place.end_line, node.place.end_column)


def name_text(name: str) -> str:
    """A name, in backticks if it needs them."""
    return name if _PLAIN_NAME.fullmatch(name) and name.isidentifier() else "`" + name.replace("`", "``") + "`"


def quoted(value: str) -> str:
    """A string literal."""
    return "'" + _escaped(value) + "'"


def _escaped(value: str) -> str:
    """A text whose braces are text."""
    return _SPECIAL_OR_BRACES.sub(lambda found: _as_text(found[0]), value)


def _as_text(braces: str) -> str:
    """Braces in a row in pairs that begin no template. An odd one goes first: behind the pairs, it could be one half of
    the `{{` that follows them."""
    if not braces.startswith("{"):
        return _escape(braces)
    return "{" * (len(braces) % 2) + "\\{{" * (len(braces) // 2)


def _marked(text: str) -> str:
    """A text within braces, where braces need no backslash."""
    return _SPECIAL.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"


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


def _separated(items: Iterable[Pieces]) -> Iterator[str | Place]:
    for position, pieces in enumerate(items):
        if position:
            yield from (",", LINE)
        yield from pieces


def _listed(nodes: Iterable[syntax.Syntax]) -> Iterator[str | Place]:
    return _separated([(node, _OR)] for node in nodes)


def enclosed(opening: str, inside: Pieces, closing: str) -> Iterator[str | Place]:
    """Brackets around what may be broken into lines."""
    yield opening
    yield from (OPEN, INDENT, SOFT)
    yield from inside
    yield from (CLOSING, DEDENT, SOFT, CLOSE)
    yield closing


def _literal(node: syntax.Literal) -> Pieces:
    value = node.value
    if isinstance(value, str):
        return [quoted(value)]
    if value is None or isinstance(value, bool):
        return [{None: "null", True: "true", False: "false"}[value]]
    return [repr(value)]


def _template(node: syntax.Template) -> Iterator[str]:
    yield "'"
    for part in node.parts:
        if isinstance(part, str):
            yield _escaped(part)
        else:  # templates do not nest, so this goes one level down and no further
            yield "{{ " + _marked(print_expression(part, templates=False)) + " }}"
    yield "'"


def _variable(node: syntax.Variable) -> Pieces:
    return [variable_text(node.name)]


def variable_text(name: str) -> str:
    """A name where a value could stand, too."""
    return f"`{name}`" if name.lower() in _RESERVED else name_text(name)


def _parameter(node: syntax.Parameter) -> Pieces:
    return ["$" + (node.name if re.fullmatch(r"\w+", node.name) else name_text(node.name))]


def _list(node: syntax.ListLiteral) -> Pieces:
    return enclosed("[", _listed(node.items), "]") if node.items else ["[]"]


def _entry(node: syntax.MapEntry) -> Pieces:
    return [name_text(node.key.text), ": ", (node.value, _OR)]


def _map(node: syntax.MapLiteral) -> Pieces:
    return enclosed("{", _listed(node.entries), "}") if node.entries else ["{}"]


def _projected(item: syntax.Syntax) -> Pieces:
    match item:
        case syntax.PropertySelector(key=key):
            return ["." + name_text(key.text)]
        case syntax.AllPropertiesSelector():
            return [".*"]
    return [(item, _ATOM)]


def _projection(node: syntax.MapProjection) -> Pieces:
    name = node.subject.name
    subject = f"`{name}`" if name.lower() in _BEFORE_BRACES else variable_text(name)
    return [subject, " ", *enclosed("{", _separated(map(_projected, node.items)), "}")]


_BEFORE_BRACES = {"count", "exists"}
"""Names that would begin a subquery."""


def _call(node: syntax.FunctionCall) -> Pieces:
    name = ".".join(map(name_text, node.name.text.split(".")))
    opening = name + ("(DISTINCT " if node.distinct else "(")
    return enclosed(opening, _listed(node.arguments), ")") if node.arguments else [f"{name}()"]


def _case(node: syntax.Case) -> Pieces:
    yield from (OPEN, "CASE", INDENT)
    if node.subject is not None:
        yield from (" ", (node.subject, _OR))
    for when in node.whens:
        yield from (LINE, (when, _OR))
    if node.default is not None:
        yield from (LINE, "ELSE ", (node.default, _OR))
    yield from (CLOSING, DEDENT, LINE, "END", CLOSE)


def _when(node: syntax.When) -> Pieces:
    return ["WHEN ", (node.condition, _OR), " THEN ", (node.result, _OR)]


def _where(where: syntax.Expression | None, before: str = " WHERE ") -> list[str | Place]:
    return [] if where is None else [before, (where, _OR)]


def _membership(variable: syntax.Name, source: syntax.Expression) -> list[str | Place]:
    return [variable_text(variable.text), " IN ", (source, _OR)]


def _comprehension(node: syntax.ListComprehension) -> Pieces:
    head = _membership(node.variable, node.source)
    return ["[", *head, *_where(node.where), *_where(node.projection, " | "), "]"]


def _quantifier(node: syntax.Quantifier) -> Pieces:
    return [node.kind, "(", *_membership(node.variable, node.source), *_where(node.where), ")"]


def _reduce(node: syntax.Reduce) -> Pieces:
    start: list[str | Place] = ["reduce(", variable_text(node.accumulator.text), " = ", (node.initial, _OR), ", "]
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
    yield from (OPEN, (first, rank + 1), INDENT)
    for operator, operand in zip(operators, rest, strict=True):
        yield from (LINE, f"{operator} ", (operand, rank + 1))
    yield from (DEDENT, CLOSE)


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
    syntax.ListLiteral: _list, syntax.MapEntry: _entry, syntax.MapLiteral: _map, syntax.MapProjection: _projection,
    syntax.FunctionCall: _call,
    syntax.Case: _case, syntax.When: _when, syntax.ListComprehension: _comprehension, syntax.Quantifier: _quantifier,
    syntax.Reduce: _reduce, syntax.Access: _access, syntax.Unary: _unary, syntax.Arithmetic: _arithmetic,
    syntax.Comparison: _comparison, syntax.Logical: _logical, syntax.Tests: _tests,
}  # fmt: skip
"""Of expressions that a recipe may have; those that ask a graph are printed with their clauses."""
