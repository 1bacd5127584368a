"""A diagnostic as people and as programs get it: a piece of terminal text, and JSON.

Columns of a `Place` count code points, a terminal counts cells: the caret is put below the cells that the text takes,
wide characters, combining marks and tabs included. Text of a recipe is data: control characters, which could steer a
terminal, are shown as pictures of themselves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from cypher_executor.errors import Diagnostic, Place

_TAB = 4
_WIDEST = 120
"""How many cells of a line are shown; of a longer one, those around the place."""


# --- for programs ---------------------------------------------------------------------------------------------------


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as `POST /check` answers it."""
    fix = diagnostic.fix
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "where": _where(diagnostic.place),
        "did_you_mean": diagnostic.did_you_mean,
        "fix": None if fix is None else {"where": _where(fix.place), "text": fix.text},
    }


def _where(place: Place) -> dict[str, Any]:
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "node": place.node,
    }


# --- for people -----------------------------------------------------------------------------------------------------


def render(text: str, diagnostics: Iterable[Diagnostic], *, file: str | None = None) -> str:
    """All diagnostics of `text`, each with its line, a caret under the place, and the fix. Ends with a line feed unless
    there are none."""
    lines = split_lines(text)
    return "\n".join(_render(lines, diagnostic, file) for diagnostic in diagnostics)


def _render(lines: list[str], diagnostic: Diagnostic, file: str | None) -> str:
    place = diagnostic.place
    margin = " " * len(str(place.line))
    place_name = f"{file}:{place.line}:{place.column}" if file else f"line {place.line}, column {place.column}"
    shown, caret = _excerpt(lines[place.line - 1] if place.line <= len(lines) else "", place)
    report = [
        f"{diagnostic.severity}[{diagnostic.code}]: {_visible(diagnostic.message)}",
        f"{margin}--> {_visible(place_name)}",
        f"{margin} |",
        f"{place.line} | {shown}".rstrip(),
        f"{margin} | {caret}",
    ]
    if diagnostic.fix is not None:
        report.append(f"{margin} = fix: {_fix_sentence(diagnostic)}")
    return "\n".join(report) + "\n"


def _fix_sentence(diagnostic: Diagnostic) -> str:
    assert diagnostic.fix is not None
    place, text = diagnostic.fix.place, _visible(diagnostic.fix.text)
    here = (place.line, place.column) == (diagnostic.place.line, diagnostic.place.column)
    where = "" if here else f" at line {place.line}, column {place.column}"
    if (place.line, place.column) == (place.end_line, place.end_column):
        return f"insert `{text}`{where}"
    return f"write `{text}`{where}" if text else f"remove this{where}"


def _excerpt(line: str, place: Place) -> tuple[str, str]:
    """The line as it is shown, and the line below it with the carets."""
    first = min(place.column - 1, len(line))
    last = min(place.end_column - 1, len(line)) if place.end_line == place.line else len(line)
    cells = _cells(line)
    start, end = _window([len(cell) for cell in cells], first)
    before = sum(_width(cell) for cell in cells[start:first])
    under = sum(_width(cell) for cell in cells[first : min(last, end)])
    left, right = "…" * (start > 0), "…" * (end < len(line))
    return left + "".join(cells[start:end]) + right, " " * (before + len(left)) + "^" * max(1, under)


def _window(widths: list[int], middle: int) -> tuple[int, int]:
    """The part of a line that is shown: all of it, or what fits around the place."""
    if sum(widths) <= _WIDEST:
        return 0, len(widths)
    start = max(0, min(middle - _WIDEST // 3, len(widths) - _WIDEST // 2))
    return start, min(len(widths), start + _WIDEST // 2)


def _cells(line: str) -> list[str]:
    """What a terminal is given for each character of a line."""
    cells, column = [], 0
    for character in line:
        cell = " " * (_TAB - column % _TAB) if character == "\t" else _visible(character)
        cells.append(cell)
        column += _width(cell)
    return cells


def _width(text: str) -> int:
    return sum(_cell_width(character) for character in text)


def _cell_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _visible(text: str) -> str:
    """The text with control characters, lone surrogates and marks that turn the direction of writing replaced."""
    return "".join(_picture(character) for character in text)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    steers = code == 0x7F or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    turns = unicodedata.bidirectional(character) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")
    return "\N{REPLACEMENT CHARACTER}" if steers or turns else character


def split_lines(text: str) -> list[str]:
    """The lines of a recipe: they end with a line feed, with or without a carriage return before it."""
    return [line.removesuffix("\r") for line in text.split("\n")]
