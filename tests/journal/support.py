"""Real histories in a journal, and damage done to it behind its back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw

from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.core.events import Event, RunId, RunStarted, from_record
from cypher_executor.ports import Appended, Entry, Opening

HISTORIES = Path(__file__).parents[1] / "histories"
FILE = "journal.sqlite3"


def history(name: str, run: str, upto: int | None = None, **more: Any) -> Entry:
    """A recorded history as the entry that files all of it, or its first events. `more` changes its RunStarted."""
    records = map(json.loads, (HISTORIES / f"{name}.jsonl").read_text("utf-8").splitlines())
    events: list[Event] = [from_record(record["kind"], record["event"]) for record in records][:upto]
    first = events[0]
    assert isinstance(first, RunStarted)
    events[0] = replace(first, run=RunId(run), **more)
    return Entry(RunId(run), 0, tuple(events), Opening((HISTORIES / f"{name}.cypher").read_text("utf-8")))


async def file_all(folder: Path, entries: Sequence[Entry]) -> None:
    """Write these into the journal of a folder."""
    journal = SqliteJournal(Database(folder), lambda: 0)
    assert await journal.append(entries) == [Appended()] * len(entries)
    await journal.close()


def damage(folder: Path, *statements: str) -> None:
    """Change the file as no part of the program would."""
    connection = apsw.Connection(str(folder / FILE))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def rows(folder: Path, question: str) -> list[Any]:
    """What the file holds."""
    connection = apsw.Connection(str(folder / FILE))
    found = connection.execute(question).fetchall()
    connection.close()
    return found
