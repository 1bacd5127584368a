"""What the SQLite journal acknowledged outlives a failing disk and a power cut, at every point where one can happen.

The tests register a VFS that passes everything to the real file system and remembers what each file held at its last
sync. Its `limit`-th operation fails, and at the end the power can be cut: what was not synced is taken back, as the
worst disk would do.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteJournal, records
from cypher_executor.ports import Appended, Claim

pytestmark = pytest.mark.breaks_journals

VFS = "test-disk"
SMALL_LOG_PAGES = 20
"""After so many pages the log is moved into the database, so that a short life has that in it too."""


@dataclass
class Disk:
    """What the file system is asked to do, and what it would have kept if the power had gone."""

    limit: int | None = None
    """Which operation fails, counting from 1."""
    for_good: bool = False
    """Whether all operations after that one fail as well."""
    error: type[apsw.Error] = apsw.IOError
    forgets_to_sync: bool = False
    count: int = 0
    unsynced: dict[str, list[tuple[int, bytes, int]]] = field(default_factory=dict)

    def operation(self) -> None:
        self.count += 1
        if self.limit and (self.count == self.limit or (self.for_good and self.count > self.limit)):
            raise self.error("the test's disk fails here")

    def will_change(self, path: str, offset: int, length: int) -> None:
        """Remember what a part of a file holds now, and its size."""
        with Path(path).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(offset)
            self.unsynced.setdefault(path, []).append((offset, file.read(length), size))

    def synced(self, path: str) -> None:
        if not self.forgets_to_sync:
            self.unsynced.pop(path, None)

    def cut_power(self, folder: Path) -> None:
        """Take back what was not synced. The shared memory beside the log is gone in any case."""
        for path, changes in self.unsynced.items():
            if Path(path).exists():
                with Path(path).open("r+b") as file:
                    for offset, held, size in reversed(changes):
                        file.seek(offset)
                        file.write(held)
                        file.truncate(size)
        for shared in folder.glob("*-shm"):
            shared.unlink()


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.operation()
        self.disk.will_change(self.path, offset, len(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self.disk.operation()
        self.disk.will_change(self.path, newsize, 1 << 30)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self.disk.operation()
        super().xSync(flags)
        self.disk.synced(self.path)


class DiskVFS(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__(VFS, base="")
        self.disk = disk

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> DiskFile:
        return DiskFile(self.disk, name, flags)


@pytest.fixture
def on_disk() -> Iterator[Callable[[Disk], Disk]]:
    """Registers a disk as the VFS; the next one takes its place."""
    registered: list[DiskVFS] = []

    def register(disk: Disk) -> Disk:
        while registered:
            registered.pop().unregister()
        registered.append(DiskVFS(disk))
        return disk

    yield register
    while registered:
        registered.pop().unregister()


@pytest.fixture(autouse=True)
def large_values_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the three runs of a life have a value outside of their first event, without the time that 64 KiB take."""
    monkeypatch.setattr(records, "OUTSIDE_BYTES", 4096)


@dataclass
class Promises:
    """What was acknowledged: the number of events of each run, and who holds each key."""

    events: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    failed: int = 0


async def live(folder: Path, make, promises: Promises) -> None:
    """A short life of a journal: it opens, three runs go on at once through four commits or more, it closes."""
    database = await asyncio.to_thread(Database, folder, vfs=VFS)
    journal = SqliteJournal(database, lambda: 0)
    try:
        await database.write(lambda connection: connection.wal_autocheckpoint(SMALL_LOG_PAGES))
        runs = [make.opening(claim=Claim("s", f"k{n}", "f"), input="x" * 9000 * n) for n in range(3)]
        await attempt(journal, [(run, f"k{n}") for n, run in enumerate(runs)], promises)
        for after in range(1, 3):
            await attempt(journal, [(make.step(run.run, after, "y" * 500), None) for run in runs], promises)
        await attempt(journal, [(make.end(run.run, 3), None) for run in runs], promises)
    finally:
        await journal.close()


