"""Where things stand: places of tokens and nodes, and of what lies between two of them.

Whatever the parser hands out begins and ends somewhere: a token has four numbers of its own, a node has its `place`,
and a list stands from its first item to its last.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from cypher_executor.cypher.syntax import Syntax
from cypher_executor.errors import Place


def at(thing: Any) -> Place:
    """The place of a token or a node."""
    if isinstance(thing, Syntax):
        return thing.place
    return Place(thing.line, thing.column, thing.end_line, thing.end_column)


def token_place(token: Any) -> Place:
    """The place of what is known to be a token."""
    return Place(token.line, token.column, token.end_line, token.end_column)


def between(first: Any, last: Any) -> Place:
    """From the start of `first` to the end of `last`."""
    while type(first) is list:
        first = first[0]
    while type(last) is list:
        last = last[-1]
    if first is last:
        return at(first)
    start = first.place if isinstance(first, Syntax) else first
    end = last.place if isinstance(last, Syntax) else last
    return Place(start.line, start.column, end.end_line, end.end_column)


def after(first: Any, last: Any) -> Place:
    """From the end of `first` to the end of `last`."""
    start, end = at(first), at(last)
    return Place(start.end_line, start.end_column, end.end_line, end.end_column)


def start_of(thing: Any) -> Place:
    """The empty place right before `thing`."""
    place = at(thing)
    return Place(place.line, place.column, place.line, place.column)


def end_of(thing: Any) -> Place:
    """The empty place right behind `thing`."""
    place = at(thing)
    return Place(place.end_line, place.end_column, place.end_line, place.end_column)


class Lines:
    """Turns offsets into a text into places."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, start: int, end: int) -> Place:
        """The place of `text[start:end]`."""
        return Place(*self.position(start), *self.position(end))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of one offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a position."""
        return self._starts[line - 1] + column - 1
