"""How fast the SQLite journal appends, reads and forgets, beside the least that such a journal can cost.

    python tests/bench/bench_journal.py [seconds for each figure] [open runs to read]

The floor is a plain loop on one connection with the same pragmas, the same table and bytes of the same size: no
thread, no event loop, no checks, no JSON. Its groups are as large as the journal's were on average, so a ratio of 2
means that an append costs twice what SQLite itself needs for the row and its share of a sync. The disk's syncs
differ from minute to minute; only the ratios of one run are worth comparing.

Reading is what a start of the engine does: the ids of all open runs, then their events, a page at a time. Its floor is
one query over the same rows with `orjson` on each body. Memory is what the largest page needed, not what all need.

Forgetting is measured by those it must not disturb: the longest that one append waited while a thousand runs were
forgotten beside it, and while none were.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import apsw
import orjson

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.adapters.sqlite.connection import open_writer
from cypher_executor.adapters.sqlite.records import encode
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import AttemptSucceeded, RunEnded, RunId, RunStarted
from cypher_executor.core.recipe import Digest
from cypher_executor.core.retention import Keep, Retention
from cypher_executor.ports import Appended, Entry, Opening

DIGEST = Digest("sha256:" + "0" * 64)
STEP = AttemptSucceeded(at_us=2, node="summarize", attempt=1, output={"text": "x" * 200}, started_us=1)
SQL = statements("journal")


def opening(clock: SystemClock) -> Entry:
    run = clock.new_run_id()
    about = {"recipe": DIGEST, "name": "bench", "version": 1, "input": {}, "trigger": {}, "parts": {}}
    return Entry(run, 0, (RunStarted(at_us=clock.now_us(), run=run, **about),), Opening("RETURN 1"))


async def one_run(journal: SqliteJournal, entry: Entry, until: float) -> int:
    """Append to one run, each event when the one before it is on disk."""
    count = 0
    while time.perf_counter() < until:
        count += 1
        assert await journal.append([Entry(entry.run, count, (STEP,))]) == [Appended()]
    return count


async def journal_rate(folder: Path, runs: int, seconds: float) -> tuple[float, float]:
    """Appends and commits in a second, with this many runs that go on at once."""
    clock = SystemClock()
    journal = SqliteJournal(Database(folder), clock.now_us)
    entries = [opening(clock) for _ in range(runs)]
    await journal.append(entries)
    commits, begin = journal.commits, time.perf_counter()
    counts = await asyncio.gather(*(one_run(journal, entry, begin + seconds) for entry in entries))
    taken, commits = time.perf_counter() - begin, journal.commits - commits
    await journal.close()
    return sum(counts) / taken, commits / taken


def floor_rate(folder: Path, runs: int, group: int, seconds: float) -> float:
    """Appends in a second of a loop that does nothing else."""
    folder.mkdir()
    connection = open_writer(folder / "journal.sqlite3", None)
    record = encode(STEP)
    for number in range(runs):
        connection.execute(SQL["insert_run"], (f"run_{number:026}", "t", "bench", 1, DIGEST, 1, None, False))
    count, begin = 0, time.perf_counter()
    while time.perf_counter() < begin + seconds:
        with_commit(connection, record, runs, count, group)
        count += group
    taken = time.perf_counter() - begin
    connection.close()
    return count / taken


def with_commit(connection: apsw.Connection, record, runs: int, count: int, group: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for n in range(count, count + group):
        row = (n % runs + 1, n // runs + 1, record.kind, record.at_us, record.body, record.outside)
        connection.execute(SQL["insert_event"], row)
    connection.execute("COMMIT")


# --- reading ----------------------------------------------------------------------------------------------------------

STEPS = 4
PAGE = 500


async def filed(folder: Path, runs: int, *, ended: bool = False) -> None:
    """A journal with this many runs of a few events each, interleaved as they are when runs go on side by side."""
    clock = SystemClock()
    journal = SqliteJournal(Database(folder), clock.now_us)
    for first in range(0, runs, 1000):
        entries = [opening(clock) for _ in range(min(1000, runs - first))]
        await journal.append(entries)
        for after in range(1, STEPS + 1):
            await journal.append([Entry(entry.run, after, (STEP,)) for entry in entries])
        if ended:
            end = RunEnded(at_us=clock.now_us(), state="succeeded")
            await journal.append([Entry(entry.run, STEPS + 1, (end,)) for entry in entries])
    await journal.close()


async def reading_time(journal: SqliteJournal) -> tuple[float, int]:
    """Seconds to read every open run as a start does, keeping none; and how many events that were."""
    begin, count = time.perf_counter(), 0
    runs = await journal.open_runs()
    for first in range(0, len(runs), PAGE):
        count += sum(map(len, await journal.read_many(runs[first : first + PAGE])))
    return time.perf_counter() - begin, count


def reading_floor(file: Path) -> float:
    """Seconds to fetch the same rows and parse their JSON."""
    connection = apsw.Connection(str(file))
    begin = time.perf_counter()
    for _, body in connection.execute("SELECT kind, body FROM events ORDER BY run, seq"):
        orjson.loads(body)
    taken = time.perf_counter() - begin
    connection.close()
    return taken


async def page_bytes(journal: SqliteJournal) -> int:
    """The most memory that was in use while all open runs were read, page by page."""
    tracemalloc.start()
    await reading_time(journal)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


async def bench_reading(counts: list[int]) -> None:
    print(f"\n{'open runs':>9} {'events':>8} {'seconds':>8} {'floor':>8} {'ratio':>6} {'MB in use':>9}")
    for runs in counts:
        with tempfile.TemporaryDirectory() as folder:
            await filed(Path(folder), runs)
            database = Database(Path(folder))
            journal = SqliteJournal(database, lambda: 0)
            taken, events = await reading_time(journal)
            floor = reading_floor(database.path)
            most = await page_bytes(journal)
            await journal.close()
        print(f"{runs:9} {events:8} {taken:8.2f} {floor:8.2f} {taken / floor:6.2f} {most / 1e6:9.1f}")


# --- forgetting -------------------------------------------------------------------------------------------------------


async def longest_wait(journal: SqliteJournal, run: RunId, after: int, until: asyncio.Future[int]) -> list[float]:
    """How long each append took until something else was done, in seconds."""
    waits = []
    while not until.done():
        begin = time.perf_counter()
        assert await journal.append([Entry(run, after + len(waits), (STEP,))]) == [Appended()]
        waits.append(time.perf_counter() - begin)
    return sorted(waits)


async def bench_forgetting(runs: int) -> None:
    print(f"\n{'':>12} {'seconds':>8} {'appends':>8} {'median ms':>9} {'99% ms':>7} {'worst ms':>8}")
    with tempfile.TemporaryDirectory() as folder:
        await filed(Path(folder), runs, ended=True)
        clock = SystemClock()
        journal = SqliteJournal(Database(Path(folder)), clock.now_us)
        entry = opening(clock)
        await journal.append([entry])
        nothing = Retention({"succeeded": Keep(newest=0)})
        after = 1
        for name, work in (("alone", asyncio.sleep(2, 0)), ("forgetting", journal.expire(nothing, clock.now_us()))):
            begin = time.perf_counter()
            waits = await longest_wait(journal, entry.run, after, asyncio.ensure_future(work))
            taken, after = time.perf_counter() - begin, after + len(waits)
            middle, late = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
            figures = f"{middle * 1e3:9.2f} {late * 1e3:7.2f} {waits[-1] * 1e3:8.2f}"
            print(f"{name:>12} {taken:8.2f} {len(waits):8} {figures}")
        await journal.close()


async def main(seconds: float) -> None:
    print(f"{'runs':>6} {'appends/s':>10} {'commits/s':>10} {'a commit':>9} {'floor/s':>10} {'ratio':>6}")
    for runs in (1, 10, 100, 1000):
        with tempfile.TemporaryDirectory() as folder:
            appends, commits = await journal_rate(Path(folder, "journal"), runs, seconds)
            group = max(1, round(appends / commits))
            floor = floor_rate(Path(folder, "floor"), runs, group, seconds)
        print(f"{runs:6} {appends:10.0f} {commits:10.0f} {group:9} {floor:10.0f} {floor / appends:6.2f}")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0))
    asyncio.run(bench_reading([int(sys.argv[2])] if len(sys.argv) > 2 else [1_000, 10_000]))
    asyncio.run(bench_forgetting(1_000))
