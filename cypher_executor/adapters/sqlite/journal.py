"""The journal in SQLite: what `ports.Journal` promises, by one writer thread and a file that is synced at each commit.

Everything that decides over an entry - how many events the run has, who holds the key - is looked up inside the
transaction that writes it, behind all earlier entries, so nothing can come between question and answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import apsw
import orjson

from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.expiring import GRACE_US, expire
from cypher_executor.adapters.sqlite.following import SqliteFollowable
from cypher_executor.adapters.sqlite.reading import read_end, read_runs
from cypher_executor.adapters.sqlite.records import Record, encode
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import FINAL_STATES, ChildStarted, Event, RunEnded, RunId, RunReopened, RunStarted
from cypher_executor.core.retention import Retention
from cypher_executor.ports import Appended, Claim, Claimed, Entry, Outcome, RunFilter, RunSummary, Stale, Unreadable

_SQL = statements("journal")
_STATES = ("pending", "running", "waiting", "retrying", *sorted(FINAL_STATES))
_AFTER_EVERY_ID = "\U0010ffff"


class SqliteJournal(SqliteFollowable):
    """`ports.Journal` over a `Database`. `now_us` is only asked for the hint of `claimed`."""

    def __init__(self, database: Database, now_us: Callable[[], int]) -> None:
        super().__init__(database)
        self._database = database
        self._now_us = now_us

    @property
    def healthy(self) -> bool:
        """Whether appending is possible. After a failed write it is not, until `reopen`."""
        return self._database.healthy

    @property
    def commits(self) -> int:
        """How many transactions were committed, each with one sync."""
        return self._database.commits

    def append(self, entries: Sequence[Entry]) -> asyncio.Future[Sequence[Outcome]]:
        """See `ports.Journal`. Raises RequestInvalid at once, with nothing queued, when a value is not JSON."""
        prepared = [_Prepared.of(entry) for entry in entries]
        return self._database.write(partial(_append_all, prepared))

    async def read_many(self, runs: Sequence[RunId]) -> Sequence[Sequence[Event] | Unreadable]:
        """The events of each of these runs, on one thread by one query: for a start with many open runs."""
        return await self._database.read(lambda connection: read_runs(connection, runs))

    async def end(self, run: RunId) -> RunEnded | None:
        """How a run ended; None while it goes on, and for an unknown run."""
        return await self._database.read(lambda connection: read_end(connection, run))

    async def open_runs(self) -> Sequence[RunId]:
        """Every run without an end, in the order in which they began."""
        return await self._database.read(lambda connection: [run for (run,) in _rows(connection, "open_runs", ())])

    async def summary(self, run: RunId) -> RunSummary | None:
        """One run as lists show it."""
        found = await self._summaries("summary", (run,))
        return found[0] if found else None

    async def list_runs(self, which: RunFilter) -> Sequence[RunSummary]:
        """The runs that fit, newest first."""
        name = "list_parent" if which.parent else "list_recipe" if which.recipe is not None else "list_tenant"
        return await self._summaries(name, _list_values(which))

    async def children(self, run: RunId) -> Sequence[RunSummary]:
        """The runs that this run started, oldest first."""
        return await self._summaries("children", (run,))

    async def claimed(self, claim: Claim) -> Claimed | None:
        """Who holds this key now. Only a hint: what decides is the append."""
        now_us = self._now_us()
        return await self._database.read(lambda connection: _holder(connection, claim, now_us))

    async def expire(self, retention: Retention, now_us: int) -> int:
        """See `ports.Journal`: forget what is no longer wanted, in pieces of a few milliseconds."""
        return await expire(self._database, retention, now_us)

    async def reopen(self) -> None:
        """After a failed write: open the file again. What was unknown then is in it or is not; read and see."""
        await self._database.reopen()

    async def close(self) -> None:
        """Write what is queued, then let go of the storage."""
        await self._database.close()

    async def _summaries(self, name: str, values: apsw.Bindings) -> list[RunSummary]:
        rows = await self._database.read(lambda connection: _rows(connection, name, values))
        return [RunSummary(*(*row[:-1], bool(row[-1]))) for row in rows]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An entry with its events as they will be stored, so that the writer only has to write."""

    entry: Entry
    records: tuple[Record, ...]

    @staticmethod
    def of(entry: Entry) -> _Prepared:
        assert entry.events, "an entry has events"
        assert (entry.after == 0) == (entry.opening is not None), "a run begins with an opening, and only then"
        return _Prepared(entry, tuple(map(encode, entry.events)))