async def attempt(journal, entries, promises: Promises) -> None:
    """Append each by itself, all at once, and write down what was promised; recover from a failure as engines do."""
    queued = [journal.append([entry]) for entry, _ in entries]
    for (entry, key), outcome in zip(entries, await asyncio.gather(*queued, return_exceptions=True), strict=True):
        if outcome == [Appended()]:
            promises.events[entry.run] = entry.after + len(entry.events)
            promises.keys |= {key: entry.run} if key else {}
        elif isinstance(outcome, errors.Unavailable):
            promises.failed += 1
    if not journal.healthy:
        await journal.reopen()
        await count_what_is_read(journal, promises)


async def count_what_is_read(journal, promises: Promises) -> None:
    """Whoever reads events acts on them, so they must stay, acknowledged or not."""
    for run in await journal.open_runs():
        promises.events[run] = len(await journal.read(run))


async def broken_promises(folder: Path, promises: Promises) -> list[str]:
    """What was acknowledged and is not there, and what is there but makes no sense. Reads with the real file system."""
    database = await asyncio.to_thread(Database, folder)
    journal = SqliteJournal(database, lambda: 0)
    broken = [
        f"{run} has {found} of {count} events"
        for run, count in promises.events.items()
        if (found := len(await journal.read(run))) < count
    ]
    for key, run in promises.keys.items():
        holder = await journal.claimed(Claim("s", key, "f"))
        broken += [] if holder and holder.run == run else [f"{key} is held by {holder}, not by {run}"]
    positions = [(run, seq) for _, run, seq, _ in await journal.follow(0, 1000)]
    runs = {run for run, _ in positions}
    gaps = [
        run for run in runs if [seq for r, seq in positions if r == run] != [*range(1, positions_of(positions, run))]
    ]
    open_runs = {run for run in runs if (await journal.summary(run)).state == "running"}
    await journal.close()
    check = apsw.Connection(str(folder / "journal.sqlite3"))
    intact = check.execute("PRAGMA integrity_check").fetchall()
    check.close()
    broken += [f"{run} has gaps" for run in gaps] + ([] if intact == [("ok",)] else [f"damaged: {intact}"])
    return broken + [f"{run} ended and is open" for run in open_runs if positions_of(positions, run) - 1 == 4]


def positions_of(positions: list[tuple[str, int]], run: str) -> int:
    return 1 + sum(1 for r, _ in positions if r == run)


@pytest.fixture
async def empty(tmp_path: Path) -> Path:
    """A journal that is made and closed: lives begin with a copy. How it is made has a test of its own."""
    await Database(tmp_path / "empty").close()
    return tmp_path / "empty"


async def operations_of_a_life(empty: Path, folder: Path, make, on_disk) -> int:
    shutil.copytree(empty, folder)
    disk, promises = on_disk(Disk()), Promises()
    await live(folder, make, promises)
    assert promises.failed == 0
    assert len(promises.events) == len(promises.keys) == 3
    return disk.count


async def test_whichever_write_or_sync_fails_nothing_acknowledged_is_lost(tmp_path, empty, make, on_disk):
    last = await operations_of_a_life(empty, tmp_path / "whole", make, on_disk)
    failures = 0
    for limit in range(1, last + 1):
        promises, folder = Promises(), Path(shutil.copytree(empty, tmp_path / f"fails-{limit}"))
        disk = on_disk(Disk(limit=limit))
        try:
            await live(folder, make, promises)
        except errors.Unavailable as refused:
            assert refused.code == "journal_unavailable"
            promises.failed += 1
        failures += promises.failed > 0
        disk.cut_power(folder)
        assert await broken_promises(folder, promises) == [], f"after the failure of operation {limit}"
    assert failures > last / 3, "most failures must have been noticed by someone"


