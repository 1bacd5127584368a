"""Collects the diagnostics of one text."""

from __future__ import annotations

from cypher_executor.errors import Diagnostic, Place, TextEdit

MAX_PROBLEMS = 50
"""After so many mistakes nobody reads on, and neither does the parser."""


class Problems:
    """A list of diagnostics that grows while a text is read, up to `MAX_PROBLEMS`."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    @property
    def full(self) -> bool:
        """Whether looking for more is in vain."""
        return len(self.found) >= MAX_PROBLEMS

    def add(
        self,
        code: str,
        message: str,
        place: Place,
        *,
        did_you_mean: str | None = None,
        fix: str | TextEdit | None = None,
    ) -> None:
        """Notes an error at `place`. A fix that is only a text replaces the place."""
        if self.full:
            return
        edit = TextEdit(place, fix) if isinstance(fix, str) else fix
        self.found.append(Diagnostic(code, message, place, did_you_mean=did_you_mean, fix=edit))
