"""How fast the SQLite journal appends, beside the least that such a journal can cost.

    python tests/bench/bench_journal.py [seconds for each figure]

The floor is a plain loop on one connection with the same pragmas, the same table and bytes of the same size: no
thread, no event loop, no checks, no JSON. Its groups are as large as the journal's were on average, so a ratio of 2
means that an append costs twice what SQLite itself needs for the row and its share of a sync. The disk's syncs
differ from minute to minute; only the ratios of one run are worth comparing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import apsw

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.adapters.sqlite.connection import open_writer
from cypher_executor.adapters.sqlite.records import encode
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import AttemptSucceeded, RunStarted
from cypher_executor.core.recipe import Digest
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
        connection.execute(SQL["insert_run"], (f"run_{number:026}", "t", "bench", 1, DIGEST, 1, None))
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
