"""Puts the comments of a text back among its pieces.

A comment that had a line to itself goes before what followed it. One that stood behind something goes behind the last
word before it, so that it stays in that line: `x: 1, // why` is about `x`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from cypher_executor.cypher import syntax
from cypher_executor.cypher.fmt.items import Item, NewLine, Piece, Remark, is_blank_before
from cypher_executor.cypher.printing import CLOSE, DEDENT, INDENT, OPEN, At, Mark

_EDGES = (DEDENT, CLOSE, OPEN, INDENT)


def with_comments(pieces: Iterable[Piece], comments: Iterable[syntax.Comment], lines: list[str]) -> list[Item]:
    """The pieces with every comment among them; the places are used up."""
    return list(_Merging(comments, lines).merged(pieces))


class _Merging:
    def __init__(self, comments: Iterable[syntax.Comment], lines: list[str]) -> None:
        self._comments = deque(comments)
        self._lines = lines
        self._items: list[Item] = []
        self._behind = 0
        """Where a comment goes that stands behind the last word: there, or behind other comments on it."""
        self._clause: int | None = 0
        """Where a clause begins, with its line break, as long as no word of it is known."""

    def merged(self, pieces: Iterable[Piece]) -> list[Item]:
        for piece in pieces:
            if isinstance(piece, At):
                self._place(piece)
            else:
                self._add(piece)
        self._clause = len(self._items)
        while self._comments:
            self._put(self._comments.popleft())
        return self._items

    def _add(self, piece: str | NewLine) -> None:
        if isinstance(piece, NewLine):
            self._clause = len(self._items)
        self._items.append(piece)
        if isinstance(piece, str) and not isinstance(piece, Mark):
            self._behind = len(self._items)
            self._clause = None

    def _place(self, at: At) -> None:
        while self._comments and _is_before(self._comments[0], at):
            self._put(self._comments.popleft())

    def _put(self, comment: syntax.Comment) -> None:
        remark = self._remark(comment)
        if remark.own and self._clause is not None:
            # Before the line break of the clause, so that the empty line before the clause stays there.
            self._insert(self._clause, NewLine(remark.blank), remark)
        elif remark.own or not self._behind:
            self._insert(len(self._items), remark)
        else:
            self._insert(self._between_words(self._behind), remark)

    def _insert(self, place: int, *new: Item) -> None:
        self._items[place:place] = new
        self._behind = place + len(new)
        if self._clause is not None:
            self._clause += len(new)

    def _between_words(self, place: int) -> int:
        """Behind the groups that end here, which the comment is not part of, and in those that begin, which it is."""
        while place < len(self._items) and any(self._items[place] is mark for mark in _EDGES):
            place += 1
        return place

    def _remark(self, comment: syntax.Comment) -> Remark:
        place = comment.place
        before = self._lines[place.line - 1][: place.column - 1]
        after = self._lines[place.end_line - 1][place.end_column - 1 :]
        return Remark(
            "\n".join(line.rstrip() for line in comment.text.split("\n")),
            own=not before.strip(),
            ends=comment.text.startswith("//") or not after.strip(),
            blank=is_blank_before(self._lines, place.line),
        )


def _is_before(comment: syntax.Comment, at: At) -> bool:
    return (comment.place.line, comment.place.column) < (at.line, at.column)
