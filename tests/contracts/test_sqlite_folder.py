"""The data folder of the SQLite journal: who may have it, what may be in it, and what a killed process leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteCatalog, SqliteJournal, connection
from cypher_executor.adapters.sqlite.statements import migrations
from cypher_executor.core.recipe import Digest
from cypher_executor.ports import Claim

APPENDS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.core.events import RunStarted
from cypher_executor.ports import Claim, Entry, Opening

async def main(folder):
    clock = SystemClock()
    journal = SqliteJournal(Database(Path(folder)), clock.now_us)

    async def begin(number):
        run = clock.new_run_id()
        started = RunStarted(at_us=clock.now_us(), run=run, recipe="sha256:0", name="n", version=1, input=number,
                             trigger={}, parts={})
        await journal.append([Entry(run, 0, (started,), Opening("RETURN 1", Claim("s", str(number), "f")))])
        print(run, number, flush=True)

    number = 0
    while True:
        await asyncio.gather(*(begin(number + more) for more in range(7)))
        number += 7

asyncio.run(main(sys.argv[1]))
"""

Start = Callable[[Path], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that appends to a folder until it is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(folder: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", APPENDS_FOR_EVER, str(folder)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield run
    for process in started:
        with process:
            process.kill()


def acknowledged(process: subprocess.Popen[str], count: int) -> list[list[str]]:
    assert process.stdout
    return [process.stdout.readline().split() for _ in range(count)]


async def test_what_a_killed_process_acknowledged_is_there(tmp_path, start):
    process = start(tmp_path / "data")
    lines = acknowledged(process, 200)
    os.kill(process.pid, signal.SIGKILL)
    assert process.stdout
    lines += [line.split() for line in process.stdout if line.count(" ") == 1 and line.endswith("\n")]
    process.wait()
    journal = SqliteJournal(Database(tmp_path / "data"), lambda: 0)
    for run, number in lines:
        assert [event.input for event in await journal.read(run)] == [int(number)]
        holder = await journal.claimed(Claim("s", number, "f"))
        assert holder and holder.run == run
    assert set(await journal.open_runs()) >= {run for run, _ in lines}
    await journal.close()


async def test_a_folder_belongs_to_one_process_until_that_is_gone(tmp_path, start):
    process = start(tmp_path / "data")
    acknowledged(process, 1)
    with pytest.raises(errors.Unavailable, match=f"in use by process {process.pid}") as refused:
        Database(tmp_path / "data")
    assert refused.value.code == "data_dir_in_use"
    assert refused.value.next_actions
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    await Database(tmp_path / "data").close()


async def test_a_folder_is_opened_once_within_a_process_too(tmp_path):
    database = Database(tmp_path / "data")
    with pytest.raises(errors.Unavailable, match="in use"):
        Database(tmp_path / "data")
    await database.close()
    await Database(tmp_path / "data").close()


async def test_a_refused_opening_does_not_keep_the_folder(tmp_path):
    (tmp_path / "journal.sqlite3").write_text("not a database, but long enough to be taken for one" * 100)
    for _ in range(2):
        with pytest.raises(errors.Unavailable) as refused:
            Database(tmp_path)
        assert refused.value.code == "journal_unavailable"
    (tmp_path / "journal.sqlite3").unlink()
    await Database(tmp_path).close()


async def test_folder_and_files_are_private(tmp_path, make):
    folder = tmp_path / "new" / "data"
    journal = SqliteJournal(Database(folder), lambda: 0)
    await journal.append([make.opening()])
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert {"journal.sqlite3", "journal.sqlite3-wal", "lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    await journal.close()


async def test_everything_is_there_when_it_is_opened_again(tmp_path, make):
    database = Database(tmp_path / "資料 🗂")
    run = make.opening(name="n")
    await SqliteJournal(database, lambda: 0).append([run, make.step(run.run, 1, "output")])
    saved = await SqliteCatalog(database).save("default", "a", Digest("sha256:1"), "RETURN 1", 5)
    await database.close()
    again = Database(tmp_path / "資料 🗂")
    assert [event.at_us for event in await SqliteJournal(again, lambda: 0).read(run.run)] == [1000, 2000]
    assert await SqliteCatalog(again).current("default", "a") == saved
    await again.close()


async def test_a_journal_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    await Database(tmp_path).close()
    change(tmp_path, "PRAGMA user_version = 99")
    before = (tmp_path / "journal.sqlite3").read_bytes()
    with pytest.raises(errors.RequestInvalid, match="newer version of cypher-executor") as refused:
        Database(tmp_path)
    assert refused.value.code == "journal_too_new"
    assert (tmp_path / "journal.sqlite3").read_bytes() == before


@pytest.mark.parametrize("sql", ["CREATE TABLE theirs (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 7"])
async def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path, sql):
    change(tmp_path, sql)
    before = (tmp_path / "journal.sqlite3").read_bytes()
    with pytest.raises(errors.RequestInvalid) as refused:
        Database(tmp_path)
    assert refused.value.code == "not_a_journal"
    assert (tmp_path / "journal.sqlite3").read_bytes() == before


async def test_a_migration_that_was_interrupted_is_done_again_from_the_start(tmp_path, monkeypatch):
    broken = {1: migrations()[1].replace("PRAGMA application_id", "CREATE TABLE runs (x); PRAGMA application_id")}
    with monkeypatch.context() as patch:
        patch.setattr(connection, "migrations", lambda: broken)
        with pytest.raises(errors.Unavailable):
            Database(tmp_path)
    await Database(tmp_path).close()


async def test_later_migrations_are_applied_to_an_older_journal(tmp_path, make, monkeypatch):
    run, database = make.opening(), Database(tmp_path)
    await SqliteJournal(database, lambda: 0).append([run])
    await database.close()
    next_one = max(migrations()) + 1
    script = f"ALTER TABLE runs ADD COLUMN note TEXT; PRAGMA user_version = {next_one};"
    later = {**migrations(), next_one: script}
    monkeypatch.setattr(connection, "migrations", lambda: later)
    again = Database(tmp_path)
    notes = await again.read(lambda reader: reader.execute("SELECT id, note FROM runs").fetchall())
    assert notes == [(run.run, None)]
    await again.close()


async def test_a_damaged_file_is_reported_with_what_to_do(tmp_path, make):
    database = Database(tmp_path)
    journal = SqliteJournal(database, lambda: 0)
    for _ in range(50):
        await journal.append([make.opening(input="x" * 5000)])
    await database.close()
    everything_but_the_schema = "SELECT pageno FROM dbstat WHERE name <> 'sqlite_schema'"
    shown = apsw.Connection(str(database.path))
    pages = shown.execute(everything_but_the_schema).fetchall()
    shown.close()
    with database.path.open("r+b") as file:
        for (page,) in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    with pytest.raises(errors.Unavailable, match="malformed") as refused:
        await journal.append([make.opening()])
    assert refused.value.next_actions == ("the file is damaged: restore a backup",)
    with pytest.raises(errors.Unavailable, match="malformed"):
        await journal.follow(0, 1000)
    await journal.close()


async def test_a_file_where_the_folder_should_be_is_reported(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(errors.Unavailable, match="cannot be used") as refused:
        Database(tmp_path / "data")
    assert refused.value.code == "journal_unavailable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(errors.Unavailable, match="cannot be used") as refused:
        Database(tmp_path)
    assert refused.value.next_actions == ("make the data folder writable for the user that runs this program",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_file_that_cannot_be_written_is_reported_when_it_is_opened(tmp_path):
    await Database(tmp_path).close()
    (tmp_path / "journal.sqlite3").chmod(0o400)
    with pytest.raises(errors.Unavailable, match="read-only") as refused:
        Database(tmp_path)
    assert refused.value.next_actions == ("make the data folder writable for the user that runs this program",)


async def test_a_copy_of_the_folder_is_a_journal(tmp_path, make):
    database, run = Database(tmp_path / "data"), make.opening()
    await SqliteJournal(database, lambda: 0).append([run])
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    copy = Database(tmp_path / "copy")
    assert await SqliteJournal(copy, lambda: 0).open_runs() == [run.run]
    await copy.close()
    await database.close()


def change(folder: Path, sql: str) -> None:
    other_program = apsw.Connection(str(folder / "journal.sqlite3"))
    other_program.execute(sql).fetchall()
    other_program.close()
