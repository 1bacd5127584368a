"""As much of Gherkin as the TCK uses: backgrounds, scenarios and outlines, steps with a text or a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Table = list[list[str]]

_STEP = re.compile(r"(?:Given|When|Then|And|But)\s+(.*)")
_SCENARIO = re.compile(r"Scenario(?: Outline)?:\s*(.*)")
_CELLS = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([|\\n])")


@dataclass(frozen=True, slots=True)
class Step:
    """What is given, done or wanted, with what stands below it."""

    words: str
    text: str = ""
    table: Table = field(default_factory=list)

    def filled(self, values: dict[str, str]) -> Step:
        """The step of one example of an outline."""
        return Step(
            _filled(self.words, values),
            _filled(self.text, values),
            [[_filled(c, values) for c in row] for row in self.table],
        )


@dataclass(slots=True)
class Scenario:
    """Its steps, those of the background first. An outline has examples, and is one scenario for each of them."""

    name: str
    steps: list[Step] = field(default_factory=list)
    examples: list[dict[str, str]] = field(default_factory=list)


def scenarios(text: str) -> Iterator[Scenario]:
    """The scenarios of a feature, each example of an outline on its own."""
    background, outlines = _read(_Lines(text))
    for outline in outlines:
        for values in outline.examples or [{}]:
            yield Scenario(outline.name, [step.filled(values) for step in (*background.steps, *outline.steps)])


class _Lines:
    """The lines of a feature, one after the other, without empty ones and comments but for those within texts."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._next = 0

    def peek(self) -> str | None:
        """The next line that says something, without the blanks around it."""
        while self._next < len(self._lines):
            line = self._lines[self._next].strip()
            if line and not line.startswith("#"):
                return line
            self._next += 1
        return None

    def skip(self) -> None:
        """Goes on behind the line that `peek` gave."""
        self._next += 1

    def table(self) -> Table:
        """The rows that follow."""
        rows: Table = []
        while (line := self.peek()) is not None and line.startswith("|"):
            rows.append([_ESCAPED.sub(_unescaped, cell.strip()) for cell in _CELLS.split(line)[1:-1]])
            self.skip()
        return rows

    def text(self) -> str:
        """The text in triple quotes that follows, if one does; it is indented as its quotes are."""
        if self.peek() != '"""':
            return ""
        opening = self._lines[self._next]
        indent = len(opening) - len(opening.lstrip())
        start = self._next + 1
        self._next = next(n for n in range(start, len(self._lines)) if self._lines[n].strip() == '"""') + 1
        return "\n".join(line[indent:] for line in self._lines[start : self._next - 1])


def _read(lines: _Lines) -> tuple[Scenario, list[Scenario]]:
    background, found = Scenario("background"), list[Scenario]()
    current: Scenario | None = None
    while (line := lines.peek()) is not None:
        lines.skip()
        if line.startswith("Background:"):
            current = background
        elif named := _SCENARIO.fullmatch(line):
            current = Scenario(named[1])
            found.append(current)
        elif line.startswith("Examples") and current is not None:
            head, *rows = lines.table()
            current.examples += [dict(zip(head, row, strict=True)) for row in rows]
        elif (step := _STEP.fullmatch(line)) and current is not None:
            current.steps.append(Step(step[1], lines.text(), lines.table()))
    return background, found


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text
