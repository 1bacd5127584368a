"""The keywords of the language, as the grammar has them: a terminal whose pattern is a word is a keyword.

Editors and the page take them from here, so that they are written once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from cypher_executor.files import shipped

_TERMINAL = re.compile(
    r"^(?P<name>[A-Z][A-Z_]*)(?:\.-?\d+)?: /(?P<pattern>[A-Za-z|()?:]+)(?:\\b|\(\?=[^/]*\))/i$", re.MULTILINE
)
_OPTIONAL = re.compile(r"(\w+)\(\?:(\w+)\)\?")
_ONE_OF = re.compile(r"\(\?:([\w|]+)\)")


@cache
def keywords() -> Mapping[str, tuple[str, ...]]:
    """The words of each terminal that is one, by the terminal's name."""
    grammar = (shipped("grammar") / "cypher.lark").read_text(encoding="utf-8")
    return {found["name"]: _words(found["pattern"]) for found in _TERMINAL.finditer(grammar)}


def _words(pattern: str) -> tuple[str, ...]:
    """`ASC(?:ENDING)?` is two words, and so is `(?:a|b)`."""
    if optional := _OPTIONAL.fullmatch(pattern):
        return optional[1], optional[1] + optional[2]
    if alternatives := _ONE_OF.fullmatch(pattern):
        return tuple(alternatives[1].split("|"))
    return (pattern,)
