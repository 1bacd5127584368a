"""The words of a text that stand outside of strings, names in backticks, comments and brackets.

Enough to take SHOW commands apart, and to see what a text begins with; whether it is right is for the parser to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<quoted>'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?|`(?:``|[^`])*`?)
      | (?P<word>[^\W\d]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


class Word(NamedTuple):
    """A word in capital letters, and where it stands."""

    text: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """Every word outside of brackets, and each comma and star there as a word of its own."""
    depth = 0
    for found in _TOKEN.finditer(text):
        one = found.group()
        if found.lastgroup == "other":
            depth += (one in "([{") - (one in ")]}")
        if depth <= 0 and (found.lastgroup == "word" or one in (",", "*")):
            yield Word(one.upper(), found.start(), found.end())


def plain(text: str) -> str:
    """The text without blanks, comments and semicolons around it."""
    start, end = 0, 0
    begun = False
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "blank" or found.group() == ";":
            continue
        if not begun:
            start, begun = found.start(), True
        end = found.end()
    return text[start:end]