def _rows(connection: apsw.Connection, name: str, values: apsw.Bindings) -> list[Any]:
    return connection.execute(_SQL[name], values).fetchall()


def _append_all(prepared: Sequence[_Prepared], connection: apsw.Connection) -> list[Outcome]:
    return [_append(connection, one) for one in prepared]


def _append(connection: apsw.Connection, prepared: _Prepared) -> Outcome:
    entry = prepared.entry
    number, version = connection.execute(_SQL["head"], (entry.run,)).fetchone() or (None, 0)
    if version != entry.after:
        return Stale(version)
    if number is None:
        started = entry.events[0]
        assert isinstance(started, RunStarted) and started.run == entry.run, "a run begins with its own RunStarted"
        holder = _claim_holder(connection, entry, started.at_us)
        if holder is not None:
            return holder
        number = _open(connection, entry, started)
    _insert(connection, number, prepared)
    return Appended()


def _claim_holder(connection: apsw.Connection, entry: Entry, now_us: int) -> Claimed | None:
    claim = entry.opening.claim if entry.opening else None
    return _holder(connection, claim, now_us) if claim else None


def _holder(connection: apsw.Connection, claim: Claim, now_us: int) -> Claimed | None:
    values = {"scope": claim.scope, "key": claim.key, "now_us": now_us}
    row = connection.execute(_SQL["holder"], values).fetchone()
    return Claimed(RunId(row[0]), row[1] == claim.fingerprint) if row else None


def _open(connection: apsw.Connection, entry: Entry, started: RunStarted) -> int:
    """File a new run: what lists show, its recipe's text, its claim. Gives its number."""
    parent = started.parent.run if started.parent else None
    assert entry.opening is not None
    about = (entry.run, started.tenant, started.name, started.version, started.recipe, started.at_us, parent)
    connection.execute(_SQL["insert_run"], (*about, entry.opening.imported))
    number = connection.last_insert_rowid()
    connection.execute(_SQL["insert_text"], (started.recipe, entry.opening.recipe_text))
    if entry.opening.claim:
        _claim(connection, entry.opening.claim, number, started.at_us)
    return number


def _claim(connection: apsw.Connection, claim: Claim, number: int, now_us: int) -> None:
    expires_us = None if claim.keep_us is None else now_us + claim.keep_us
    connection.execute(_SQL["forget_claims"], (now_us - GRACE_US,))
    connection.execute(_SQL["claim"], (claim.scope, claim.key, claim.fingerprint, number, expires_us))


def _insert(connection: apsw.Connection, number: int, prepared: _Prepared) -> None:
    entry = prepared.entry
    for seq, record in enumerate(prepared.records, entry.after + 1):
        row = (number, seq, record.kind, record.at_us, record.body, record.outside)
        connection.execute(_SQL["insert_event"], row)
        for digest, body in record.blobs:
            connection.execute(_SQL["insert_blob"], (digest, body))
            connection.execute(_SQL["use_blob"], (digest, number))
    for event in entry.events:
        if isinstance(event, RunEnded):
            connection.execute(_SQL["end_run"], (event.state, event.at_us, number))
        elif isinstance(event, RunReopened):
            connection.execute(_SQL["reopen_run"], (number,))
        elif isinstance(event, ChildStarted):
            connection.execute(_SQL["insert_child"], (event.child, number))


def _list_values(which: RunFilter) -> dict[str, apsw.SQLiteValue]:
    return {
        "tenant": which.tenant,
        "recipe": which.recipe,
        "states": orjson.dumps(sorted(which.states) or _STATES).decode(),
        "parent": which.parent,
        "before": which.before or _AFTER_EVERY_ID,
        "first": which.first or "",
        "limit": which.limit,
    }
