"""How the SQLite writer groups what is queued, and whom a failure reaches."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from cypher_executor import errors
from cypher_executor.adapters.sqlite import Database, SqliteCatalog, SqliteJournal
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.recipe import Digest
from cypher_executor.ports import Appended, Claim


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Database, SqliteJournal]]:
    database = Database(folder / "data")
    journal = SqliteJournal(database, lambda: 0)
    try:
        yield database, journal
    finally:
        await journal.close()


class Held:
    """Keeps the writer busy, so that a test decides what it finds in its queue."""

    def __init__(self, database: Database) -> None:
        self._go_on, self._busy = threading.Event(), threading.Event()
        self.done = database.write(self._work)
        assert self._busy.wait(10)

    def _work(self, _: apsw.Connection) -> None:
        self._busy.set()
        assert self._go_on.wait(10)

    def release(self) -> None:
        self._go_on.set()


def raise_a_bug(_: apsw.Connection) -> None:
    raise ZeroDivisionError("a bug")


async def test_everything_that_is_queued_goes_into_one_commit(tmp_path, make):
    async with opened(tmp_path) as (database, journal):
        held, before = Held(database), journal.commits
        queued = [journal.append([make.opening(), make.opening()]) for _ in range(500)]
        saved = asyncio.ensure_future(SqliteCatalog(database).save("default", "a", Digest("sha256:1"), "RETURN 1", 5))
        await asyncio.sleep(0)
        held.release()
        assert await asyncio.gather(*queued) == [[Appended(), Appended()]] * 500
        assert (await saved).version == 1
        assert journal.commits == before + 2


async def test_one_call_into_the_event_loop_answers_a_whole_group(tmp_path, make, monkeypatch):
    async with opened(tmp_path) as (database, journal):
        held = Held(database)
        queued = [journal.append([make.opening()]) for _ in range(100)]
        loop, calls = asyncio.get_running_loop(), []
        really = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *args: (calls.append(args), really(*args)))
        held.release()
        await asyncio.gather(held.done, *queued)
        assert len(calls) == 2


async def test_a_reader_sees_what_was_acknowledged_while_the_writer_is_busy(tmp_path, make):
    async with opened(tmp_path) as (database, journal):
        run = make.opening()
        await journal.append([run])
        held = Held(database)
        waiting = journal.append([make.step(run.run, 1)])
        assert len(await journal.read(run.run)) == 1
        held.release()
        await waiting
        assert len(await journal.read(run.run)) == 2


async def test_a_bug_in_one_piece_of_work_fails_that_one_alone(tmp_path, make):
    async with opened(tmp_path) as (database, journal):
        held, run = Held(database), make.opening()
        queued: list[Any] = [journal.append([run]), database.write(raise_a_bug)]
        queued += [journal.append([make.step(run.run, 1)]), database.write(raise_a_bug)]
        held.release()
        first, bug, second, bug_again = await asyncio.gather(*queued, return_exceptions=True)
        assert (first, second) == ([Appended()], [Appended()])
        assert isinstance(bug, ZeroDivisionError)
        assert isinstance(bug_again, ZeroDivisionError)
        assert journal.healthy
        assert len(await journal.read(run.run)) == 2


def bottomless() -> list[Any]:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


async def test_a_value_that_is_not_json_is_refused_before_anything_is_queued(tmp_path, make):
    async with opened(tmp_path) as (_, journal):
        for value in (object(), {"deep": b"bytes"}, [{1, 2}], bottomless()):
            with pytest.raises(errors.RequestInvalid) as refused:
                journal.append([make.opening(), make.opening(input=value)])
            assert refused.value.code == "value_not_storable"
        assert await journal.open_runs() == []
        assert journal.healthy


async def test_who_stops_waiting_changes_nothing_for_the_others(tmp_path, make):
    async with opened(tmp_path) as (database, journal):
        held, impatient, patient = Held(database), make.opening(), make.opening()
        given_up, kept = journal.append([impatient]), journal.append([patient])
        given_up.cancel()
        held.release()
        assert await kept == [Appended()]
        assert await journal.open_runs() == [impatient.run, patient.run]


@pytest.mark.breaks_journals
async def test_closing_writes_what_is_queued(tmp_path, make):
    database = Database(tmp_path / "data")
    journal, held, run = SqliteJournal(database, lambda: 0), Held(database), make.opening()
    queued = [journal.append([run])] + [journal.append([make.step(run.run, n)]) for n in range(1, 100)]
    closing = asyncio.ensure_future(journal.close())
    await asyncio.sleep(0)
    held.release()
    await closing
    assert await asyncio.gather(*queued) == [[Appended()]] * 100
    async with opened(tmp_path) as (_, again):
        assert len(await again.read(run.run)) == 100


async def test_a_closed_journal_says_so(tmp_path, make):
    async with opened(tmp_path) as (_, journal):
        await journal.close()
        assert not journal.healthy
        for asked in (journal.read(make.opening().run), journal.reopen(), journal.append([make.opening()])):
            with pytest.raises(errors.Unavailable, match="the journal is closed"):
                await asked


async def test_a_large_value_is_stored_once_however_many_runs_have_it(tmp_path, make):
    async with opened(tmp_path) as (database, journal):
        large = {"text": "x" * 1_000_000}
        runs = [make.opening(input=large) for _ in range(30)]
        await journal.append(runs)
        assert (await journal.read(runs[29].run))[0].input == large
    assert database.path.stat().st_size < 1_300_000


async def test_keys_that_expired_long_ago_are_swept_out(tmp_path, make):
    async with opened(tmp_path) as (database, journal):
        day_us = 24 * 3_600_000_000
        old = [make.opening(claim=Claim("s", f"old{n}", "f", keep_us=1), at_us=0) for n in range(20)]
        new = [make.opening(claim=Claim("s", f"new{n}", "f", keep_us=1), at_us=day_us + 1) for n in range(5)]
        await journal.append(old + new)
        kept = await database.read(lambda connection: connection.execute("SELECT key FROM claims").fetchall())
        assert sorted(kept) == [(f"new{n}",) for n in range(5)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET kind = 'RunTeleported'",
        "UPDATE events SET body = CAST('{\"warp\": 9}' AS BLOB)",
        "UPDATE events SET body = CAST('{\"at_us\": 1}' AS BLOB)",
        "UPDATE events SET body = CAST('[1]' AS BLOB)",
        "UPDATE events SET body = x'ff'",
        """UPDATE events SET outside = '{"input": "no such blob"}'""",
    ],
)
async def test_an_event_of_a_newer_version_or_a_damaged_one_is_not_guessed_at(tmp_path, make, damage):
    async with opened(tmp_path) as (database, journal):
        run = make.opening()
        await journal.append([run])
        await database.write(lambda connection: connection.execute(damage).fetchall())
        with pytest.raises(errors.Unavailable, match="cannot be read: event 1 cannot be read") as refused:
            await journal.read(run.run)
        assert refused.value.code == "run_unreadable"


QUERIES = {
    "list_tenant": {"states": '["failed"]', "tenant": "t", "before": "run_", "first": "", "limit": 9},
    "list_recipe": {"states": '["failed"]', "tenant": "t", "recipe": "r", "before": "run_", "first": "", "limit": 9},
    "list_parent": {
        "states": '["failed"]',
        "tenant": "t",
        "recipe": "r",
        "before": "run_",
        "first": "",
        "limit": 9,
        "parent": "p",
    },
    "open_runs": (),
    "children": ("run_",),
    "read": (1, 0),
    "read_many": ("[1, 2]",),
    "number": ("run_",),
    "numbers": ('["run_"]',),
    "last": ("run_",),
    "head": ("run_",),
    "follow": (0, 9),
    "holder": {"scope": "s", "key": "k", "now_us": 0},
    "forget_claims": (0,),
    "summary": ("run_",),
}


EXPIRING = {
    "oldest": ("t", "r", "failed", 0, 0, 9),
    "half_forgotten": (),
    "walk_events": (1,),
    "walk_blobs": (1,),
    "give_up": {"number": 1, "now_us": 0},
    "drop_claims": (1,),
    "drop_some_events": (1,),
    "a_blob": (1,),
    "drop_use": ("d", 1),
    "drop_unused_blob": {"digest": "d"},
    "drop_run": (1,),
    "old_claim": (0,),
    "forget_claims": (0,),
}
ASKED = [("journal", name, values) for name, values in QUERIES.items()] + [
    ("expiring", name, values) for name, values in EXPIRING.items()
]


@pytest.mark.parametrize(("file", "name", "values"), ASKED, ids=[name for _, name, _ in ASKED])
async def test_no_question_reads_or_sorts_a_whole_table(tmp_path, file, name, values):
    async with opened(tmp_path) as (database, _):
        explain = "EXPLAIN QUERY PLAN " + statements(file)[name]
        plan = await database.read(lambda connection: connection.execute(explain, values).fetchall())
        steps = [str(step[3]) for step in plan]
        assert name not in ("read_many", "oldest", "read", "last") or "USE TEMP B-TREE FOR ORDER BY" not in steps
        allowed = ("SCAN wanted", "SCAN json_each", "SCAN runs USING INDEX runs_open")
        assert [step for step in steps if step.startswith("SCAN") and not step.startswith(allowed)] == []
