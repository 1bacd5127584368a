"""Reading runs back. Each is read by itself in what can go wrong: damage in one run is told of that run alone.

A page of runs is one query in (run, seq) order, on one snapshot, so that a value that is fetched later is the one that
was there when its event was. When the file itself is damaged where a page is stored, SQLite gives up the whole query;
the runs of that page are then read one by one, and only those that lie on the damage are unreadable.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import apsw
import orjson

from cypher_executor import errors
from cypher_executor.adapters.sqlite.records import Undecodable, decode, value_of_blob
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import Event, RunEnded, RunId, RunStarted
from cypher_executor.ports import Unreadable

_SQL = statements("journal")
_DAMAGE = (apsw.CorruptError, UnicodeDecodeError)
"""What tells of damaged pages, and not of a disk that cannot be read just now."""

Row = tuple[int, int, str, bytes, str | None]
"""run, seq, kind, body, outside"""
Position = tuple[int, RunId, int, Event | Unreadable]


def read_run(connection: apsw.Connection, run: RunId, after: int) -> list[Event]:
    """The events of a run behind number `after`. Raises Unavailable (`run_unreadable`)."""
    found = _guarded(connection, run, after)
    if isinstance(found, Unreadable):
        raise unreadable(found)
    return found


def read_runs(connection: apsw.Connection, runs: Sequence[RunId]) -> list[list[Event] | Unreadable]:
    """The events of each of these runs. Inside of a snapshot, that is what is read."""
    try:
        with snapshot(connection):
            return _in_one_go(connection, runs)
    except _DAMAGE:
        return [_guarded(connection, run, 0) for run in runs]


def read_end(connection: apsw.Connection, run: RunId) -> RunEnded | None:
    """The last event of a run, if that is its end. Raises Unavailable (`run_unreadable`)."""
    try:
        with snapshot(connection):
            row: Any = connection.execute(_SQL["last"], (run,)).fetchone()
            last = _one(run, row, Blobs(connection)) if row and row[2] == RunEnded.__name__ else None
    except _DAMAGE as error:
        last = _on_damage(run, error)
    if isinstance(last, Unreadable):
        raise unreadable(last)
    return last if isinstance(last, RunEnded) else None


def read_following(connection: apsw.Connection, after: int, limit: int) -> list[Position]:
    """The next events of all runs behind a position."""
    with snapshot(connection):
        blobs = Blobs(connection)
        rows: Iterable[Any] = connection.execute(_SQL["follow"], (after, limit))
        return [(position, run, row[1], _one(run, row, blobs)) for position, run, *row in rows]


@contextlib.contextmanager
def snapshot(connection: apsw.Connection) -> Iterator[None]:
    """While the block lasts, this connection sees the file as it was at its first query. Blocks may be nested."""
    if connection.in_transaction:
        yield
        return
    connection.execute(_SQL["begin_reading"])
    try:
        yield
    finally:
        with contextlib.suppress(apsw.Error):
            connection.execute(_SQL["end_reading"])


def unreadable(found: Unreadable) -> errors.Unavailable:
    """The error for whoever asked for just this run."""
    return errors.Unavailable(
        f"run {found.run} cannot be read: {found.why}",
        code="run_unreadable",
        next_actions=[
            "`cypher-executor doctor --deep` shows what is damaged",
            "run the newest version that ever wrote this journal, or restore a backup",
        ],
    )


class Blobs:
    """Large values by digest. Each is fetched once while one page is read, however many events carry it."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._known: dict[str, Any] = {}

    def __call__(self, digest: str) -> Any:
        if digest not in self._known:
            body = self._connection.execute(_SQL["blob"], (digest,)).get
            self._known[digest] = value_of_blob(digest, body)
        return self._known[digest]


def _in_one_go(connection: apsw.Connection, runs: Sequence[RunId]) -> list[list[Event] | Unreadable]:
    blobs, wanted = Blobs(connection), orjson.dumps(runs).decode()
    numbers: Any = connection.execute(_SQL["numbers"], (wanted,))
    ids: dict[int, RunId] = dict(numbers)
    found: dict[RunId, list[Event] | Unreadable] = {
        run: Unreadable(run, "it is listed, but has no events") for run in ids.values()
    }
    rows: Any = connection.execute(_SQL["read_many"], (orjson.dumps(sorted(ids)).decode(),))
    for number, group in groupby(rows, itemgetter(0)):
        run = ids[number]
        found[run] = _events(run, group, 0, blobs)
    return [found.get(run, []) for run in runs]


def _guarded(connection: apsw.Connection, run: RunId, after: int) -> list[Event] | Unreadable:
    try:
        with snapshot(connection):
            number = connection.execute(_SQL["number"], (run,)).get
            rows: Any = connection.execute(_SQL["read"], (number, after)).fetchall()
            if number is not None and not rows and after == 0:
                return Unreadable(run, "it is listed, but has no events")
            return _events(run, rows, after, Blobs(connection))
    except _DAMAGE as error:
        return _on_damage(run, error)


def _on_damage(run: RunId, error: Exception) -> Unreadable:
    return Unreadable(run, f"the file is damaged where it is stored: {error}")


def _events(run: RunId, rows: Iterable[Row], after: int, blobs: Blobs) -> list[Event] | Unreadable:
    """The events of these rows, if they are all that there should be."""
    events: list[Event] = []
    for row in rows:
        expected = after + len(events) + 1
        if row[1] != expected:
            return Unreadable(run, f"event {expected} is missing")
        event = _one(run, row, blobs)
        if isinstance(event, Unreadable):
            return event
        if expected == 1 and not (isinstance(event, RunStarted) and event.run == run):
            return Unreadable(run, "event 1 is not the start of this run")
        events.append(event)
    return events


def _one(run: RunId, row: Row, blobs: Blobs) -> Event | Unreadable:
    _, seq, kind, body, outside = row
    try:
        return decode(kind, body, outside, blobs)
    except Undecodable as error:
        return Unreadable(run, f"event {seq} cannot be read: {error}")
