"""Whoever breaks something that a recovery needs is noticed, whatever the test itself looks at."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.core.callbacks import Wait
from cypher_executor.core.waits import Waits
from tests import recoveries
from tests.core.support import draw
from tests.engine.support import Bench, Book, settle
from tests.journal.support import FILE, history


async def recovers(path: Path) -> None:
    """An engine that begins again while a run waits for a callback, which has come."""
    bench = Bench(Book(r=draw("w:wait_for_callback", {"w": {"inputs": {}}})), {})
    async with bench.running() as engine:
        started = await engine.start(await bench.book.prepare("default", "r", {}))
        await settle()
        await engine.call_back(Wait(started.run, "w", (), 1, 0), {"ok": True})
    async with bench.running():
        await settle()


async def opens(path: Path) -> None:
    """A journal that is opened again after something has happened to its file."""
    await _written(path)
    await Database(path).close()


async def serves(path: Path) -> None:
    """The same, when a process is told to serve it."""
    await _written(path)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "", "serve", "--data-dir", str(path))
    await process.wait()


async def _written(path: Path) -> None:
    journal = SqliteJournal(Database(path), lambda: 0)
    await journal.append([history("called_back", "run_00000000000000000000000001")])
    await journal.close()
    _meanwhile(path)


def _meanwhile(path: Path) -> None: ...


def a_callback_is_noted_and_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Waits, "call_back", lambda self, step, event: None)


def an_event_is_gone(patch: pytest.MonkeyPatch) -> None:
    def meanwhile(path: Path) -> None:
        connection = apsw.Connection(str(path / FILE))
        connection.execute("DELETE FROM events WHERE seq = 2").fetchall()
        connection.close()

    patch.setitem(globals(), "_meanwhile", meanwhile)


Test = Callable[[Path], Awaitable[None]]
CAUGHT: list[tuple[Callable[[pytest.MonkeyPatch], None], Test, str]] = [
    (a_callback_is_noted_and_not_heard, recovers, "callback_unheard"),
    (an_event_is_gone, opens, "incomplete"),
    (an_event_is_gone, serves, "incomplete"),
]


@pytest.mark.parametrize("test", [recovers, opens, serves])
async def test_a_recovery_that_is_sound_is_no_failure(test: Test, tmp_path: Path) -> None:
    await test(tmp_path)
    assert recoveries.found == []


@pytest.mark.breaks_journals
@pytest.mark.parametrize(("plant", "test", "code"), CAUGHT, ids=[f"{t.__name__} {c}" for _, t, c in CAUGHT])
async def test_a_test_that_asks_for_nothing_fails_by_its_recovery(
    plant: Callable[[pytest.MonkeyPatch], None], test: Test, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(monkeypatch)
    await test(tmp_path)
    assert any(code in one for one in recoveries.found)
    with pytest.raises(pytest.fail.Exception, match=code), recoveries.of_one_test(on_purpose=False):
        pass


def test_the_mark_is_for_tests_that_say_so(request: pytest.FixtureRequest) -> None:
    """Whoever does not carry it is looked at."""
    assert "every_recovery_is_looked_at" in request.fixturenames
    assert request.node.get_closest_marker(recoveries.MARK) is None
