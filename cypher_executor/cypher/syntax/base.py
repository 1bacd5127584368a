"""What all of the tree has in common, and how to follow it without calling oneself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from cypher_executor.cypher.node import node
from cypher_executor.errors import Place


@node
class Syntax:
    """Anything in the tree. `place` is where its text stands."""

    place: Place

    _BELOW: ClassVar[tuple[str, ...]] = ()
    """The fields that may hold nodes."""


@node
class Name(Syntax):
    """A name as meant: without backticks, in Unicode's composed form (NFC)."""

    text: str


@node
class QuotedName(Name):
    """A name that stands in the text as a string: `part: 'set'` in a graph form."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its marks, `//` to the end of the line or `/* */`."""

    place: Place
    text: str


def children(parent: Syntax) -> list[Syntax]:
    """The nodes directly below `parent`, in the order of the text."""
    found: list[Syntax] = []
    for name in parent._BELOW:
        value = getattr(parent, name)
        if type(value) is tuple:
            found.extend([v for v in value if isinstance(v, Syntax)])
        elif value is not None:
            found.append(value)
    return found


def walk(root: Syntax) -> Iterator[Syntax]:
    """`root` and everything below it, in the order of the text, parents before children."""
    todo = [root]
    while todo:
        each = todo.pop()
        yield each
        todo.extend(reversed(children(each)))
