"""Cases as text: many in a file, so that a case is added without code.

    === a title that is a sentence
    the recipe
    --- what follows is expected
    the expectation

A file may begin with lines of its own before the first case; they say what the file is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True)
class Case:
    """One case. `sections` are what stands behind each line of `---`."""

    file: str
    title: str
    recipe: str
    sections: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


def cases(folder: str) -> list[Case]:
    """Every case of every file of a folder."""
    return [case for file in sorted((FIXTURES / folder).glob("*.txt")) for case in _cases(file)]


def _cases(file: Path) -> list[Case]:
    _, *blocks = ("\n" + file.read_text("utf-8")).split("\n=== ")
    return [_case(file.stem, block) for block in blocks]


def _case(file: str, block: str) -> Case:
    title, _, body = block.partition("\n")
    recipe, *sections = ("\n" + body).split("\n---")
    assert sections, f"{file}: {title}: nothing is expected"
    return Case(file, title, recipe.removeprefix("\n"), tuple(s.partition("\n")[2].strip("\n") for s in sections))
