"""What can still be read of a text with mistakes in its syntax.

One mistake should not hide the next. So the text is mended and read again, as long as that brings it further; a
mistake that turns up behind a mended place is told as well, unless it follows so closely that it may only be an echo
of the mending. Clauses that cannot be mended are left out. What comes of it is only for looking for more mistakes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.mending import Edit, Mended
from cypher_executor.cypher.parse import Parsed, parse_mended
from cypher_executor.cypher.words import CLAUSES
from cypher_executor.errors import Diagnostic, Place

_ROUNDS = 12
_CHARACTERS = 400_000
"""How often a text is mended and read again, and how much is read for it: refusing a text must not be slow."""

_FAR = {"syntax_error": 3}
"""So many tokens must have fitted behind a mended place before what does not fit counts as a mistake of its own: one,
or more where it is not a mistake that is known as such."""

_CLAUSE = re.compile(
    r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|//[^\n]*|/\*[\s\S]*?\*/"""
    rf"|(?P<start>(?<![\w.:$])(?:{'|'.join(CLAUSES)})\b(?!\s*:)|^\()",
    re.IGNORECASE | re.MULTILINE,
)
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\w+|[^\w\s]""")


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was read at last: None if nothing could be. `complete` says that no clause was left out, `more` are
    mistakes that the first reading could not see."""

    statement: syntax.Script | None
    complete: bool
    more: tuple[Diagnostic, ...] = ()


def salvage(text: str, parsed: Parsed) -> Salvaged:
    """What there is in `text`, which was read as `parsed`, mistakes and all."""
    work = _Salvage(text, parsed)
    work.mend()
    if work.parsed.draft is not None:
        return Salvaged(work.parsed.draft, not work.swallowed, tuple(work.more))
    return Salvaged(work.without_wrong_clauses(), False, tuple(work.more))


class _Salvage:
    """The work of `salvage`. `parsed` is the last reading, of `mended`."""

    def __init__(self, text: str, parsed: Parsed) -> None:
        self.mended = Mended(text)
        self.parsed = parsed
        self.more: list[Diagnostic] = []
        self._told = {_key(d) for d in parsed.diagnostics}

    @property
    def swallowed(self) -> bool:
        """Whether a comment that is never closed has taken the rest of the text away."""
        return any(d.code == "comment_unclosed" for d in self.parsed.diagnostics)

    def mend(self) -> None:
        """Mends and reads, until all can be read or nothing more can be mended."""
        for _ in range(min(_ROUNDS, 1 + _CHARACTERS // (len(self.mended.text) + 1))):
            mended = self.mended.with_edits(self.mended.edit(fix) for fix in self.parsed.repairs)
            if self.parsed.draft is not None or len(mended.edits) == len(self.mended.edits):
                return
            self.mended, self.parsed = mended, parse_mended(mended)
            self._tell(self.parsed.diagnostics)

    def without_wrong_clauses(self) -> syntax.Script | None:
        """The tree without the clauses in which something is still wrong."""
        for _ in range(3):
            left = _without(self.mended, self.parsed.stopped)
            if not left.text.strip():
                return None
            self.mended, self.parsed = left, parse_mended(left)
            if self.parsed.draft is not None:
                return self.parsed.draft
        return None

    def _tell(self, diagnostics: Iterable[Diagnostic]) -> None:
        stopped = set(self.parsed.stopped)
        for found in diagnostics:
            if _key(found) in self._told or (found.place in stopped and self._near_a_mend(found)):
                continue
            self._told.add(_key(found))
            self.more.append(found)

    def _near_a_mend(self, found: Diagnostic) -> bool:
        start = self.mended.offset(found.place)
        before = [edit.end for edit in self.mended.edits if edit.end <= start]
        if not before:
            return False
        tokens = _TOKEN.findall(self.mended.original, before[-1], min(start, before[-1] + 1000))
        return len(tokens) < _FAR.get(found.code, 1)


def _key(found: Diagnostic) -> tuple[str, int, int]:
    return found.code, found.place.line, found.place.column


def _without(mended: Mended, wrong: Sequence[Place]) -> Mended:
    """The text without the clauses in which one of these places lies."""
    text = mended.original
    starts = sorted({0, *(m.start() for m in _CLAUSE.finditer(text) if m["start"])})
    ends = [*starts[1:], len(text)]
    hit = sorted({bisect_right(starts, mended.offset(place)) - 1 for place in wrong})
    lost = [Edit(starts[number], ends[number], "\n") for number in hit]
    kept = [edit for edit in mended.edits if not any(edit.meets(clause) for clause in lost)]
    return Mended(text, [*kept, *lost])
