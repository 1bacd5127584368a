"""Executions that take long have workers of their own, of low priority, and hold up nobody."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from cypher_executor.adapters.dispatch_local import dispatcher as dispatching
from cypher_executor.adapters.dispatch_local import long
from cypher_executor.adapters.dispatch_local.process import WorkerProcess
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded
from cypher_executor.core.parts import Limits
from tests.contracts.test_dispatcher import ECHO, PATIENT, RUN, Bench, execute
from tests.worker.modules import module

LOOP = module("loop")
HALF_A_SECOND = Limits(timeout_ms=500)


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Any]]:
    benches: list[Bench] = []

    async def start(workers: int) -> Bench:
        benches.append(Bench(workers))
        await benches[-1].dispatcher.start()
        return benches[-1]

    yield start
    for bench in benches:
        await bench.dispatcher.close()


def send_long(bench: Bench, *nodes: str, limits: Limits = PATIENT) -> None:
    digest = bench.shelf.put(LOOP, limits)
    bench.dispatcher.run_many([(RUN, execute(node, digest)) for node in nodes], long=True)


async def begun(bench: Bench, limits: Limits) -> None:
    """The only worker is in an execution that takes long, and nobody knew that it would."""
    bench.send({"long": bench.shelf.put(LOOP, limits)})
    async with asyncio.timeout(30):
        while not any(worker.in_flight for worker in bench.dispatcher._all_workers()):
            await asyncio.sleep(0.01)


async def in_long_workers(bench: Bench, count: int) -> list[int]:
    """The workers that are in so many long executions, once they are."""
    async with asyncio.timeout(30):
        while len(busy := [worker.pid for worker in bench.dispatcher._long if worker.in_flight]) < count:
            await asyncio.sleep(0.01)
    return busy


def priorities(pid: int) -> dict[int, int]:
    """By thread; the one that watches has the number of the process."""
    threads = map(int, os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    return {thread: os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}


async def test_what_stands_behind_an_execution_that_takes_long_does_not_wait_for_its_end(
    start: Callable[..., Any],
) -> None:
    bench = await start(1)
    (before,) = bench.dispatcher.pids
    await begun(bench, PATIENT)
    bench.send({"behind": bench.shelf.put(ECHO), "too": bench.shelf.put(ECHO)})
    assert all(isinstance(event, AttemptSucceeded) for event in await bench.until("behind", "too"))
    assert "long" not in bench.events
    assert await in_long_workers(bench, 1) == [before] and len(bench.dispatcher.pids) == 2


async def test_a_worker_that_was_set_aside_ends_what_it_is_in_as_ever(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "FOUND_S", 0.02)  # of the processor's time, which is scarce on a busy machine
    bench = await start(1)
    bench.send({"long": bench.shelf.put(LOOP, HALF_A_SECOND)})
    (event,) = await bench.until("long")
    assert isinstance(event, AttemptFailed) and event.failure.code == "timeout"
    assert bench.dispatcher._long, "it was set aside"


async def test_as_many_long_ones_as_there_are_workers_leave_those_to_the_others(start: Callable[..., Any]) -> None:
    bench = await start(2)
    send_long(bench, *(f"long {n}" for n in range(10)))
    held = await in_long_workers(bench, 2)
    digest = bench.shelf.put(ECHO)
    names = [f"short {n}" for n in range(200)]
    bench.send(dict.fromkeys(names, digest))
    assert all(isinstance(event, AttemptSucceeded) for event in await bench.until(*names))
    assert not any(name.startswith("long") for name in bench.events)
    assert len(held) == 2 and len(bench.dispatcher.pids) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
async def test_what_takes_long_has_a_low_priority(start: Callable[..., Any]) -> None:
    bench = await start(1)
    send_long(bench, "long")
    (held,) = await in_long_workers(bench, 1)
    (other,) = set(bench.dispatcher.pids) - {held}
    usual = priorities(other)[other]
    while set(priorities(held).values()) == {usual}:
        await asyncio.sleep(0.01)
    found = priorities(held)
    assert found.pop(held) == usual, "whoever watches over it does not wait for a processor"
    assert min(found.values()) > usual


async def test_each_long_one_is_answered_in_its_turn(start: Callable[..., Any]) -> None:
    bench = await start(1)
    send_long(bench, "a", "b", "c", limits=Limits(timeout_ms=50))
    events = await bench.until("a", "b", "c")
    assert all(isinstance(event, AttemptFailed) and event.failure.code == "timeout" for event in events)
    assert list(bench.events) == ["a", "b", "c"]


async def test_a_worker_of_long_ones_that_dies_loses_what_it_was_in_and_nothing_else(
    start: Callable[..., Any],
) -> None:
    bench = await start(1)
    send_long(bench, "lost")
    (held,) = await in_long_workers(bench, 1)
    send_long(bench, "next", limits=Limits(timeout_ms=50))
    os.kill(held, signal.SIGKILL)
    lost, after = await bench.until("lost", "next")
    assert isinstance(lost, AttemptLost) and isinstance(after, AttemptFailed)


async def test_a_long_one_that_nobody_wants_any_more_is_ended(start: Callable[..., Any]) -> None:
    bench = await start(1)
    send_long(bench, "unwanted")
    await in_long_workers(bench, 1)
    send_long(bench, "next", limits=Limits(timeout_ms=50))
    bench.dispatcher.interrupt(RUN, "unwanted", ())
    await bench.until("next")
    assert "unwanted" not in bench.events


async def test_workers_that_have_nothing_to_do_any_more_are_ended(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "_LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(long, "_IDLE_S", 0.05)
    bench = await start(1)
    send_long(bench, "one", limits=Limits(timeout_ms=50))
    await bench.until("one")
    async with asyncio.timeout(30):
        while len(bench.dispatcher.pids) > 1:
            await asyncio.sleep(0.02)
    send_long(bench, "two", limits=Limits(timeout_ms=50))
    assert isinstance((await bench.until("two"))[0], AttemptFailed)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
async def test_time_in_which_it_had_no_processor_does_not_count(start: Callable[..., Any]) -> None:
    bench = await start(1)
    await begun(bench, PATIENT)
    (worker,) = bench.dispatcher.pids
    os.kill(worker, signal.SIGSTOP)
    await asyncio.sleep(4 * long.FOUND_S)
    assert not len(bench.dispatcher._long)
    os.kill(worker, signal.SIGCONT)
    assert await in_long_workers(bench, 1) == [worker]


async def test_a_worker_that_is_starting_is_not_asked_for_a_sign_of_life(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatching, "_LOOK_EVERY_S", 0.01)
    bench = await start(1)
    begin, may = WorkerProcess.start, asyncio.Event()

    async def start_later(worker: WorkerProcess, *given: Any) -> None:
        await may.wait()
        await begin(worker, *given)

    monkeypatch.setattr(WorkerProcess, "start", start_later)
    send_long(bench, "long", limits=HALF_A_SECOND)
    await asyncio.sleep(0.1)
    may.set()
    assert isinstance((await bench.until("long"))[0], AttemptFailed)
    assert not [record for record in caplog.records if record.levelname == "CRITICAL"]


async def test_closing_ends_them_too(start: Callable[..., Any]) -> None:
    bench = await start(1)
    send_long(bench, "long")
    (held,) = await in_long_workers(bench, 1)
    await bench.dispatcher.close()
    with pytest.raises(ProcessLookupError):
        os.kill(held, 0)


async def test_many_that_take_long_at_once_leave_the_workers_to_the_others(start: Callable[..., Any]) -> None:
    bench = await start(2)
    bench.send(dict.fromkeys([f"long {n}" for n in range(12)], bench.shelf.put(LOOP, PATIENT)))
    await in_long_workers(bench, 2)
    bench.send({"short": bench.shelf.put(ECHO)})
    assert isinstance((await bench.until("short"))[0], AttemptSucceeded)
    assert not any(name.startswith("long") for name in bench.events)
    assert len(bench.dispatcher._long) <= 4 and len(list(bench.dispatcher._workers())) <= 2


async def test_on_a_machine_that_is_slow_few_workers_are_set_aside(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long, "_APART_S", 0.0)
    bench = await start(1)
    modules = [bench.shelf.put(LOOP, Limits(timeout_ms=60_000 + n)) for n in range(8)]
    bench.send({f"long {n}": digest for n, digest in enumerate(modules)})
    await in_long_workers(bench, 2)
    await asyncio.sleep(4 * long.FOUND_S)
    assert len(bench.dispatcher._long) == 2 and len(list(bench.dispatcher._workers())) <= 1


async def test_without_it_those_behind_wait(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The defect that the first test is there for."""
    monkeypatch.setattr(long.LongWorkers, "may_adopt", lambda self: False)
    bench = await start(1)
    await begun(bench, HALF_A_SECOND)
    bench.send({"behind": bench.shelf.put(ECHO)})
    await bench.until("behind")
    assert "long" in bench.events
