"""Fixes, put into the texts that they are for."""

from __future__ import annotations

from collections.abc import Iterable

from cypher_executor.errors import TextEdit


def mended(text: str, *fixes: TextEdit) -> str:
    """The text with these fixes. Of two that change the same, only the later one in the text."""
    untouched = len(text)
    for fix, start, end in sorted(_offsets(text, fixes), key=lambda found: found[1:], reverse=True):
        if end <= untouched:
            text, untouched = text[:start] + fix.text + text[end:], start
    return text


def _offsets(text: str, fixes: Iterable[TextEdit]) -> Iterable[tuple[TextEdit, int, int]]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for fix in fixes:
        place = fix.place
        yield fix, starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
