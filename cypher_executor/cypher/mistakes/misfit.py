"""Where reading stopped, and what can be seen from there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cypher_executor.cypher import words
from cypher_executor.errors import Diagnostic, Place

Where = Callable[[int, int], Place]
"""Turns offsets into places."""

CLOSING = {"(": ")", "[": "]", "{": "}"}
_BRACKETS = re.compile(
    r"""'(?:[^'\\]|\\[\s\S])*'?|"(?:[^"\\]|\\[\s\S])*"?|`[^`]*`?|//[^\r\n]*|/\*(?:[\s\S]*?\*/|[\s\S]*)|[()\[\]{}]"""
)
_CLAUSE_WORD = re.compile(rf"(?<![\w.:$`])(?:{'|'.join(words.CLAUSES)})\b(?!\s*:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A token: its kind, and where it is. Of a character that begins no token the kind is empty."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Misfit:
    """Where reading stopped: it began at `begin`, `before` was the last token that fitted, `found` did not. `whole`
    is what was being read, a text or an expression in it."""

    text: str
    begin: int
    found: Piece
    before: Piece | None
    accepts: frozenset[str]
    whole: str = "text"

    @property
    def word(self) -> str:
        """What was found."""
        return self.text[self.found.start : self.found.end]

    @property
    def previous(self) -> str:
        """What stood before it."""
        return self.text[self.before.start : self.before.end] if self.before else ""

    @property
    def adjacent(self) -> bool:
        """Whether nothing lies between the two."""
        return self.before is not None and self.before.end == self.found.start

    @property
    def rest(self) -> str:
        """The text from the misfit on, as much as a look ahead needs."""
        return self.text[self.found.start : self.found.start + 200]

    @property
    def line_end(self) -> int:
        """Where the line of the misfit ends."""
        return self.end_of_line(self.found.start)

    def end_of_line(self, offset: int) -> int:
        """Where the line ends that has this offset."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    @cached_property
    def open_brackets(self) -> list[int]:
        """Where the brackets stand that are open at the misfit, the innermost last."""
        found: list[int] = []
        for offset, bracket in brackets(self.text, self.begin, self.found.start):
            if bracket in CLOSING:
                found.append(offset)
            elif found:
                found.pop()
        return found

    @property
    def around(self) -> str:
        """The innermost bracket that is open at the misfit; empty when none is."""
        return self.text[self.open_brackets[-1]] if self.open_brackets else ""

    @property
    def draws(self) -> bool:
        """Whether the clause draws relationships, which need a type, and does not look for them."""
        before = _CLAUSE_WORD.findall(self.text, self.begin, self.found.start)
        return not before or before[-1].upper() in ("CREATE", "MERGE")


Known = Callable[[Misfit, Where], Diagnostic | None]
"""Knows one mistake; answers None when it is another one."""


def brackets(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The brackets in a stretch of a text that stand outside of strings and comments, with their offsets."""
    for found in _BRACKETS.finditer(text, start, end):
        if found[0] in ("(", ")", "[", "]", "{", "}"):
            yield found.start(), found[0]


def short(text: str) -> str:
    """A text, cut to what a sentence can hold."""
    text = " ".join(text.split())
    return text if len(text) <= 30 else text[:29] + "…"
