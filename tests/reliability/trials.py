"""Short lives of the real journal on a disk that fails: what was acknowledged has to be there afterwards.

A trial is one data folder: the journal is opened, runs begin and go on, and somewhere the disk fails or the power goes;
that up to three times, then it is looked at. What is compared is what `append` acknowledged with the rows of the file,
read without any code of the product.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from unittest import mock

import apsw

from cypher_executor.adapters.sqlite import Database, SqliteJournal, connection, records
from cypher_executor.core.events import AttemptSucceeded, RunEnded, RunId, RunStarted
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Unavailable
from cypher_executor.ports import Appended, Claim, Entry, Opening
from tests.reliability import vfs
from tests.reliability.records import FILE, opened, rows

LOG_PAGES = 60
"""After so many pages the log is moved into the database, so that a short life has that in it too."""
OUTSIDE_BYTES = 4096
"""What counts as a large value in trials: 64 KiB take too long."""
RUNS_AT_ONCE = 4
_DIGEST = Digest("sha256:" + "0" * 64)
_COUNTS = "SELECT runs.id, count(*), max(seq) FROM events JOIN runs ON runs.number = events.run GROUP BY runs.id"
_CLAIMS = "SELECT claims.key, runs.id FROM claims JOIN runs ON runs.number = claims.run"
_ENDED = "SELECT id, ended_us IS NOT NULL FROM runs"
_BLOBS = (
    "SELECT count(*) FROM events, json_each(events.outside) AS used WHERE used.value NOT IN (SELECT digest FROM blobs)"
)
_INTACT = "PRAGMA integrity_check"


@dataclass(slots=True)
class Acknowledged:
    """What was promised: how many events each run has at least, who holds each key, and which runs have ended."""

    events: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    refused: int = 0
    """How many appends were refused."""
    recovered: int = 0
    """How many were acknowledged after one had been refused."""
    odd: list[str] = field(default_factory=list)
    """What the journal answered although it had said something else before."""


@dataclass(slots=True)
class Bench:
    """A VFS, and an empty journal to begin with."""

    slot: vfs.Slot
    empty: Path

    def begin(self, folder: Path) -> Path:
        """A data folder for a trial."""
        return Path(shutil.copytree(self.empty, folder))


@contextlib.contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """What trials need, until the block is left."""
    slot = vfs.Slot()
    try:
        with mock.patch.object(records, "OUTSIDE_BYTES", OUTSIDE_BYTES):
            asyncio.run(Database(folder / "empty", vfs=vfs.NAME).close())
            yield Bench(slot, folder / "empty")
    finally:
        slot.close()


@contextlib.contextmanager
def synchronous_normal() -> Iterator[None]:
    """The control arm: a commit is not synced before it is acknowledged."""
    set_up = connection._SQL["set_up"].replace("synchronous = FULL", "synchronous = NORMAL")
    with mock.patch.dict(connection._SQL, {"set_up": set_up}):  # type: ignore[arg-type]
        yield


async def live(folder: Path, chance: Random, acknowledged: Acknowledged, names: Iterator[int], *, groups: int) -> None:
    """One life: some runs go on through so many groups, one group after the other. Ends when the disk does not work."""
    with contextlib.suppress(Unavailable):
        database = await asyncio.to_thread(Database, folder, vfs=vfs.NAME)
        journal = SqliteJournal(database, lambda: 0)
        try:
            await database.write(lambda opened: opened.wal_autocheckpoint(LOG_PAGES))
            going = {run: len(await journal.read(run)) for run in await journal.open_runs()}
            for run, events in going.items():  # Whoever reads acts on it, so it has to stay, acknowledged or not.
                acknowledged.events[run] = max(events, acknowledged.events.get(run, 0))
            for _ in range(groups):
                await _one_group(journal, going, chance, acknowledged, names)
        finally:
            await journal.close()


async def _one_group(
    journal: SqliteJournal, going: dict[RunId, int], chance: Random, acknowledged: Acknowledged, names: Iterator[int]
) -> None:
    entries = [_next(run, events, chance) for run, events in going.items() if chance.random() < 0.7]
    if len(going) < RUNS_AT_ONCE or not entries:
        entries.append(_beginning(next(names), chance))
    try:
        outcomes = await journal.append(entries)
    except Unavailable:
        acknowledged.refused += len(entries)
        await journal.reopen()
        going.clear()
        going |= {run: len(await journal.read(run)) for run in await journal.open_runs()}
        acknowledged.events |= going
        return
    acknowledged.recovered += acknowledged.refused > 0
    for entry, outcome in zip(entries, outcomes, strict=True):
        if outcome == Appended():
            _note(entry, acknowledged, going)
        else:
            acknowledged.odd.append(f"{entry.run} after event {entry.after}: {outcome}")
            going.pop(entry.run, None)


def _note(entry: Entry, acknowledged: Acknowledged, going: dict[RunId, int]) -> None:
    acknowledged.events[entry.run] = going[entry.run] = entry.after + len(entry.events)
    if entry.opening is not None and entry.opening.claim is not None:
        acknowledged.keys[entry.opening.claim.key] = entry.run
    if isinstance(entry.events[-1], RunEnded):
        acknowledged.ended.add(entry.run)
        del going[entry.run]


def _beginning(name: int, chance: Random) -> Entry:
    run = RunId(f"run_{name:026d}")
    started = RunStarted(
        at_us=name, run=run, recipe=_DIGEST, name="r", version=1, input=_value(chance), trigger={}, parts={}
    )
    return Entry(run, 0, (started,), Opening("RETURN 1", Claim("trial", f"key-{name}", "asked")))


def _next(run: RunId, events: int, chance: Random) -> Entry:
    if events > 2 and chance.random() < 0.3:
        return Entry(run, events, (RunEnded(at_us=events, state="succeeded"),))
    step = AttemptSucceeded(at_us=events, node="a", attempt=events, output=_value(chance), started_us=events)
    return Entry(run, events, (step,))


def _value(chance: Random) -> str:
    return chance.choice("abc") * (chance.randrange(5_000, 9_000) if chance.random() < 0.2 else chance.randrange(200))


async def two_writers(folder: Path) -> list[str]:
    """Two that both believe that a run is theirs: of what they write behind the same event, one has to be refused."""
    chance = Random(0)
    database = await asyncio.to_thread(Database, folder, vfs=vfs.NAME)
    journal = SqliteJournal(database, lambda: 0)
    try:
        beginning = _beginning(1, chance)
        await journal.append([beginning])
        ours, theirs = (Entry(beginning.run, 1, (RunEnded(at_us=2, state=s),)) for s in ("succeeded", "failed"))
        outcomes = [*await journal.append([ours]), *await journal.append([theirs])]
    finally:
        await journal.close()
    with opened(folder) as file:
        counts = dict(rows(file, "SELECT kind, count(*) FROM events GROUP BY kind"))
    ends = counts.get("RunEnded", 0)
    return [] if ends == 1 and outcomes[1] != Appended() else [f"the run has {ends} ends; the journal said {outcomes}"]


def broken(folder: Path, acknowledged: Acknowledged) -> list[str]:
    """What was acknowledged and is not there, and what is there and makes no sense."""
    try:
        with opened(folder) as file:
            counts = {run: (events, last) for run, events, last in rows(file, _COUNTS)}
            keys, ended = dict(rows(file, _CLAIMS)), dict(rows(file, _ENDED))
            missing, intact = next(rows(file, _BLOBS))[0], next(rows(file, _INTACT))[0]
    except apsw.Error as error:
        return [f"{FILE} cannot be read: {error}"]
    found = [*acknowledged.odd] if intact == "ok" else [f"damaged: {intact}"]
    found += [f"{missing} large values are missing"] if missing else []
    found += [
        f"{run} has gaps: {events} events, the last is {last}"
        for run, (events, last) in counts.items()
        if events != last
    ]
    found += [
        f"{run} has {counts.get(run, (0, 0))[0]} of {events} acknowledged events"
        for run, events in acknowledged.events.items()
        if counts.get(run, (0, 0))[0] < events
    ]
    found += [
        f"{key} is held by {keys.get(key)}, and was given to {run}"
        for key, run in acknowledged.keys.items()
        if keys.get(key) != run
    ]
    return found + [f"{run} has ended, and is listed as open" for run in acknowledged.ended if not ended.get(run)]


def names() -> Iterator[int]:
    """Numbers for the runs of a trial."""
    return count(1)
