"""What can still be read of a text with mistakes in its syntax.

One clause that cannot be read should not hide what is wrong in the others, so the clauses with mistakes are replaced by
spaces, which leaves everything else in its place, and the rest is read again. What comes of it is only for looking for
more mistakes: names from the lost clauses are missing in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from cypher_executor.cypher import syntax
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.words import CLAUSES
from cypher_executor.errors import Place

_ATTEMPTS = 3
_CLAUSE = re.compile(
    r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|//[^\n]*|/\*[\s\S]*?\*/"""
    rf"|(?P<start>(?<![\w.:$])(?:{'|'.join(CLAUSES)})\b(?!\s*:)|^\()",
    re.IGNORECASE | re.MULTILINE,
)


def salvage(text: str, wrong: Iterable[Place]) -> syntax.Script | None:
    """The syntax tree of `text` without the clauses in which `wrong` lies; None if nothing is left."""
    for _ in range(_ATTEMPTS):
        text = _without(text, wrong)
        if text.isspace():
            return None
        parsed = parse(text)
        if parsed.statement is not None:
            return parsed.statement
        wrong = [diagnostic.place for diagnostic in parsed.diagnostics]
    return None


def _without(text: str, wrong: Iterable[Place]) -> str:
    starts = sorted({0, *(m.start() for m in _CLAUSE.finditer(text) if m["start"])})
    lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    hit = {bisect_right(starts, lines[place.line - 1] + place.column - 1) for place in wrong}
    ends = [*starts[1:], len(text)]
    pieces = (text[start:end] for start, end in zip(starts, ends, strict=True))
    return "".join(_blank(piece) if number in hit else piece for number, piece in enumerate(pieces, start=1))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
