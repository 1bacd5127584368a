"""A journal of any layout that was ever written is opened by this version, with everything that is in it."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteCatalog, SqliteJournal, back_up, restore
from cypher_executor.adapters.sqlite.inspecting import inspect, looking_into
from cypher_executor.adapters.sqlite.statements import migrations
from cypher_executor.cli.doctor import compile_text
from cypher_executor.core.events import RunEnded, RunId
from cypher_executor.ports import Appended, Claim, Claimed, RunFilter
from tests.contracts.test_journal_retention import NOTHING
from tests.journal.support import FILE, HISTORIES, rows

pytestmark = pytest.mark.breaks_journals

FIXTURES = Path(__file__).parent / "fixtures"
OLD = sorted(path.stem for path in FIXTURES.glob("layout_*.sql"))


def run(number: int) -> RunId:
    return RunId(f"run_{number:026}")


def old_journal(folder: Path, name: str = "layout_1") -> Path:
    """A data folder as an older version left it."""
    folder.mkdir(mode=0o700)
    connection = apsw.Connection(str(folder / FILE))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute((FIXTURES / f"{name}.sql").read_text("utf-8"))
    connection.close()
    return folder


@pytest.mark.parametrize("name", OLD)
async def test_everything_in_an_older_journal_is_there(tmp_path, name):
    database = Database(old_journal(tmp_path / "data", name))
    journal, catalog = SqliteJournal(database, lambda: 1_700_000_000_000_000), SqliteCatalog(database)
    assert await journal.open_runs() == [run(n) for n in (2, 4, 5, 6, 8, 9)]
    many = await journal.read_many([run(n) for n in range(1, 10)])
    assert [len(events) for events in many] == [6, 5, 11, 3, 3, 1, 7, 1, 1]
    assert many[7][0].input == "x" * 65540
    assert many[8][0].input == [2**70, "\ud800"]
    assert isinstance(await journal.end(run(7)), RunEnded)
    assert not any(one.imported for one in await journal.list_runs(RunFilter()))
    assert await journal.claimed(Claim("default/turns", "key turns", "f")) == Claimed(run(3), True)
    assert [version.name for version in await catalog.list_current("default")] == ["failing_fast", "turns"]
    assert await catalog.text(many[0][0].recipe) == (HISTORIES / "join_after_handler.cypher").read_text("utf-8")
    await journal.close()


@pytest.mark.parametrize("name", OLD)
async def test_an_older_journal_goes_on(tmp_path, make, name):
    folder = old_journal(tmp_path / "data", name)
    journal = SqliteJournal(Database(folder), lambda: 0)
    assert await journal.append([make.opening("run_new", input="y" * 70_000)]) == [Appended()]
    assert await journal.append([make.end(run(6), 1)]) == [Appended()]
    await journal.close()
    with looking_into(folder) as connection:
        assert inspect(connection, None).findings == []


@pytest.mark.parametrize("name", OLD)
async def test_what_the_migration_notes_down_is_what_was_there(tmp_path, name):
    folder = old_journal(tmp_path / "data", name)
    await Database(folder).close()
    assert rows(folder, "SELECT run FROM blob_uses") == [(8,)]
    named = {parent for _, parent in rows(folder, "SELECT child, parent FROM children")}
    assert named == {parent for (parent,) in rows(folder, "SELECT run FROM events WHERE kind = 'ChildStarted'")}
    with looking_into(folder) as connection:
        codes = {finding.code for finding in inspect(connection, compile_text).findings}
    assert codes <= {"unknown_to_parent", "recipe_damaged", "missing_child"}, "only what the fixture makes up"


@pytest.mark.parametrize("name", OLD)
async def test_runs_and_values_of_an_older_journal_are_forgotten_like_all_others(tmp_path, make, name):
    folder = old_journal(tmp_path / "data", name)
    journal = SqliteJournal(Database(folder), lambda: 0)
    await journal.append([make.end(run(8), 1)])
    assert await journal.expire(NOTHING, 10**18) == 3, "runs 1, 3 and 8; the parent of run 7 is open"
    await journal.close()
    assert rows(folder, "SELECT count(*) FROM blobs") == [(0,)]


async def test_an_old_backup_is_restored_and_brought_up_to_date(tmp_path):
    back_up(old_journal(tmp_path / "old"), tmp_path / "b.sqlite3")
    copied, _ = restore(tmp_path / "data", tmp_path / "b.sqlite3")
    assert (copied.layout, copied.runs) == (1, 9)
    journal = SqliteJournal(Database(tmp_path / "data"), lambda: 0)
    assert len(await journal.open_runs()) == 6
    await journal.close()
    assert rows(tmp_path / "data", "PRAGMA user_version") == [(max(migrations()),)]


def test_a_journal_that_was_not_brought_up_to_date_is_not_examined(tmp_path):
    with pytest.raises(errors.RequestInvalid) as refused, looking_into(old_journal(tmp_path / "data")):
        pass
    assert refused.value.code == "journal_too_old"


@pytest.mark.parametrize("number", sorted(migrations()))
def test_each_migration_says_which_layout_it_makes(number):
    connection = apsw.Connection(":memory:")
    for step in range(1, number + 1):
        connection.execute(migrations()[step]).fetchall()
    assert connection.execute("PRAGMA user_version").get == number
