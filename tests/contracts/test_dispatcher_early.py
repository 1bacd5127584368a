"""Workers that are started before the dispatcher that keeps them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence

import pytest

from cypher_executor.adapters.dispatch_local import early
from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
from cypher_executor.adapters.dispatch_local.early import Early, Spawned
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptSucceeded, Event, RunId
from tests.contracts.test_dispatcher import ECHO, RUN, FixedClock, Shelf


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pids(workers: Early) -> list[int]:
    return [spawned.child.pid for spawned in workers._waiting]


async def echoed(dispatcher: LocalDispatcher, shelf: Shelf, answers: asyncio.Queue[Event]) -> Event:
    execute = Execute(
        node="n", item=(), attempt=1, part="part", digest=shelf.put(ECHO), input={"a": 1}, clock_us=0, seed="s"
    )
    dispatcher.run_many([(RUN, execute)])
    return await answers.get()


async def test_a_dispatcher_works_with_the_workers_that_were_started_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    answers: asyncio.Queue[Event] = asyncio.Queue()

    def inbox(events: Sequence[tuple[RunId, Event]]) -> None:
        for _, event in events:
            answers.put_nowait(event)

    shelf = Shelf()
    with early.starting(2) as workers:
        begun = pids(workers)
        dispatcher = LocalDispatcher(shelf, inbox, FixedClock(), 2, early=workers)
        await dispatcher.start()
        try:
            assert set(dispatcher.pids) == set(begun)
            assert pids(workers) == []
            assert isinstance(await echoed(dispatcher, shelf, answers), AttemptSucceeded)
        finally:
            await dispatcher.close()
    assert not any(map(alive, begun))


async def test_a_worker_that_died_before_it_was_taken_is_replaced() -> None:
    with early.starting(1) as workers:
        [first] = pids(workers)
        os.kill(first, signal.SIGKILL)
        dispatcher = LocalDispatcher(Shelf(), lambda _: None, FixedClock(), 1, early=workers)
        await dispatcher.start()
        try:
            assert first not in dispatcher.pids
            assert len(dispatcher.pids) == 1
        finally:
            await dispatcher.close()


def test_workers_that_nobody_took_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    with early.starting(2) as workers:
        begun = pids(workers)
        assert len(begun) == 2
    assert not any(map(alive, begun))


def test_one_core_is_left_to_who_starts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with early.starting(2) as workers:
        assert len(pids(workers)) == 1


def test_no_worker_outlives_an_error() -> None:
    with pytest.raises(ZeroDivisionError), early.starting(1) as workers:
        begun = pids(workers)
        raise ZeroDivisionError
    assert not any(map(alive, begun))


def test_where_no_process_can_be_started_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Spawned) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(Spawned, "__init__", refuse)
    with early.starting(2) as workers:
        assert workers.take() is None
