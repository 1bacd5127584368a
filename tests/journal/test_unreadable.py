"""One run that cannot be read never keeps another from being read, listed, recovered, written or forgotten."""

from __future__ import annotations

import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteJournal, reading
from cypher_executor.core.events import AttemptSucceeded, RunId
from cypher_executor.ports import Appended, RunFilter, Unreadable
from tests.contracts.test_journal_retention import NOTHING
from tests.journal.support import FILE, damage, file_all, rows

pytestmark = pytest.mark.breaks_journals

DAMAGE = {
    "unknown kind": ("UPDATE events SET kind = 'RunTeleported' WHERE run = 2 AND seq = 2", "event 2 cannot be read"),
    "no JSON": ("UPDATE events SET body = x'7b22' WHERE run = 2 AND seq = 2", "event 2 cannot be read"),
    "other JSON": ("UPDATE events SET body = CAST('[1]' AS BLOB) WHERE run = 2 AND seq = 3", "event 3 cannot be read"),
    "new field": ("""UPDATE events SET body = CAST('{"warp": 1}' AS BLOB) WHERE run = 2 AND seq = 2""", "warp"),
    "odd item": (
        """UPDATE events SET body = CAST('{"at_us":1,"node":"a","item":7,"attempt":1}' AS BLOB)
        WHERE run = 2 AND seq = 2""",
        "event 2 cannot be read",
    ),
    "nested too deep": (
        "UPDATE events SET body = CAST(' ' || replace(hex(zeroblob(100000)), '0', '[') AS BLOB) WHERE run = 2 "
        "AND seq = 2",
        "event 2 cannot be read",
    ),
    "a gap": ("DELETE FROM events WHERE run = 2 AND seq = 2", "event 2 is missing"),
    "no start": ("DELETE FROM events WHERE run = 2 AND seq = 1", "event 1 is missing"),
    "another start": ("UPDATE runs SET id = 'run_renamed' WHERE number = 2", "not the start of this run"),
    "nothing": ("DELETE FROM events WHERE run = 2", "no events"),
    "no value": ("DELETE FROM blobs WHERE digest IN (SELECT digest FROM blob_uses WHERE run = 2)", "missing"),
    "another value": (
        "UPDATE blobs SET body = CAST('1' AS BLOB) WHERE digest IN (SELECT digest FROM blob_uses WHERE run = 2)",
        "damaged",
    ),
    "no text": ("UPDATE events SET kind = CAST(x'ff' AS TEXT) WHERE run = 2 AND seq = 2", "damaged where it is stored"),
    "no digests": ("UPDATE events SET outside = '[' WHERE run = 2 AND seq = 2", "event 2 cannot be read"),
}


async def three_runs(folder, make) -> list[RunId]:
    entries = [make.opening(input="x" * 70_000 + str(n)) for n in range(3)]
    steps = [make.step(entry.run, after, "out") for entry in entries for after in (1, 2)]
    await file_all(folder, [*entries, *steps])
    return [entry.run for entry in entries]


@pytest.mark.parametrize("name", list(DAMAGE))
async def test_the_other_runs_of_the_page_are_read(tmp_path, make, name):
    first, damaged, last = await three_runs(tmp_path, make)
    statement, why = DAMAGE[name]
    damage(tmp_path, statement)
    damaged = RunId("run_renamed") if name == "another start" else damaged
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    assert await journal.open_runs() == [first, damaged, last]
    one, other, third = await journal.read_many([first, damaged, last])
    assert isinstance(other, Unreadable)
    assert other.run == damaged
    assert why in other.why
    assert (len(one), len(third)) == (3, 3)
    with pytest.raises(errors.Unavailable, match=damaged) as refused:
        await journal.read(damaged)
    assert refused.value.code == "run_unreadable"
    assert journal.healthy
    assert [run.id for run in await journal.list_runs(RunFilter())] == sorted([first, damaged, last], reverse=True)
    assert await journal.append([make.step(first, 3)]) == [Appended()]
    await journal.close()


