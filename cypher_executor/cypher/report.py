"""Where the problems of one text are gathered, so that all of them are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from cypher_executor.cypher.codes import CODES
from cypher_executor.errors import Diagnostic, Place, TextEdit, nearest

_COMPARISONS = 100_000
"""How many names are compared before guessing what was meant stops: a wrong text must not be slow to refuse."""

_FEW = 10
"""So many names are listed when none of them is near."""

_DOUBTFUL = frozenset({
    "bad_escape", "duration_without_quotes", "keyword_as_name", "name_needs_backticks", "node_needs_brackets",
    "not_a_comprehension", "not_a_quantifier", "not_a_reduce", "number_malformed", "number_out_of_range",
    "pattern_not_allowed", "star_argument", "template_empty", "template_unclosed",
})  # fmt: skip
"""Mistakes of reading after which what was meant is a guess, so that nothing is held against the guess."""

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


Known = Collection[str] | Callable[[], Iterable[str]]
"""Names that exist. A function when it takes time to gather them."""


def as_written(name: str) -> str:
    """A name, or a parameter with its `$`, as Cypher writes it: in backticks when it needs them."""
    mark, bare = ("$", name[1:]) if name.startswith("$") else ("", name)
    return mark + (bare if _PLAIN_NAME.fullmatch(bare) else "`" + bare.replace("`", "``") + "`")


def as_text(value: str) -> str:
    """A text as Cypher writes it, in quotes."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _all_of(known: Known) -> str:
    """The end of a sentence that lists what there is, when that is little."""
    if callable(known) or not 0 < len(known) <= _FEW:
        return ""
    return f"; there {'is' if len(known) == 1 else 'are'} {', '.join(f'`{name}`' for name in known)}"


class Report:
    """The problems found so far. Reporting never raises: whoever finds a problem goes on with what is still sound."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._comparisons_left = _COMPARISONS
        self._doubtful: set[tuple[int, int]] = set()
        self._useless: list[tuple[int, int]] = []
        self.has_errors = False

    def add(
        self,
        code: str,
        message: str,
        place: Place,
        *,
        node: str | None = None,
        did_you_mean: str | None = None,
        fix: TextEdit | None = None,
    ) -> None:
        """One problem. Its weight is that of its code; `message` is a sentence, which need not begin in upper case."""
        place = replace(place, node=node) if node is not None else place
        sentence = message[:1].upper() + message[1:]
        self._add(Diagnostic(code, sentence, place, CODES[code].severity, did_you_mean, fix))

    def doubt(self) -> None:
        """From here on what is reported of a place at which reading had to guess is left out: it is no new mistake."""
        self._doubtful = {_start(d) for d in self._found if d.code in _DOUBTFUL}
        self._useless = [_start(d) for d in self._found if d.code in ("cannot_set", "cannot_remove")]

    def add_all(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Problems that another stage has found."""
        for diagnostic in diagnostics:
            self._add(diagnostic)

    def add_unknown(
        self,
        code: str,
        message: str,
        place: Place,
        name: str,
        known: Known,
        *,
        node: str | None = None,
        text_at: Place | None = None,
        besides: Collection[str] = (),
        also: Mapping[str, str] = MappingProxyType({}),
    ) -> str | None:
        """A name that is not known here: says which one was probably meant, and how to write it. Gives that one.

        `message` is a sentence without its full stop. The name stands at `place`, or in a text at `text_at`. `besides`
        are more names that may have been meant, and `also` says what words (in lower case) of other languages mean.
        """
        meant = also.get(name.lower()) or self._nearest(name, known) or self._nearest(name, besides)
        if meant is None:
            self.add(code, f"{message}{_all_of(known)}.", place, node=node)
            return None
        fix = TextEdit(text_at, as_text(meant)) if text_at else TextEdit(place, as_written(meant))
        shown = as_text(meant) if text_at else f"`{meant}`"
        self.add(code, f"{message}; did you mean {shown}?", place, node=node, did_you_mean=meant, fix=fix)
        return meant

    def _nearest(self, name: str, known: Known) -> str | None:
        """What `name` was probably meant to be, if there is anything near."""
        if self._comparisons_left <= 0:
            return None
        names = list(known() if callable(known) else known)
        self._comparisons_left -= len(names)
        meant = nearest(name, names)
        return meant if meant != name else None

    def _add(self, diagnostic: Diagnostic) -> None:
        if self._is_echo(diagnostic):
            return
        self._found.append(diagnostic)
        self.has_errors = self.has_errors or diagnostic.severity == "error"

    def _is_echo(self, found: Diagnostic) -> bool:
        """Whether this only follows from a mistake of reading. A clause that is wrong anyhow is not refused as well."""
        if _start(found) in self._doubtful:
            return True
        end = (found.place.end_line, found.place.end_column)
        return found.code == "clause_refused" and any(_start(found) <= place < end for place in self._useless)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All problems in the order of the text."""
        return tuple(sorted(self._found, key=lambda d: (d.place.line, d.place.column, d.code, d.message)))


def _start(found: Diagnostic) -> tuple[int, int]:
    return found.place.line, found.place.column
