"""Makes a literal or a template out of a string token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cypher_executor.cypher import strings, syntax
from cypher_executor.cypher.places import token_place
from cypher_executor.cypher.problems import MAX_PROBLEMS, Problems
from cypher_executor.errors import Place, TextEdit

if TYPE_CHECKING:
    from cypher_executor.cypher.tree.builder import Builder

Positions = Sequence[tuple[int, int]]


def read_string(build: Builder, token: Any) -> syntax.Literal | syntax.Template:
    """The node for a string. Problems of its templates are held back by `build` until its clause is known."""
    source: str = token.value
    value, bad = strings.plain(source)
    if bad:
        _refuse_escapes(build.problems, token, bad)
    if not build.templates or "{{" not in value:
        return syntax.Literal(token_place(token), value, source)
    return _template(build, token, source, value)


def _template(build: Builder, token: Any, source: str, value: str) -> syntax.Literal | syntax.Template:
    scanned = strings.scan(source)
    if not any(p.is_expression for p in scanned.pieces):
        return syntax.Literal(token_place(token), value, source)
    places = _positions(token)
    positions = [places[offset] for offset in scanned.offsets]
    problems = Problems()
    parts = tuple(_part(build, problems, scanned.text, positions, piece) for piece in scanned.pieces)
    node = syntax.Template(token_place(token), value, source, tuple(p for p in parts if p is not None))
    if problems.found:
        build.held[id(node)] = (node, problems.found)
    return node


def _part(
    build: Builder, problems: Problems, text: str, positions: Positions, piece: strings.Piece
) -> str | syntax.Expression | None:
    if not piece.is_expression:
        return text[piece.start : piece.end]
    if problems.full or build.problems.full or len(build.held) >= MAX_PROBLEMS:
        return None
    if not piece.closed:
        return _unclosed(build, problems, text, positions, piece)
    if not text[piece.start : piece.end].strip():
        place = Place(*positions[piece.start - 2], *positions[piece.end + 2])
        problems.add("template_empty", "There is no expression between `{{` and `}}`.", place)
        return None
    found, diagnostics = build.read_expression(text[piece.start : piece.end], positions[piece.start : piece.end + 1])
    problems.found.extend(diagnostics)
    return found


def _unclosed(
    build: Builder, problems: Problems, text: str, positions: Positions, piece: strings.Piece
) -> syntax.Expression | None:
    """Notes that a template is never closed. Where all that follows is one expression, that is what was meant."""
    rest = text[piece.start :].rstrip()
    half = rest.endswith("}")
    inside = rest[: len(rest) - half]
    found, wrong = build.read_expression(inside, positions[piece.start : piece.start + len(inside) + 1])
    end = positions[piece.start + len(rest)]
    fix = None if wrong else TextEdit(Place(*end, *end), "}" if half else " }}")
    message = "This `{{` is never closed: put `}}` behind the expression, or write `\\{{` for braces that are text."
    place = Place(*positions[piece.start - 2], *positions[piece.start])
    problems.add("template_unclosed", message, place, fix=fix)
    return found


def _positions(token: Any) -> Positions:
    """Line and column of each character of a token, and of its end. A token that was mended may be longer than its
    place in the author's text: what is too much stands at the end of that place."""
    line, column, end = token.line, token.column, (token.end_line, token.end_column)
    if token.end_line == line:
        return [(line, min(column + number, token.end_column)) for number in range(len(token) + 1)]
    found = []
    for character in token:
        found.append(min((line, column), end))
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return [*found, end]


def _refuse_escapes(problems: Problems, token: Any, bad: Sequence[strings.BadEscape]) -> None:
    places = _positions(token)
    for escape in bad:
        place = Place(*places[escape.start], *places[escape.end])
        problems.add("bad_escape", f"`{escape.text}` is no escape; for a backslash write `\\\\`.", place,
                     fix=f"\\{escape.text}")  # fmt: skip
