"""A backup is one moment of the journal, whole or not there, however busy or unlucky the machine is."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteJournal, back_up, copying, restore, restoring, settling
from cypher_executor.core.events import RunId
from cypher_executor.ports import Appended, RunFilter
from tests.contracts.test_sqlite_power_cut import VFS, Disk

JOURNAL = "journal.sqlite3"


async def written(folder: Path, make, runs: int = 3) -> list[RunId]:
    """A journal with some runs in it, closed."""
    database = Database(folder)
    journal = SqliteJournal(database, lambda: 0)
    entries = [make.opening(input="x" * 70_000 + str(n)) for n in range(runs)]
    await journal.append(entries)
    await journal.append([make.step(entry.run, 1, "out") for entry in entries])
    await journal.close()
    return [entry.run for entry in entries]


async def runs_in(folder: Path) -> dict[str, int]:
    """The runs of a data folder, and how many events each has."""
    journal = SqliteJournal(Database(folder), lambda: 0)
    try:
        listed = [one.id for one in await journal.list_runs(RunFilter(limit=1000))]
        return {run: len(await journal.read(run)) for run in listed}
    finally:
        await journal.close()


async def test_a_backup_restored_elsewhere_is_the_same_journal(tmp_path, make):
    runs = await written(tmp_path / "data", make)
    copied = back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    assert (copied.runs, copied.events, copied.incomplete) == (3, 6, ())
    _, aside = restore(tmp_path / "other", tmp_path / "b.sqlite3")
    assert aside is None
    assert await runs_in(tmp_path / "other") == dict.fromkeys(runs, 2)


async def test_a_backup_is_one_file_that_only_its_owner_can_read(tmp_path, make):
    await written(tmp_path / "data", make)
    (tmp_path / "to").mkdir()
    back_up(tmp_path / "data", tmp_path / "to" / "b.sqlite3")
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["b.sqlite3"]
    assert (tmp_path / "to" / "b.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.breaks_journals
async def test_a_backup_that_is_made_while_runs_are_written_is_one_moment_of_them(tmp_path, make, monkeypatch):
    monkeypatch.setattr(copying, "PAGES_AT_ONCE", 1)
    await written(tmp_path / "data", make, runs=10)
    database = Database(tmp_path / "data")
    journal = SqliteJournal(database, lambda: 0)
    copy = asyncio.create_task(asyncio.to_thread(back_up, tmp_path / "data", tmp_path / "b.sqlite3"))
    promised, run = 0, make.opening()
    await journal.append([run])
    while not copy.done():
        promised += 1
        assert await journal.append([make.step(run.run, promised, "y" * 3000)]) == [Appended()]
    copied = await copy
    await journal.close()
    assert copied.incomplete == ()
    restore(tmp_path / "other", tmp_path / "b.sqlite3")
    held = await runs_in(tmp_path / "other")
    assert len(held) in (10, 11)
    assert held.get(run.run, 0) <= promised + 1
    assert (await runs_in(tmp_path / "data"))[run.run] == promised + 1


async def test_a_file_that_exists_is_not_overwritten_unless_asked(tmp_path, make):
    await written(tmp_path / "data", make)
    target = tmp_path / "b.sqlite3"
    target.write_text("precious")
    with pytest.raises(errors.Conflict) as refused:
        back_up(tmp_path / "data", target)
    assert refused.value.code == "file_exists"
    assert target.read_text() == "precious"
    assert back_up(tmp_path / "data", target, replace=True).runs == 3


def test_a_folder_without_a_journal_cannot_be_backed_up(tmp_path):
    with pytest.raises(errors.NotFound, match="no journal"):
        back_up(tmp_path, tmp_path / "b.sqlite3")
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_journal_is_not_passed_off_as_a_backup(tmp_path, make):
    await written(tmp_path / "data", make)
    with (tmp_path / "data" / JOURNAL).open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 100_000)
    with pytest.raises(errors.Unavailable) as refused:
        back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    assert refused.value.code == "journal_damaged"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_one_incomplete_run_does_not_prevent_a_backup_and_is_named(tmp_path, make):
    runs = await written(tmp_path / "data", make)
    delete(tmp_path / "data", "DELETE FROM events WHERE run = 2 AND seq = 1")
    assert back_up(tmp_path / "data", tmp_path / "b.sqlite3").incomplete == (runs[1],)


def delete(folder: Path, sql: str) -> None:
    connection = apsw.Connection(str(folder / JOURNAL))
    connection.execute(sql)
    connection.close()


# --- restoring --------------------------------------------------------------------------------------------------------


async def test_what_a_restore_replaces_is_kept_aside(tmp_path, make):
    first = await written(tmp_path / "data", make)
    back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    later = await written(tmp_path / "data", make, runs=2)
    _, aside = restore(tmp_path / "data", tmp_path / "b.sqlite3")
    assert await runs_in(tmp_path / "data") == dict.fromkeys(reversed(first), 2)
    assert aside == tmp_path / "data" / "replaced-1"
    _, again = restore(tmp_path / "data", aside / JOURNAL)
    assert again == tmp_path / "data" / "replaced-2"
    assert await runs_in(tmp_path / "data") == dict.fromkeys([*reversed(later), *reversed(first)], 2)


async def test_nothing_is_restored_while_a_service_uses_the_folder(tmp_path, make):
    await written(tmp_path / "data", make)
    back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    database = Database(tmp_path / "data")
    with pytest.raises(errors.Unavailable) as refused:
        restore(tmp_path / "data", tmp_path / "b.sqlite3")
    assert refused.value.code == "data_dir_in_use"
    await database.close()


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 500])
async def test_what_is_no_backup_changes_nothing(tmp_path, make, content):
    runs = await written(tmp_path / "data", make)
    (tmp_path / "b.sqlite3").write_bytes(content)
    with pytest.raises((errors.RequestInvalid, errors.Unavailable)):
        restore(tmp_path / "data", tmp_path / "b.sqlite3")
    with pytest.raises(errors.NotFound):
        restore(tmp_path / "data", tmp_path / "nothing.sqlite3")
    assert await runs_in(tmp_path / "data") == dict.fromkeys(reversed(runs), 2)


async def test_a_backup_of_a_newer_version_is_refused(tmp_path, make):
    await written(tmp_path / "data", make)
    back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    connection = apsw.Connection(str(tmp_path / "b.sqlite3"))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(errors.RequestInvalid) as refused:
        restore(tmp_path / "data", tmp_path / "b.sqlite3")
    assert refused.value.code == "journal_too_new"


class Stopped(BaseException):
    """The program ends here."""


@pytest.mark.breaks_journals
@pytest.mark.parametrize("stop_at", range(1, 9))
async def test_wherever_a_restore_is_stopped_the_old_journal_or_the_new_one_is_there(
    tmp_path, make, monkeypatch, stop_at
):
    old = await written(tmp_path / "old", make, runs=1)
    back_up(tmp_path / "old", tmp_path / "b.sqlite3")
    new = await written(tmp_path / "data", make, runs=2)
    leave_a_log(tmp_path / "data")
    with monkeypatch.context() as patched:
        stopping(patched, stop_at)
        with pytest.raises(Stopped):
            restore(tmp_path / "data", tmp_path / "b.sqlite3")
            raise Stopped
    found = await runs_in(tmp_path / "data")
    assert found in (dict.fromkeys(reversed(new), 2), dict.fromkeys(old, 2))
    assert not list((tmp_path / "data").glob("restore-*"))


async def test_a_restore_that_moves_the_old_journal_first_would_be_noticed(tmp_path, make, monkeypatch):
    """The planted defect: without a decision on disk, a stop leaves a folder that looks new."""
    await written(tmp_path / "data", make)
    back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    monkeypatch.setattr(settling, "settle", lambda folder: None)
    monkeypatch.setattr("cypher_executor.adapters.sqlite.database.settle", lambda folder: None)
    (tmp_path / "data" / JOURNAL).rename(tmp_path / "data" / "aside")
    assert await runs_in(tmp_path / "data") == {}


def leave_a_log(folder: Path) -> None:
    """As after `kill -9`: a log that was not moved into the database yet lies beside it."""
    script = (
        "import apsw, os, sys; c = apsw.Connection(sys.argv[1]); c.execute('PRAGMA journal_mode = WAL');"
        "c.execute('PRAGMA wal_autocheckpoint = 0'); c.execute('UPDATE runs SET version = 7'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(folder / JOURNAL)], check=True)
    assert (folder / f"{JOURNAL}-wal").stat().st_size > 0


def stopping(patched: pytest.MonkeyPatch, stop_at: int) -> None:
    """Stop before the n-th change of a name."""
    count = 0

    def counted(real):
        def change(*args, **more):
            nonlocal count
            count += 1
            if count == stop_at:
                raise Stopped
            return real(*args, **more)

        return change

    for name in ("rename", "replace", "mkdir"):
        patched.setattr(Path, name, counted(getattr(Path, name)))
    for module in (copying, settling):
        patched.setattr(module, "sync_folder", counted(module.sync_folder))


# --- disks that fail --------------------------------------------------------------------------------------------------


async def test_whichever_write_of_a_backup_fails_there_is_none_and_the_journal_is_well(tmp_path, make, on_disk):
    await written(tmp_path / "data", make)
    disk = on_disk(Disk())
    back_up(tmp_path / "data", tmp_path / "whole.sqlite3", vfs=VFS)
    assert disk.unsynced == {}, "a backup that has its name is on disk"
    for limit in range(1, disk.count + 1):
        on_disk(Disk(limit=limit, error=apsw.FullError))
        with pytest.raises(errors.Unavailable) as failed:
            back_up(tmp_path / "data", tmp_path / "b.sqlite3", vfs=VFS)
        assert failed.value.next_actions == ("free space on the disk",)
        assert [path.name for path in tmp_path.glob("*b.sqlite3*")] == []
    on_disk(Disk())
    assert back_up(tmp_path / "data", tmp_path / "b.sqlite3", vfs=VFS).runs == 3


async def test_whichever_write_of_a_restore_fails_the_old_journal_is_there(tmp_path, make, on_disk):
    runs = await written(tmp_path / "data", make, runs=1)
    back_up(tmp_path / "data", tmp_path / "b.sqlite3")
    disk = on_disk(Disk())
    restore(tmp_path / "other", tmp_path / "b.sqlite3", vfs=VFS)
    for limit in range(1, disk.count + 1):
        on_disk(Disk(limit=limit))
        with pytest.raises(errors.Unavailable):
            restore(tmp_path / "data", tmp_path / "b.sqlite3", vfs=VFS)
    assert await runs_in(tmp_path / "data") == dict.fromkeys(runs, 2)
    assert not list((tmp_path / "data").glob("re*"))


async def test_a_backup_that_is_killed_leaves_no_file_of_its_name(tmp_path, make):
    await written(tmp_path / "data", make, runs=30)
    script = (
        "import os, signal, sys; from pathlib import Path; import apsw;"
        "from cypher_executor.adapters.sqlite import back_up, copying;"
        "copying.PAGES_AT_ONCE = 1; real = copying._examined;"
        "copying._examined = lambda *a: os.kill(os.getpid(), signal.SIGKILL);"
        "back_up(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "data"), str(tmp_path / "b.sqlite3")]
    killed = await asyncio.to_thread(subprocess.run, command, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "b.sqlite3").exists()
    assert back_up(tmp_path / "data", tmp_path / "b.sqlite3").runs == 30


def test_restoring_is_numbered_behind_everything_that_is_there(tmp_path):
    for name in ("replaced-3", "restore-7.sqlite3", "replaced-x"):
        (tmp_path / name).touch()
    assert restoring._next_number(tmp_path) == 8
