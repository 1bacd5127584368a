"""Reads the text fixtures: files of many cases, to which a case is added without code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True)
class Case:
    """`text` and the lines that say what is expected of it, without their arrow."""

    name: str
    text: str
    expected: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def cases(folder: str, file: str) -> list[Case]:
    """All cases of one file: `--- name`, the text, and lines that begin with `=>`."""
    path = FIXTURES / folder / file
    return list(_split(path.read_bytes().decode("utf-8").replace("\r\n", "\n")))


def _split(content: str) -> Iterator[Case]:
    _, *blocks = ("\n" + content).split("\n--- ")
    for block in blocks:
        name, *lines = block.split("\n")
        text = "\n".join(line for line in lines if not line.startswith("=>")).rstrip("\n")
        yield Case(name, text, tuple(line[2:].strip() for line in lines if line.startswith("=>")))
