"""Lays words out in lines.

A group stands in one line if it fits, together with what follows it up to the next place where a line may break. If it
does not, or if something in it needs lines of its own (a comment, a string that runs over lines), all its lines are
broken. Widths are summed up beforehand, so that a text costs what it is long, however groups stand in each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from cypher_executor.cypher.fmt.items import Item, NewLine, Remark
from cypher_executor.cypher.printing import CLOSE, DEDENT, INDENT, LINE, OPEN, SOFT, Mark

WIDTH = 120
_STEP = "  "


def lay_out(items: Sequence[Item]) -> str:
    """The text, which ends with a line feed."""
    return _Page(items).text()


class _Page:
    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._measured = _Measured(items)
        self._lines: list[str] = []
        self._line = ""
        self._indent = 0
        self._gap = False
        self._broken = [True]

    def text(self) -> str:
        for number, item in enumerate(self._items):
            if isinstance(item, Mark):
                self._mark(number, item)
            elif isinstance(item, str):
                self._write(item)
            elif isinstance(item, NewLine):
                self._new_line(blank=item.blank)
            else:
                self._remark(item)
        self._new_line()
        return "\n".join(self._lines) + "\n"

    def _mark(self, number: int, mark: Mark) -> None:
        if mark is OPEN:
            broken = self._broken[-1] and not self._measured.fits(number, len(self._line) or self._indent * len(_STEP))
            self._broken.append(broken)
        elif mark is CLOSE:
            self._broken.pop()
        elif mark is INDENT:
            self._indent += self._broken[-1]
        elif mark is DEDENT:
            self._indent -= self._broken[-1]
        elif self._broken[-1]:
            self._new_line()
        elif mark is LINE:
            self._gap = True

    def _write(self, text: str) -> None:
        if not self._line:
            text = _STEP * self._indent + text.lstrip(" ")
        elif self._gap and not self._line.endswith(" ") and not text.startswith((" ", ",")):
            text = " " + text
        self._gap = False
        *whole, rest = (self._line + text).split("\n")
        self._lines += whole
        self._line = rest

    def _new_line(self, *, blank: bool = False) -> None:
        if self._line:
            self._lines.append(self._line.rstrip(" "))
            self._line = ""
        self._gap = False
        if blank and self._lines and self._lines[-1]:
            self._lines.append("")

    def _remark(self, remark: Remark) -> None:
        if remark.own:
            self._new_line()
        self._gap = True
        self._write(remark.text)
        self._gap = True
        if remark.ends:
            self._new_line()


class _Measured:
    """How wide everything is when no line is broken."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._before = [0]
        self._forced = [0]
        self._closed_by: dict[int, int] = {}
        self._next_break = [len(items)] * (len(items) + 1)
        opened: list[int] = []
        for number, item in enumerate(items):
            width, forced = _measure(item)
            self._before.append(self._before[-1] + width)
            self._forced.append(self._forced[-1] + forced)
            if item is OPEN:
                opened.append(number)
            elif item is CLOSE:
                self._closed_by[opened.pop()] = number
        for number in range(len(items) - 1, -1, -1):
            here = items[number] is LINE or items[number] is SOFT or isinstance(items[number], NewLine)
            self._next_break[number] = number if here else self._next_break[number + 1]

    def fits(self, opened: int, column: int) -> bool:
        closed = self._closed_by[opened]
        if self._forced[closed] > self._forced[opened]:
            return False
        return column + self._before[self._next_break[closed]] - self._before[opened] <= WIDTH


def _measure(item: Item) -> tuple[int, bool]:
    if isinstance(item, str):
        return len(item), "\n" in item
    if isinstance(item, Remark):
        return len(item.text) + 2, item.own or item.ends or "\n" in item.text
    return 0, True
