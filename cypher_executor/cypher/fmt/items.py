"""What a text is made of on its way to the page: words, marks, places, and comments among them."""

from __future__ import annotations

from dataclasses import dataclass

from cypher_executor.cypher.printing import At


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that must end here. `blank` asks for an empty line behind it."""

    blank: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment. `own` says that nothing stood before it in its line, `ends` that nothing followed it there."""

    text: str
    own: bool
    ends: bool
    blank: bool
    """Whether an empty line stood before it."""


Piece = str | At | NewLine
"""Before comments are put in."""
Item = str | NewLine | Remark
"""What is laid out."""


def is_blank_before(lines: list[str], line: int) -> bool:
    """Whether the line before this one (counted from 1) is empty."""
    return line > 1 and not lines[line - 2].strip()
