"""A text with mistakes, mended so that it can be read, in which everything keeps the place that it has in the original.

A mistake of syntax hides whatever stands behind it in its clause. So the fixes that the diagnostics themselves propose
are put into a copy of the text, and the copy is read again: what is found then is a mistake of its own. The copy
knows where each of its characters came from; what was put in has no width there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from cypher_executor.cypher.places import Lines
from cypher_executor.errors import Place, TextEdit

_COMPARED = 500
"""Edits of longer texts are not looked through for what they keep."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in place of `original[start:end]`."""

    start: int
    end: int
    text: str

    def meets(self, other: Edit) -> bool:
        """Whether both change the same."""
        return self == other or (self.start < other.end and other.start < self.end)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the mended text: from the original at `origin` on, or put in there when it is not `kept`."""

    start: int
    origin: int
    kept: bool


class Mended:
    """The text with edits, each of which is given once."""

    def __init__(self, original: str, edits: Iterable[Edit] = ()) -> None:
        self.original = original
        self.edits = sorted(edits, key=lambda edit: edit.start)
        self._lines = Lines(original)
        self._texts: list[str] = []
        self._pieces: list[_Piece] = []
        self._length = 0
        self._write()
        self.text = "".join(self._texts)
        self._starts = [piece.start for piece in self._pieces]

    def edit(self, fix: TextEdit) -> Edit:
        """A fix as an edit of the original."""
        start = self.offset(fix.place)
        return Edit(start, max(start, self._lines.offset(fix.place.end_line, fix.place.end_column)), fix.text)

    def offset(self, place: Place) -> int:
        """Where a place begins in the original."""
        return self._lines.offset(place.line, place.column)

    def with_edits(self, more: Iterable[Edit]) -> Mended:
        """The text with these as well. What changes again what was changed, or changes nothing, is left out."""
        edits = list(self.edits)
        for edit in more:
            if edit.text != self.original[edit.start : edit.end] and not any(edit.meets(other) for other in edits):
                edits.append(edit)
        return Mended(self.original, edits)

    def place(self, start: int, end: int) -> Place:
        """Where `text[start:end]` stands in the original."""
        first = self._origin(start)
        last = max(first, self._origin(end - 1, end=True) if end > start else first)
        return self._lines.place(first, last)

    def _origin(self, offset: int, *, end: bool = False) -> int:
        """The place in the original of one character, or that behind it."""
        piece = self._pieces[max(0, bisect_right(self._starts, offset) - 1)]
        return piece.origin + (offset - piece.start + end if piece.kept else 0)

    def _write(self) -> None:
        position = 0
        for edit in self.edits:
            self._add(self.original[position : edit.start], position, kept=True)
            self._add_edit(edit)
            position = edit.end
        self._add(self.original[position:], position, kept=True)

    def _add_edit(self, edit: Edit) -> None:
        """What an edit keeps of what it replaces (a name in new backticks, an expression without its braces, all but
        the quotes in a text) stays where it was."""
        before = self.original[edit.start : edit.end]
        if max(len(before), len(edit.text)) > _COMPARED:
            self._add(edit.text, edit.start, kept=False)
            return
        for kind, start, end, new, new_end in SequenceMatcher(None, before, edit.text, autojunk=False).get_opcodes():
            if kind == "equal":
                self._add(before[start:end], edit.start + start, kept=True)
            else:
                self._add(edit.text[new:new_end], edit.start + start, kept=False)

    def _add(self, text: str, origin: int, *, kept: bool) -> None:
        if text or kept:
            self._pieces.append(_Piece(self._length, origin, kept))
            self._texts.append(text)
            self._length += len(text)