async def test_whenever_the_machine_stops_nothing_acknowledged_is_lost(tmp_path, empty, make, on_disk):
    last = await operations_of_a_life(empty, tmp_path / "whole", make, on_disk)
    for limit in range(1, last + 1):
        promises, folder = Promises(), Path(shutil.copytree(empty, tmp_path / f"stops-{limit}"))
        disk = on_disk(Disk(limit=limit, for_good=True))
        with pytest.raises(errors.Unavailable):
            await live(folder, make, promises)
            raise errors.Unavailable("it stopped while closing")
        disk.cut_power(folder)
        assert await broken_promises(folder, promises) == [], f"after the stop at operation {limit}"


async def test_the_power_cut_would_show_a_sync_that_was_left_out(tmp_path, empty, make, on_disk):
    last = await operations_of_a_life(empty, tmp_path / "whole", make, on_disk)
    shutil.copytree(empty, tmp_path / "lies")
    disk, promises = on_disk(Disk(limit=last - 8, for_good=True, forgets_to_sync=True)), Promises()
    with pytest.raises(errors.Unavailable):
        await live(tmp_path / "lies", make, promises)
        raise errors.Unavailable("it stopped while closing")
    disk.cut_power(tmp_path / "lies")
    assert promises.events
    assert await broken_promises(tmp_path / "lies", promises) != []


@pytest.mark.parametrize("for_good", [False, True])
async def test_wherever_making_a_journal_is_stopped_it_can_be_made(tmp_path, make, on_disk, for_good):
    disk = on_disk(Disk())
    await (await asyncio.to_thread(Database, tmp_path / "whole", vfs=VFS)).close()
    for limit in range(1, disk.count + 1):
        folder, failing = tmp_path / f"made-{limit}", on_disk(Disk(limit=limit, for_good=for_good))
        with contextlib.suppress(errors.Unavailable):
            await (await asyncio.to_thread(Database, folder, vfs=VFS)).close()
        failing.cut_power(folder)
        assert await broken_promises(folder, Promises()) == [], f"after the failure of operation {limit}"


async def test_what_a_dead_process_wrote_and_never_synced_is_synced_before_it_is_read(tmp_path, make, on_disk):
    disk, run = on_disk(Disk(forgets_to_sync=True)), make.opening()
    first = Database(tmp_path, vfs=VFS)
    await SqliteJournal(first, lambda: 0).append([run])
    await die(first, disk)
    disk.limit, disk.forgets_to_sync = None, False
    second = Database(tmp_path, vfs=VFS)
    assert await SqliteJournal(second, lambda: 0).open_runs() == [run.run]
    await die(second, disk)
    disk.cut_power(tmp_path)
    assert await broken_promises(tmp_path, Promises(events={run.run: 1})) == []


async def die(database: Database, disk: Disk) -> None:
    """Let go of the files without changing them any more."""
    disk.limit, disk.for_good = disk.count + 1, True
    await database.close()


async def test_a_full_disk_fails_the_group_and_everything_behind_it_until_reopened(tmp_path, make, on_disk):
    disk = on_disk(Disk(error=apsw.FullError))
    database = Database(tmp_path / "data", vfs=VFS)
    journal = SqliteJournal(database, lambda: 0)
    run = make.opening()
    await journal.append([run])
    disk.limit, disk.for_good = disk.count + 1, True
    for _ in range(2):
        with pytest.raises(errors.Unavailable) as full:
            await journal.append([make.step(run.run, 1)])
        assert full.value.code == "journal_unavailable"
        assert full.value.next_actions == ("free space on the disk",)
        assert not journal.healthy
    assert len(await journal.read(run.run)) == 1
    with pytest.raises(errors.Unavailable) as still_full:
        await journal.reopen()
    assert still_full.value.next_actions == ("free space on the disk",)
    assert not journal.healthy
    disk.limit = None
    await journal.reopen()
    assert journal.healthy
    assert await journal.append([make.step(run.run, len(await journal.read(run.run)))]) == [Appended()]
    await journal.close()
