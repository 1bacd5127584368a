"""Values over 64 KiB are stored once, under their digest, for as long as a run uses them."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteJournal, expiring, records
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import AttemptSucceeded
from cypher_executor.core.retention import Keep, Retention
from cypher_executor.ports import Appended, Unreadable
from tests.contracts.test_journal_retention import NOTHING
from tests.contracts.test_sqlite_power_cut import VFS, Disk
from tests.journal.support import file_all, rows

pytestmark = pytest.mark.breaks_journals

LARGE = "x" * 70_000
FAILED_ONLY = Retention({"failed": Keep(newest=0)})


def blobs(folder) -> int:
    return rows(folder, "SELECT count(*) FROM blobs")[0][0]


async def test_a_value_that_many_events_carry_is_stored_once(tmp_path, make):
    entries = [make.opening(input=LARGE) for _ in range(10)]
    await file_all(tmp_path, [*entries, *(make.step(entry.run, 1, LARGE) for entry in entries)])
    assert blobs(tmp_path) == 1
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    for started, step in await journal.read_many([entry.run for entry in entries]):
        assert started.input == step.output == LARGE
    await journal.close()


@pytest.mark.parametrize(("size", "outside"), [(64 * 1024 - 2, 0), (64 * 1024 - 1, 1)])
async def test_what_is_over_64_kib_of_json_goes_outside(tmp_path, make, size, outside):
    await file_all(tmp_path, [make.opening(input="x" * size)])
    assert blobs(tmp_path) == outside


async def test_an_event_of_many_small_fields_stays_whole(tmp_path, make):
    event = AttemptSucceeded(at_us=1, node="n" * 40_000, attempt=1, output="o" * 40_000, started_us=0)
    record = records.encode(event)
    assert (record.outside, record.blobs) == (None, ())
    assert records.decode(record.kind, record.body, None, lambda digest: None) == event


async def test_encoding_costs_in_proportion_to_the_size(monkeypatch):
    """Counted, not timed: every value is serialised a fixed number of times, whatever its size."""
    passes = []
    real = records._json
    monkeypatch.setattr(records, "_json", lambda value: passes.append(1) or real(value))
    for n in (100, 10_000):
        records.encode(AttemptSucceeded(at_us=1, node="n", attempt=1, output=[LARGE[:1000]] * n, started_us=0))
    assert len(passes) <= 2 * 10


async def test_the_last_run_that_uses_a_value_takes_it_along(tmp_path, make):
    kept, gone = make.opening(input=LARGE), make.opening(input=LARGE)
    await file_all(tmp_path, [kept, gone, make.step(gone.run, 1, LARGE + "y")])
    await file_all(tmp_path, [make.end(kept.run, 1), make.end(gone.run, 2, "failed")])
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    assert await journal.expire(FAILED_ONLY, 10**18) == 1
    assert blobs(tmp_path) == 1
    assert (await journal.read(kept.run))[0].input == LARGE
    assert await journal.expire(NOTHING, 10**18) == 1
    await journal.close()
    assert blobs(tmp_path) == 0


async def test_deleting_a_value_that_is_still_used_would_be_noticed(tmp_path, make, monkeypatch):
    """The planted defect: sweeping without looking who else uses a value."""
    careless = {**statements("expiring"), "drop_unused_blob": "DELETE FROM blobs WHERE digest = :digest"}
    monkeypatch.setattr(expiring, "_SQL", careless)
    kept, gone = make.opening(input=LARGE), make.opening(input=LARGE)
    await file_all(tmp_path, [kept, gone, make.end(gone.run, 1, "failed")])
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    await journal.expire(FAILED_ONLY, 10**18)
    [read] = await journal.read_many([kept.run])
    assert isinstance(read, Unreadable)
    await journal.close()


async def test_a_value_that_is_used_again_while_it_is_being_forgotten_is_there(tmp_path, make, monkeypatch):
    """Each piece is a transaction: whoever appends between two of them finds the value, or stores it again."""
    one_at_a_time(monkeypatch)
    database = Database(tmp_path)
    journal = SqliteJournal(database, lambda: 0)
    old = [make.opening(input=LARGE) for _ in range(20)]
    await journal.append([*old, *(make.end(entry.run, 1) for entry in old)])
    forgetting = asyncio.create_task(journal.expire(NOTHING, 10**18))
    new = []
    while not forgetting.done():
        new.append(make.opening(input=LARGE))
        assert await journal.append([new[-1]]) == [Appended()]
    assert await forgetting == 20
    assert all(events[0].input == LARGE for events in await journal.read_many([entry.run for entry in new]))
    await journal.close()


def one_at_a_time(monkeypatch) -> None:
    """A clock by which the time of a piece is over at once."""
    ticks = count(step=1)
    monkeypatch.setattr(expiring.time, "monotonic", lambda: float(next(ticks)))


async def test_a_long_run_is_forgotten_in_pieces_and_nobody_sees_half_of_it(tmp_path, make, monkeypatch):
    run = make.opening(input=LARGE)
    await file_all(tmp_path, [run, *(make.step(run.run, n, LARGE + str(n % 5)) for n in range(1, 200))])
    await file_all(tmp_path, [make.end(run.run, 200)])
    one_at_a_time(monkeypatch)
    database = Database(tmp_path)
    journal, pieces = SqliteJournal(database, lambda: 0), []
    forgetting = asyncio.create_task(journal.expire(NOTHING, 10**18))
    while not forgetting.done():
        pieces.append(len(await journal.read(run.run)))
    assert await forgetting == 1
    assert set(pieces) <= {201, 0}
    assert database.commits >= 10
    await journal.close()
    assert (blobs(tmp_path), rows(tmp_path, "SELECT count(*) FROM runs")) == (0, [(0,)])


async def test_what_was_half_forgotten_is_finished_the_next_time(tmp_path, make, monkeypatch):
    run = make.opening(input=LARGE)
    await file_all(tmp_path, [run, *(make.step(run.run, n) for n in range(1, 100)), make.end(run.run, 100)])
    one_at_a_time(monkeypatch)
    database = Database(tmp_path)
    number = rows(tmp_path, "SELECT number FROM runs")[0][0]
    assert await database.write(lambda connection: expiring._piece([number], 10**18, connection)) == (0, 0)
    await database.close()
    assert rows(tmp_path, "SELECT state FROM runs") == [("forgotten",)]
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    assert await journal.read(run.run) == []
    assert await journal.follow(0, 100) == []
    await journal.expire(Retention(), 0)
    await journal.close()
    assert (blobs(tmp_path), rows(tmp_path, "SELECT count(*) FROM runs")) == (0, [(0,)])


# --- disks that fail --------------------------------------------------------------------------------------------------


async def forget_all(folder, make) -> tuple[set[str], set[str]]:
    """A journal with runs to forget and runs to keep, all with large values; gives the kept ones."""
    keep = [make.opening(input=LARGE), make.opening(input=LARGE + "k")]
    gone = [make.opening(input=LARGE), make.opening(input=LARGE + "g")]
    ends = [make.end(entry.run, 1) for entry in keep] + [make.end(entry.run, 1, "failed") for entry in gone]
    await file_all(folder, [*keep, *gone, *ends])
    return {entry.run for entry in keep}, {entry.run for entry in gone}


@pytest.mark.parametrize("for_good", [False, True])
async def test_wherever_forgetting_is_stopped_what_is_kept_is_whole(tmp_path, make, on_disk, monkeypatch, for_good):
    monkeypatch.setattr(expiring, "PIECE_S", 0.0)
    limit, last = 0, None
    while last is None or limit <= last:
        folder = tmp_path / f"{limit}"
        keep, gone = await forget_all(folder, make)
        disk = on_disk(Disk(limit=limit or None, for_good=for_good))
        await forget_on(folder)
        last = disk.count if last is None else last
        disk.cut_power(folder)
        journal = SqliteJournal(Database(folder), lambda: 0)
        read = await journal.read_many(sorted(keep | gone))
        await journal.expire(FAILED_ONLY, 10**18)
        rest = await journal.read_many(sorted(keep | gone))
        await journal.close()
        assert not any(isinstance(events, Unreadable) for events in [*read, *rest]), f"stopped at {limit}"
        assert [len(events) for events in rest] == [2, 2, 0, 0]
        assert blobs(folder) == 2
        limit += 1
    assert last > 5


async def forget_on(folder) -> None:
    """Forget on the disk that may fail; the failure itself is what is tested elsewhere."""
    try:
        database = await asyncio.to_thread(Database, folder, vfs=VFS)
    except errors.Unavailable:
        return
    try:
        await SqliteJournal(database, lambda: 0).expire(FAILED_ONLY, 10**18)
    except errors.Unavailable as failed:
        assert failed.code == "journal_unavailable"
    finally:
        await database.close()
