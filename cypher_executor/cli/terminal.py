"""Standard output for results, standard error for the rest; coloured for people, plain for pipes.

What is shown may come from anywhere: a recipe, an answer of a foreign server. It is data, so it reaches the terminal
without characters that could steer it, and is never read as markup. JSON keeps its meaning: such characters are
escaped, not replaced.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


# --- results --------------------------------------------------------------------------------------------------------


def result_json(value: Any) -> None:
    """A value as JSON, indented: the result of a command."""
    _write(sys.stdout, as_json(value, indent=2))


def result(text: str) -> None:
    """Text that is the result of a command."""
    _write(sys.stdout, harmless(text))


def result_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows for people; in a pipe the same as columns of text, one row a line, without frames and without wrapping."""
    cells = [[harmless(str(cell)).replace("\n", " ") for cell in row] for row in rows]
    if is_for_people(sys.stdout):
        console(sys.stdout).print(_framed(columns, cells))
    else:
        _write(sys.stdout, aligned([columns, *cells]))


# --- the rest -------------------------------------------------------------------------------------------------------


def note(text: str) -> None:
    """Something that is not the result: progress, a hint, an error."""
    _write(sys.stderr, harmless(text))


def note_json(value: Any) -> None:
    """One line of JSON beside the result, for programs that watch."""
    _write(sys.stderr, as_json(value))


def is_for_people(stream: TextIO) -> bool:
    """Whether somebody sits before this stream, so that frames and live pictures are of use."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def console(stream: TextIO) -> Console:
    """Rich on this stream. It keeps to NO_COLOR itself."""
    from rich.console import Console

    return Console(file=stream, markup=False, highlight=False, emoji=False)


# --- text -----------------------------------------------------------------------------------------------------------


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON in which every character is printable."""
    return _STEERING.sub(_escaped, json.dumps(value, ensure_ascii=False, indent=indent))


def harmless(text: str) -> str:
    """The text with a picture in place of each character that could steer a terminal."""
    return _STEERING.sub(_picture, text)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of text, two spaces apart."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(c + " " * (w - cell_len(c)) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _framed(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _write(stream: TextIO, text: str) -> None:
    stream.write(text if text.endswith("\n") else text + "\n")
    stream.flush()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
