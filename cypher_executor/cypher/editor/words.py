"""A text as words, whatever stands in it. What begins and does not end (a string, a comment) ends with the line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*[\s\S]*?(?:\*/|\Z) )
  | (?P<string> '(?:[^'\\\n]|\\.)*'? | "(?:[^"\\\n]|\\.)*"? )
  | (?P<parameter> \$(?:`(?:[^`\n]|``)*`?|\w*) )
  | (?P<name> `(?:[^`\n]|``)*`? | [^\W\d]\w* )
  | (?P<number> \d[\w.]* )
  | (?P<sign> <-(?!-\d) | -> | \.\. | [^\s\w] )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word from `start` to `end`. `kind` is comment, string, parameter, name, number or sign."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """What it calls something: without backticks, or the `$` of a parameter."""
        if self.kind not in ("name", "parameter"):
            return ""
        bare = unicodedata.normalize("NFC", self.text.removeprefix("$"))
        return bare[1:].removesuffix("`").replace("``", "`") if bare.startswith("`") else bare


def words(text: str, start: int = 0, end: int | None = None) -> Iterator[Word]:
    """The words of a piece of a text, comments among them."""
    for found in _WORD.finditer(text, start, len(text) if end is None else end):
        yield Word(found.lastgroup or "sign", found[0], found.start(), found.end())
