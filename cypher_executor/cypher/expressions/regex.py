"""`=~`: whether a regular expression matches the whole of a text.

Patterns are those of Java, as Cypher has them, run by RE2: the time is linear in the text whatever the pattern is, so
no pattern and no text can hold a step up. RE2 is loaded when the first pattern is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cypher_executor.cypher.expressions.frame import Frame, Value
from cypher_executor.cypher.expressions.regex_dialect import to_re2
from cypher_executor.errors import ExpressionError

LONGEST_PATTERN = 10_000
"""How many characters a pattern may have."""

_MEMORY = 4 * 2**20
"""What a compiled pattern may take, in bytes, with what RE2 remembers while it matches."""

_AT_ONCE = 64
"""So many instructions of a pattern are one step of the budget for each character, even if RE2 must follow them all."""


class Pattern:
    """A compiled pattern. Raises ValueError with a sentence, without its full stop, for a text that is none."""

    __slots__ = ("_matches", "_per_character", "size")

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_PATTERN:
            raise ValueError(f"a pattern may have {LONGEST_PATTERN:,} characters at most")
        self._matches, self.size = _compiled(_encoded(to_re2(text)))
        self._per_character = 1 + self.size // _AT_ONCE

    def matches(self, frame: Frame, text: str) -> bool:
        """Whether it matches all of `text`; counts the work."""
        frame.spend(len(text) * self._per_character)
        return self._matches(_encoded(text))


@lru_cache(maxsize=256)
def pattern(text: str) -> Pattern:
    """The pattern, compiled once. Raises ValueError as `Pattern` does."""
    return Pattern(text)


def matches(frame: Frame, text: Value, written: Value) -> bool | None:
    """`text =~ written` for a pattern that is computed. What is no string is no reason to fail: the answer is
    unknown."""
    if type(text) is not str or type(written) is not str:
        return None
    try:
        found = pattern(written)
    except ValueError as problem:
        raise ExpressionError(f"the pattern of =~ cannot be used: {problem}", code="pattern_invalid") from None
    frame.spend(found.size)
    return found.matches(frame, text)


def _compiled(text: bytes) -> tuple[Callable[[bytes], bool], int]:
    """What matches with RE2, and how many instructions it has."""
    import re2

    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, _MEMORY
    try:
        found = re2.compile(text, options)
    except re2.error as problem:
        raise ValueError(_sentence(problem.args[0])) from None
    return lambda encoded: found.fullmatch(encoded) is not None, found.programsize


def _sentence(problem: bytes | str) -> str:
    """RE2 says what is wrong and then where."""
    text = problem.decode("utf-8", "replace") if isinstance(problem, bytes) else problem
    what, _, where = text.partition(": ")
    said = _SAID.get(what, what)
    return f"{said}, at `{where}`" if where and len(where) < 100 else said


_SAID = {
    "missing )": "a `)` is missing",
    "unexpected )": "a `)` closes nothing",
    "missing ]": "a `]` is missing",
    "no argument for repetition operator": "there is nothing to repeat",
    "bad repetition operator": "what is repeated already cannot be repeated again without brackets",
    "invalid repetition size": "a repetition counts to 1,000 at most, those within each other together",
    "invalid character class range": "a class has a range that is none, or a name that is not known",
    "invalid character class": "a class is not written as one",
    "invalid escape sequence": "this escape is not known",
    "invalid perl operator": "what follows `(?` is not known",
    "invalid named capture group": "the name of a group is not written as one",
    "trailing \\": "there is nothing behind the last backslash",
    "pattern too large - compile failed": "the pattern is too large when its repetitions are written out",
}


def _encoded(text: str) -> bytes:
    """UTF-8; a lone surrogate, which is no character, becomes the sign that stands for such."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
