"""Collects the diagnostics of one text."""

from __future__ import annotations

from cypher_executor.errors import Diagnostic, Place, TextEdit


class Problems:
    """A list of diagnostics that grows while a text is read."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

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
        edit = TextEdit(place, fix) if isinstance(fix, str) else fix
        self.found.append(Diagnostic(code, message, place, did_you_mean=did_you_mean, fix=edit))