async def test_who_follows_goes_on_behind_an_event_that_cannot_be_read(tmp_path, make):
    first, damaged, _ = await three_runs(tmp_path, make)
    damage(tmp_path, "UPDATE events SET kind = 'RunTeleported' WHERE run = 2 AND seq = 2")
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    followed = await journal.follow(0, 100)
    assert [run for _, run, _, event in followed if isinstance(event, Unreadable)] == [damaged]
    assert len(followed) == 9
    assert followed[0][1] == first
    await journal.close()


async def test_an_end_that_cannot_be_read_is_told(tmp_path, make):
    run = make.opening()
    await file_all(tmp_path, [run, make.end(run.run, 1)])
    damage(tmp_path, "UPDATE events SET body = x'ff' WHERE seq = 2")
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    with pytest.raises(errors.Unavailable) as refused:
        await journal.end(run.run)
    assert refused.value.code == "run_unreadable"
    await journal.close()


async def damaged_page(folder, make) -> list[RunId]:
    """Forty runs, and holes in the file where the values of up to four of them are."""
    entries = [make.opening(input="x" * 9000) for _ in range(40)]
    await file_all(folder, entries)
    await file_all(folder, [make.end(entry.run, 1) for entry in entries])
    found = rows(folder, "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'overflow' ORDER BY pageno")
    with (folder / FILE).open("r+b") as file:
        for (page,) in found[10:14]:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4)
    return [entry.run for entry in entries]


async def test_a_damaged_page_of_the_file_takes_only_the_runs_on_it(tmp_path, make):
    runs = await damaged_page(tmp_path, make)
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    read = await journal.read_many(runs)
    lost = [one for one in read if isinstance(one, Unreadable)]
    assert 1 <= len(lost) <= 4
    assert all("damaged where it is stored" in one.why for one in lost)
    assert all(len(events) == 2 for events in read if not isinstance(events, Unreadable))
    assert journal.healthy
    await journal.close()


async def test_a_run_on_a_damaged_page_is_not_forgotten_and_the_writer_stays_well(tmp_path, make, caplog):
    runs = await damaged_page(tmp_path, make)
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    forgotten = await journal.expire(NOTHING, 10**18)
    assert len(runs) - 4 <= forgotten < len(runs)
    assert len(await journal.list_runs(RunFilter())) == len(runs) - forgotten
    assert "the file is damaged where it is stored" in caplog.text
    assert journal.healthy
    assert await journal.append([make.opening()]) == [Appended()]
    await journal.close()


async def test_reading_a_page_as_a_whole_would_be_noticed(tmp_path, make, monkeypatch):
    """The planted defect: damage in one run is raised instead of told."""

    def raises(run, row, blobs):
        return reading.decode(*row[2:], blobs)

    first, damaged, last = await three_runs(tmp_path, make)
    damage(tmp_path, DAMAGE["unknown kind"][0])
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    monkeypatch.setattr(reading, "_one", raises)
    with pytest.raises(ValueError, match="RunTeleported"):
        await journal.read_many([first, damaged, last])
    await journal.close()


async def test_a_page_is_read_by_one_query_however_many_runs_are_on_it(tmp_path, make):
    entries = [make.opening(input=n) for n in range(100)]
    await file_all(tmp_path, entries)
    database, asked = Database(tmp_path), []

    def work(connection):
        connection.exec_trace = lambda cursor, sql, bindings: asked.append(sql) or True
        return reading.read_runs(connection, [entry.run for entry in entries])

    assert [events[0].input for events in await database.read(work)] == list(range(100))
    assert len(asked) <= 4
    await database.close()


async def test_an_event_of_the_size_of_a_large_value_is_read_as_it_was(tmp_path, make):
    run = make.opening()
    await file_all(tmp_path, [run, make.step(run.run, 1, {"outside": {"input": "0" * 64}, "$blob": "0" * 64})])
    journal = SqliteJournal(Database(tmp_path), lambda: 0)
    _, step = await journal.read(run.run)
    assert isinstance(step, AttemptSucceeded)
    assert step.output == {"outside": {"input": "0" * 64}, "$blob": "0" * 64}
    await journal.close()
