"""A follower in a process of its own: real processes over a real journal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import Database
from cypher_executor.adapters.sqlite.graph import FILE_NAME, SqliteGraph
from cypher_executor.core.parts import Part
from cypher_executor.errors import Unavailable
from cypher_executor.followers import process
from cypher_executor.followers.process import FollowerProcess
from tests.graph.test_kept import ask
from tests.graph.world import KnownParts

HOLE = {"uri": "bolt://127.0.0.1:9", "username": None, "password": None, "database": None}
Begin = Callable[..., FollowerProcess]


class SomeParts:
    """Parts that may change."""

    def __init__(self) -> None:
        self.listed: list[Part] = list(KnownParts().all())[:3]

    def all(self) -> Sequence[Part]:
        return self.listed


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder that this process holds, as a service does."""
    database = Database(tmp_path)
    yield tmp_path
    await database.close()


@pytest.fixture
async def begin(folder: Path) -> AsyncIterator[Begin]:
    begun: list[FollowerProcess] = []

    def begin(what: str = "graph", parts: SomeParts | None = None, address: object = None) -> FollowerProcess:
        begun.append(FollowerProcess(what, folder, parts or SomeParts(), SystemClock(), address))  # type: ignore[arg-type]
        return begun[-1]

    yield begin
    for one in begun:
        await one.stop()


async def until(holds: Callable[[], object]) -> None:
    """The test's own time limit is the patience."""
    while not holds():
        await asyncio.sleep(0.01)


def parts_in(folder: Path) -> list[str]:
    """What the graph says that there is."""
    graph = SqliteGraph(folder / FILE_NAME)
    with contextlib.closing(graph.snapshot("default")) as snapshot:
        return [name for (name,) in ask(snapshot.graph, "MATCH (p:Part) RETURN p.name ORDER BY p.name")]


def alive(pid: int) -> bool:
    """Whether there is a process, other than one that waits to be buried."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_it_is_another_process_and_ends_when_told(begin: Begin, folder: Path) -> None:
    follower = begin()
    assert follower.lag_s is None and follower.pid is None
    assert await follower.catch_up() == 0
    pid = follower.pid
    assert pid not in (None, os.getpid()) and follower.lag_s == 0
    assert len(parts_in(folder)) == 3
    await follower.stop()
    assert pid is not None and not alive(pid)


async def test_a_question_finds_the_parts_of_this_moment(begin: Begin, folder: Path) -> None:
    parts = SomeParts()
    follower = begin(parts=parts)
    await follower.catch_up()
    parts.listed = [*parts.listed, replace(parts.listed[0], name="zz_new")]
    assert await follower.catch_up() == 0
    assert parts_in(folder)[-1] == "zz_new"


async def test_parts_that_change_are_told_when_nobody_asks_too(
    begin: Begin, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PARTS_EVERY_S", 0.05)
    parts = SomeParts()
    await begin(parts=parts).catch_up()
    parts.listed = [*parts.listed, replace(parts.listed[0], name="zz_new")]
    await until(lambda: "zz_new" in parts_in(folder))


async def test_one_that_is_killed_is_started_again_and_answers(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    follower = begin()
    await follower.catch_up()
    first = follower.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert await follower.catch_up() == 0
    assert follower.pid not in (None, first)
    assert any("started again" in record.message for record in caplog.records)


async def test_a_question_during_which_it_is_killed_is_asked_again(begin: Begin) -> None:
    follower = begin()
    await follower.catch_up()
    assert follower.pid is not None
    os.kill(follower.pid, signal.SIGSTOP)
    asked = asyncio.create_task(follower.catch_up())
    await asyncio.sleep(0)
    os.kill(follower.pid, signal.SIGKILL)
    assert await asked == 0


async def test_one_that_hangs_holds_up_a_question_for_a_bounded_time(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CATCH_UP_S", 0.2)
    monkeypatch.setattr(process, "STOP_S", 0.2)
    follower = begin()
    await until(lambda: follower.start() or follower.lag_s is not None)  # type: ignore[func-returns-value]
    pid = follower.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert await follower.catch_up() >= 1  # milliseconds that may be missing
    await follower.stop()
    assert not alive(pid)


async def test_one_that_cannot_start_is_told(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CATCH_UP_S", 0.2)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(Unavailable, match="/no/such/python") as raised:
        await begin().catch_up()
    assert raised.value.code == "graph_unavailable"


async def test_who_waits_when_the_service_stops_is_told(begin: Begin) -> None:
    follower = begin()
    await follower.catch_up()
    assert follower.pid is not None
    os.kill(follower.pid, signal.SIGSTOP)
    asked = asyncio.create_task(follower.catch_up())
    await asyncio.sleep(0)
    os.kill(follower.pid, signal.SIGCONT)
    await follower.stop()
    with contextlib.suppress(Unavailable):  # or it was quick enough to answer
        assert await asked == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_for_the_whole_service_does_not_end_it(begin: Begin, number: signal.Signals) -> None:
    """Containers and Ctrl-C send it to everybody; the service ends its followers when it has ended itself."""
    follower = begin()
    await follower.catch_up()
    pid = follower.pid
    assert pid is not None and os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, number)
    assert await follower.catch_up() == 0 and follower.pid == pid


async def test_what_it_logs_is_in_the_log_of_the_service(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    begin("neo4j", address=HOLE).start()
    with caplog.at_level(logging.WARNING):
        await until(lambda: any("the mirror waits: Neo4j at bolt" in record.message for record in caplog.records))


async def test_a_database_that_is_away_is_told_and_holds_up_no_end(begin: Begin) -> None:
    follower = begin("neo4j", address=HOLE)
    follower.start()
    await until(lambda: follower.status.failures > 1)
    assert follower.status.failure is not None and "127.0.0.1:9" in follower.status.failure
    assert follower.status.position is None and (follower.lag_s or 0) > 0
    pid = follower.pid
    await follower.stop()
    assert pid is not None and not alive(pid)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def test_two_never_write_one_graph(begin: Begin, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CATCH_UP_S", 0.5)
    follower = begin()
    with held(folder / "graph.follower"):
        assert await follower.catch_up() >= 1
        assert not (folder / FILE_NAME).exists()
    monkeypatch.setattr(process, "CATCH_UP_S", 30.0)
    assert await follower.catch_up() == 0


def environment(follower: FollowerProcess) -> bytes:
    return Path(f"/proc/{follower.pid}/environ").read_bytes()


async def test_it_knows_no_settings_and_no_secrets(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CYPHER_EXECUTOR_SECRET_KEY", "NEO4J_PASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "canary")
    follower = begin()
    await follower.catch_up()
    assert b"canary" not in environment(follower)
