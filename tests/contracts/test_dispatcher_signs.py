"""Workers that stop giving signs of life, and what services leave behind that were killed."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.dispatch_local import dispatcher as dispatching
from cypher_executor.adapters.dispatch_local import folders
from cypher_executor.adapters.dispatch_local.folders import Folder, sweep
from cypher_executor.adapters.dispatch_local.orders import Module
from cypher_executor.adapters.dispatch_local.process import WorkerProcess
from cypher_executor.core.events import AttemptLost, AttemptSucceeded
from cypher_executor.core.parts import Limits
from cypher_executor.worker import frames
from tests.contracts.test_dispatcher import ECHO, PATIENT, Bench, _folder_of, _wait_for_end, linux
from tests.worker.modules import module

LOOP = module("loop")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other quickly, so that their number does not take seconds."""
    monkeypatch.setattr(dispatching, "_LOOK_EVERY_S", 0.02)


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Any]]:
    benches: list[Bench] = []

    async def start(workers: int = 1) -> Bench:
        benches.append(Bench(workers))
        await benches[-1].dispatcher.start()
        return benches[-1]

    yield start
    for bench in benches:
        await bench.dispatcher.close()


async def begun(bench: Bench, node: str, limits: Limits) -> int:
    """The only worker, after it has been given a part that never ends."""
    bench.send({node: bench.shelf.put(LOOP, limits)})
    (worker,) = bench.dispatcher._workers()
    while not worker.in_flight:
        await asyncio.sleep(0.01)
    return worker.pid


async def test_a_worker_that_was_stopped_is_replaced_and_what_it_was_in_is_lost(
    quick: None, start: Callable[..., Any]
) -> None:
    bench = await start()
    stopped = await begun(bench, "held", PATIENT)
    os.kill(stopped, signal.SIGSTOP)
    bench.send({"behind": bench.shelf.put(ECHO)})
    held, behind = await bench.until("held", "behind")
    assert isinstance(held, AttemptLost) and isinstance(behind, AttemptSucceeded)
    assert stopped not in bench.dispatcher.pids


async def test_a_worker_that_was_stopped_beyond_the_limit_of_its_step_is_given_up_sooner(
    quick: None, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "_NO_SIGN", 1_000_000)
    bench = await start()
    os.kill(await begun(bench, "held", Limits(timeout_ms=100)), signal.SIGSTOP)
    assert isinstance((await bench.until("held"))[0], AttemptLost)


async def test_a_worker_that_computes_gives_signs_of_life(
    quick: None, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await start()
    pid = await begun(bench, "long", PATIENT)
    (worker,) = bench.dispatcher._workers()
    heard = 0
    asked = worker._heard
    monkeypatch.setattr(worker, "_heard", lambda: asked() and _count())

    def _count() -> bool:
        nonlocal heard
        heard += 1
        return True

    async with asyncio.timeout(30):
        while heard < 5:
            await asyncio.sleep(0.01)
    assert bench.dispatcher.pids == (pid,) and not bench.events


async def test_without_signs_of_life_this_suite_would_notice(
    quick: None, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: nobody asks. A stopped worker then keeps its step for as long as the step's own limit allows."""
    monkeypatch.setattr("cypher_executor.adapters.dispatch_local.process.WorkerProcess.ask_for_a_sign", lambda _: 0)
    bench = await start()
    stopped = await begun(bench, "held", PATIENT)
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await bench.until("held")


def test_a_sign_of_life_is_a_frame_of_its_own() -> None:
    assert list(frames.Splitter().feed(frames.PING_FRAME + frames.PONG_FRAME)) == [
        (frames.PING, b""),
        (frames.PONG, b""),
    ]


async def test_a_service_that_leaves_an_answer_unread_meets_no_complaint(
    quick: None, start: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    bench = await start()
    await begun(bench, "held", PATIENT)
    (worker,) = bench.dispatcher._workers()
    while not worker._unanswered:
        await asyncio.sleep(0.01)
    assert worker._spawned is not None
    readable = select.poll()
    readable.register(worker._spawned.control, select.POLLIN)
    readable.poll(30_000)
    await bench.dispatcher.close()
    assert "Traceback" not in caplog.text


async def test_a_worker_that_takes_nothing_is_ended_with_its_connection() -> None:
    """Its socket is closed with much still to be written to it, and the next one gets the same number."""
    worker = WorkerProcess(lambda _worker, _answers: None)
    await worker.start()
    await worker.ready
    os.kill(worker.pid, signal.SIGSTOP)
    worker.load(Module(1, False, b"x" * 1_000_000))
    worker.flush()
    await worker.reap()
    async with asyncio.timeout(20):
        await worker.gone


# --- what is left behind ----------------------------------------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary folders, in which none is too new to be swept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(folders, "_NEW_S", -1.0)
    return tmp_path


def test_a_folder_that_somebody_holds_is_left_alone(temporary: Path) -> None:
    folder = Folder()
    assert sweep() == 0 and Path(folder.path).is_dir()
    folder.remove()
    assert not Path(folder.path).exists()


def test_the_folder_of_a_process_that_is_gone_is_removed_with_all_that_is_in_it(temporary: Path) -> None:
    left = temporary / "cypher-executor-worker-1-abc"
    (left / "inner").mkdir(parents=True)
    (left / "inner" / "file").write_text("x")
    other = temporary / "something-else"
    other.mkdir()
    assert sweep() == 1 and not left.exists() and other.exists()


def test_a_folder_that_was_just_made_is_left_alone(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_NEW_S", 60.0)
    (temporary / "cypher-executor-worker-1-abc").mkdir()
    assert sweep() == 0


def test_a_link_is_not_followed(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("target")
    (target / "file").write_text("x")
    (temporary / "cypher-executor-worker-1-abc").symlink_to(target)
    assert sweep() == 0 and (target / "file").exists()


SERVICE = """
import asyncio
from tests.contracts.test_dispatcher import PATIENT, Bench
from tests.worker.modules import module
async def main():
    bench = Bench(2)
    await bench.dispatcher.start()
    looping = bench.shelf.put(module("loop"), PATIENT)
    bench.send({"a": looping, "b": looping})
    while not all(worker.in_flight for worker in bench.dispatcher._workers()):
        await asyncio.sleep(0.01)
    print(*bench.dispatcher.pids, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@linux
def test_parts_that_loop_end_with_a_service_that_was_killed_and_the_next_one_removes_their_folders(
    temporary: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temporary)}
    ) as service:
        assert service.stdout is not None
        pids = list(map(int, service.stdout.readline().split()))
        left = [_folder_of(pid) for pid in pids]
        handles = [os.pidfd_open(pid) for pid in pids]
        assert sweep() == 0, "they are held"
        service.kill()
    for handle in handles:
        _wait_for_end(handle)
    assert len(left) == 2 and all(folder.is_dir() for folder in left)
    assert sweep() >= 2 and not list(temporary.iterdir()), "those of compilers among them"
