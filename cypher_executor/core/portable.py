"""One run as a document that another journal can take in: its events, which hold its tapes, the text of its recipe, and
the digests of the parts that it was started with.

The document is versioned JSON. What is read is believed no further than it can be checked: events of an unknown kind,
fields of an unknown name and a start that does not fit the rest are refused, because a journal is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.events import Event, RunId, RunStarted, from_record, kind_of
from cypher_executor.core.recipe import Digest

FORMAT = "cypher-executor run"
VERSION = 1
_RUN_ID = re.compile(r"run_[0-9A-Za-z]{1,64}")


@dataclass(frozen=True, slots=True)
class Portable:
    """A run that can be carried from journal to journal."""

    run: RunId
    recipe: Digest
    text: str
    events: tuple[Event, ...]


def to_document(events: Sequence[Event], text: str) -> dict[str, Any]:
    """The document of a run; its values are JSON, its events dataclasses of JSON."""
    first = events[0]
    assert isinstance(first, RunStarted), "a run that was read begins with its start"
    return {
        "format": FORMAT,
        "version": VERSION,
        "run": first.run,
        "recipe": {"digest": first.recipe, "name": first.name, "version": first.version, "text": text},
        "parts": first.parts,
        "events": [{"kind": kind_of(event), "event": event} for event in events],
    }


def from_document(document: object) -> Portable:
    """The run in a document. Raises ValueError with a sentence that says what does not fit."""
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise ValueError("this is not an exported run")
    if document.get("version") != VERSION:
        raise ValueError(f"it has format version {document.get('version')!r}, and this program reads {VERSION}")
    try:
        recipe, records = document["recipe"], document["events"]
        portable = Portable(document["run"], recipe["digest"], recipe["text"], tuple(map(_event, records)))
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is not complete: {error}") from error
    _refuse_contradictions(portable, document)
    return portable


def _event(record: Mapping[str, Any]) -> Event:
    return from_record(record["kind"], record["event"])


def _refuse_contradictions(portable: Portable, document: Mapping[str, Any]) -> None:
    first = portable.events[0] if portable.events else None
    if not isinstance(first, RunStarted):
        raise ValueError("its first event is not the start of a run")
    if not isinstance(portable.run, str) or not _RUN_ID.fullmatch(portable.run):
        raise ValueError(f"{portable.run!r} is not the id of a run")
    if not isinstance(portable.text, str):
        raise ValueError("it has no recipe")
    told = (first.run, first.recipe, first.parts)
    if told != (portable.run, portable.recipe, document.get("parts")):
        raise ValueError("its first event says another run, recipe or parts than its head")
