"""What the journal's file holds: rows and JSON, as anybody with SQLite sees them, without any code of the product."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

FILE = "journal.sqlite3"
_RUNS = "SELECT number, id, recipe, state, ended_us, parent FROM runs ORDER BY number"
_EVENTS = "SELECT run, seq, kind, at_us, body, outside FROM events ORDER BY run, seq"
_CLAIMS = "SELECT scope, key, run FROM claims"
_STANDING = "SELECT (SELECT count(*) FROM runs WHERE ended_us IS NULL), (SELECT max(position) FROM events)"

Step = tuple[str, tuple[int, ...]]
"""A node, and its place in loops."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of the journal."""

    seq: int
    kind: str
    at_us: int
    body: dict[str, Any]

    @property
    def step(self) -> Step:
        """Whose fact it is."""
        return self.body.get("node", ""), tuple(self.body.get("item", ()))


@dataclass(slots=True)
class Recorded:
    """A run and all its facts, in order."""

    id: str
    recipe: str | None
    state: str
    ended: bool
    parent: str | None
    facts: list[Fact] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)

    def of(self, *kinds: str) -> Iterator[Fact]:
        """The facts of these kinds."""
        return (fact for fact in self.facts if fact.kind in kinds)

    @property
    def number(self) -> int | None:
        """The number of the request that it came from."""
        given = self.facts[0].body.get("input") if self.facts else None
        return given.get("n") if isinstance(given, dict) else None


def runs_of(folder: Path) -> dict[str, Recorded]:
    """Every run of a data folder, by id."""
    with opened(folder) as connection:
        runs: dict[int, Recorded] = {}
        for number, run, recipe, state, ended_us, parent in rows(connection, _RUNS):
            runs[number] = Recorded(run, recipe, state, ended_us is not None, parent)
        for number, seq, kind, at_us, body, outside in rows(connection, _EVENTS):
            assert outside is None, "no value of this load is large"
            runs[number].facts.append(Fact(seq, kind, at_us, json.loads(body)))
        for scope, key, number in rows(connection, _CLAIMS):
            runs[number].keys.append((scope, key))
    return {run.id: run for run in runs.values()}


def standing(folder: Path) -> tuple[int, int | None]:
    """How many runs have not ended, as the file says, and the position of the newest fact."""
    with opened(folder) as connection:
        open_runs, last = next(rows(connection, _STANDING))
        return open_runs, last


def rows(connection: apsw.Connection, question: str) -> Iterator[Any]:
    """What this question finds."""
    return iter(connection.execute(question))


def opened(folder: Path) -> _Opened:
    """The file, to be read."""
    return _Opened(folder / FILE)


class _Opened:
    """A connection that is closed at the end of the block."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        self._connection.set_busy_timeout(5000)
        self._connection.execute("PRAGMA query_only = ON").fetchall()

    def __enter__(self) -> apsw.Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
