r"""What a string says: its escapes, and where the templates in it begin and end.

A string is read twice. `plain` gives its value. `scan` also says where each `{{ expression }}` of it stands; it works
on the text *behind* the escapes, because that is what an expression in a string is made of: in `'{{ m[\'k\'] }}'` the
expression is `m['k']`. `\{{` stands for two braces and begins no template; `'\\{{ x }}'` is a backslash and a template.

The end of a template is found by reading tokens: braces inside a string, a name in backticks or a comment inside the
expression are text, and the braces of maps are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"\\(\{\{|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|U[0-9a-fA-F]{6}(?![0-9a-fA-F]{2})|[\s\S])"
)
_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "`": "`", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
           "{{": "{{", "{": "{"}  # fmt: skip
_INSIDE = re.compile(
    r"""'(?:[^'\\]|\\[\s\S])*'?|"(?:[^"\\]|\\[\s\S])*"?|`[^`]*`?|//[^\r\n]*|/\*(?:[\s\S]*?\*/|[\s\S]*)|[{}]""",
)  # what is never closed goes to the end, so that the next sign does not search the same text again


@dataclass(frozen=True, slots=True)
class BadEscape:
    """An escape that means nothing. `start` and `end` count within the quoted source."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the decoded text: of an expression (without its braces), or of plain text."""

    start: int
    end: int
    is_expression: bool
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Scanned:
    """The decoded text; where each of its characters (and its end) stands in the source; its pieces, if templates."""

    text: str
    offsets: Sequence[int]
    pieces: tuple[Piece, ...]


def plain(source: str) -> tuple[str, list[BadEscape]]:
    """The value of a quoted string. A bad escape stands for itself, so that reading can go on."""
    body = source[1:-1]
    if "\\" not in body:
        return body, []
    bad: list[BadEscape] = []

    def decode(found: re.Match[str]) -> str:
        decoded = _decoded(found[1])
        if decoded is None:
            bad.append(BadEscape(found.start() + 1, found.end() + 1, found[0]))
            return found[0]
        return decoded

    return _ESCAPE.sub(decode, body), bad


def scan(source: str) -> Scanned:
    """The decoded text of a quoted string with the places of its templates. Bad escapes stand for themselves."""
    if "\\" not in source:
        body = source[1:-1]
        return Scanned(body, range(1, len(source)), tuple(_pieces(body, set())))
    text: list[str] = []
    offsets: list[int] = []
    literal: set[int] = set()
    position = 1
    while position < len(source) - 1:
        found = _ESCAPE.match(source, position)
        decoded = (_decoded(found[1]) or found[0]) if found else source[position]
        if found and found[1] in ("{{", "{"):
            literal.update(range(len(text), len(text) + len(decoded)))
        text.extend(decoded)
        offsets.extend([position] * len(decoded))
        position = found.end() if found else position + 1
    offsets.append(len(source) - 1)
    joined = "".join(text)
    return Scanned(joined, tuple(offsets), tuple(_pieces(joined, literal)))


def pieces(text: str) -> tuple[Piece, ...]:
    """The pieces of a text that never was in quotes, so that nothing in it is an escape."""
    return tuple(_pieces(text, set()))


def _decoded(escape: str) -> str | None:
    if escape in _SIMPLE:
        return _SIMPLE[escape]
    if len(escape) == 11:  # a pair of surrogates, as JSON writes what is beyond 16 bits
        return chr(0x10000 + ((int(escape[1:5], 16) & 0x3FF) << 10) + (int(escape[7:], 16) & 0x3FF))
    if len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else None
    return None


def _pieces(text: str, literal: set[int]) -> Iterator[Piece]:
    position = 0
    while (start := _opening(text, position, literal)) is not None:
        if start > position:
            yield Piece(position, start, is_expression=False)
        end = _closing(text, start + 2)
        if end is None:
            yield Piece(start + 2, len(text), is_expression=True, closed=False)
            return
        yield Piece(start + 2, end, is_expression=True)
        position = end + 2
    if position < len(text):
        yield Piece(position, len(text), is_expression=False)


def _opening(text: str, position: int, literal: set[int]) -> int | None:
    while (start := text.find("{{", position)) >= 0:
        if start not in literal and start + 1 not in literal:
            return start
        position = start + 1
    return None


def _closing(text: str, position: int) -> int | None:
    """Where the `}}` is that ends the expression which begins at `position`."""
    depth = 0
    for found in _INSIDE.finditer(text, position):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}" and depth:
            depth -= 1
        elif found[0] == "}":
            return found.start() if text.startswith("}}", found.start()) else None
    return None
