"""What became of each piece of an older recipe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Fate = Literal["carried", "changed", "lost"]


@dataclass(frozen=True, slots=True)
class Note:
    """`line` is where it stood in the file, if that is known."""

    fate: Fate
    what: str
    why: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{self.what}" + (f": {self.why}" if self.why else "")


@dataclass
class Notes:
    """Gathered while a recipe is made, each once."""

    found: list[Note] = field(default_factory=list)
    _known: set[Note] = field(default_factory=set)

    def note(self, fate: Fate, what: str, why: str = "", line: int | None = None) -> None:
        note = Note(fate, what, why, line)
        if note not in self._known:
            self._known.add(note)
            self.found.append(note)
