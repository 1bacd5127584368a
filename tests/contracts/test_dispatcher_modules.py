"""Where the compiled modules of workers come from: memory, the disk, and compilers with limits."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.dispatch_local import compilers as compilers_module
from cypher_executor.adapters.dispatch_local import part_log
from cypher_executor.adapters.dispatch_local.artifacts import Artifacts
from cypher_executor.adapters.dispatch_local.compilers import CompileLimits, Compilers
from cypher_executor.core.events import AttemptFailed, AttemptSucceeded
from cypher_executor.core.parts import Limits
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import ModuleRefused, Unavailable
from cypher_executor.worker.engine import configured_engine, fingerprint
from tests.contracts.test_dispatcher import RUN, Bench, execute
from tests.worker.conftest import compile_module
from tests.worker.modules import heavy, module, printing

ECHO = module("echo")
Start = Callable[..., Coroutine[Any, Any, Bench]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    benches: list[Bench] = []

    async def start(workers: int = 1, **more: Any) -> Bench:
        benches.append(Bench(workers, **more))
        await benches[-1].dispatcher.start()
        return benches[-1]

    yield start
    for bench in benches:
        await bench.dispatcher.close()


async def output(bench: Bench, code: bytes, limits: Limits = Limits()) -> object:  # noqa: B008 - frozen
    event = await bench.one(code, limits)
    assert isinstance(event, AttemptSucceeded), event
    return event.output


async def run_and_close(start: Start, folder: Path, code: bytes) -> Path:
    """Have this module compiled; the file that it was written to."""
    bench = await start(cache_dir=folder)
    await output(bench, code)
    await bench.dispatcher.close()
    [file] = folder.iterdir()  # noqa: ASYNC240 - a test may block
    return file


# --- the disk ---------------------------------------------------------------------------------------------------------


async def test_after_a_start_nothing_is_compiled_again(start: Start, tmp_path: Path) -> None:
    await run_and_close(start, tmp_path / "modules", printing(b"1"))
    bench = await start(cache_dir=tmp_path / "modules")
    assert await output(bench, printing(b"1")) == 1
    assert bench.shelf.fetched == 0


async def test_code_that_counts_fuel_is_not_taken_for_code_that_does_not(start: Start, tmp_path: Path) -> None:
    for _ in range(2):
        bench = await start(cache_dir=tmp_path / "modules")
        assert (await bench.failure(module("loop"), Limits(fuel=1000))).code == "out_of_fuel"
        assert (await bench.failure(module("loop"), Limits(timeout_ms=20))).code == "timeout"


@pytest.mark.parametrize("at", [0, 40, 100, 5_000, -1])
async def test_a_damaged_file_is_made_again(start: Start, tmp_path: Path, at: int) -> None:
    file = await run_and_close(start, tmp_path / "modules", printing(b"1"))
    good = file.read_bytes()
    damaged = bytearray(good)
    damaged[at] ^= 0x10
    file.write_bytes(damaged)
    bench = await start(cache_dir=tmp_path / "modules")
    assert await output(bench, printing(b"1")) == 1
    await bench.dispatcher.close()
    assert bench.shelf.fetched == 1 and file.read_bytes() == good


UNUSABLE = {
    "no machine code": lambda: b"whole, but no machine code",
    "for another engine": lambda: compile_module(printing(b"2"), fuel=True),
    "cut short": lambda: compile_module(printing(b"2"))[:-5000],
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
async def test_what_workers_cannot_use_is_made_again(start: Start, tmp_path: Path, make: Callable[[], bytes]) -> None:
    file = await run_and_close(start, tmp_path / "modules", printing(b"1"))
    good = file.read_bytes()
    Artifacts(file.parent).write(file.name, make())
    bench = await start(2, cache_dir=tmp_path / "modules")
    names = [f"n{i}" for i in range(100)]
    bench.send(dict.fromkeys(names, bench.shelf.put(printing(b"1"))))
    assert [e.output for e in await bench.until(*names) if isinstance(e, AttemptSucceeded)] == [1] * 100
    await bench.dispatcher.close()
    assert bench.shelf.fetched == 1 and file.read_bytes() == good


async def test_two_services_share_a_folder(start: Start, tmp_path: Path) -> None:
    benches = [await start(cache_dir=tmp_path / "modules") for _ in range(2)]
    codes = {f"n{i}": printing(str(i).encode()) for i in range(10)}
    for bench in benches:
        bench.send({node: bench.shelf.put(code) for node, code in codes.items()})
    for bench in benches:
        events = await bench.until(*codes)
        assert [event.output for event in events if isinstance(event, AttemptSucceeded)] == [*range(10)]


async def test_a_folder_that_cannot_be_used_costs_time_and_nothing_else(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for folder in (tmp_path / "file" / "modules", shared):
        assert await output(await start(cache_dir=folder), ECHO) == {"node": "n0"}
    assert not list(shared.iterdir())


async def test_what_is_on_the_disk_is_ready_after_the_start(start: Start, tmp_path: Path) -> None:
    file = await run_and_close(start, tmp_path / "modules", ECHO)
    bench = Bench(1, cache_dir=tmp_path / "modules")
    digest = bench.shelf.put(ECHO)
    modules = bench.dispatcher._modules
    modules.fingerprint = compile_fingerprint()
    prefetched = await modules.prefetch(digest, fuel=False)
    assert prefetched is not None and file.read_bytes().endswith(prefetched.code)
    assert await modules.prefetch(Digest("sha256:unknown"), fuel=False) is None


def compile_fingerprint() -> bytes:
    assert fingerprint(configured_engine(fuel=True)) != fingerprint(configured_engine(fuel=False))
    return fingerprint(configured_engine(fuel=False))


# --- compilers --------------------------------------------------------------------------------------------------------


async def test_a_module_that_many_steps_want_first_is_compiled_once(start: Start) -> None:
    bench = await start(2)
    digest = bench.shelf.put(ECHO)
    names = [f"n{i}" for i in range(200)]
    for at in range(0, 200, 10):
        bench.send(dict.fromkeys(names[at : at + 10], digest))
    await bench.until(*names)
    assert bench.shelf.fetched == 1


async def test_others_are_compiled_and_run_while_one_is_compiled(start: Start) -> None:
    bench = await start(compile_limits=CompileLimits(cpu_s=1))
    bench.send({"heavy": bench.shelf.put(heavy(60_000))})
    assert await output(bench, ECHO) == {"node": "n0"}
    assert "heavy" not in bench.events
    [failed] = await bench.until("heavy")
    assert isinstance(failed, AttemptFailed) and failed.failure.code == "compile_limit"
    assert "1 s of the processor's time" in failed.failure.message and not failed.failure.retryable


async def test_a_module_that_needs_too_much_memory_to_compile_fails_its_step(start: Start) -> None:
    bench = await start(compile_limits=CompileLimits(memory_mb=160))
    failure = await bench.failure(heavy(60_000))
    assert failure.code == "compile_limit" and "160 MiB of memory" in failure.message
    assert await output(bench, ECHO) == {"node": "n1"}
    assert (await bench.failure(heavy(60_000))).code == "compile_limit"
    assert bench.shelf.fetched == 2, "it is not tried again"


async def test_a_refused_module_is_not_compiled_again(start: Start) -> None:
    bench = await start()
    for _ in range(3):
        assert (await bench.failure(b"no module")).code == "module_refused"
    assert bench.shelf.fetched == 1


@pytest.fixture
async def compilers() -> AsyncIterator[Compilers]:
    tasks: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[None, None, None]) -> None:
        tasks.add(asyncio.create_task(work))

    made = Compilers(spawn, CompileLimits())
    yield made
    await made.close()
    await asyncio.gather(*tasks)


async def test_a_compiler_that_was_killed_is_not_the_modules_fault(compilers: Compilers) -> None:
    await compilers.compile(ECHO, fuel=False)
    [killed] = compilers.pids
    os.kill(killed, signal.SIGKILL)
    assert (await compilers.compile(ECHO, fuel=False)).code == compile_module(ECHO)
    assert compilers.pids != (killed,)


async def test_one_compiler_serves_one_module_after_the_other(compilers: Compilers) -> None:
    await compilers.prepare()
    before = compilers.pids
    for code in (ECHO, b"no module", printing(b"1")):
        try:
            await compilers.compile(code, fuel=True)
        except ModuleRefused as refused:
            assert code == b"no module" and refused.code == "module_refused"
    assert compilers.pids == before and len(before) == 1


async def test_many_modules_are_compiled_by_two_processes(compilers: Compilers) -> None:
    codes = [printing(str(i).encode()) for i in range(12)]
    made = await asyncio.gather(*(compilers.compile(code, fuel=False) for code in codes))
    assert [one.code for one in made] == [compile_module(code) for code in codes]
    assert len(compilers.pids) == 2


async def test_an_idle_compiler_is_ended(compilers: Compilers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers_module, "_IDLE_S", 0.0)
    await compilers.compile(ECHO, fuel=False)
    [pid] = compilers.pids
    handle = os.pidfd_open(pid)
    await asyncio.to_thread(_wait_for_end, handle)
    assert compilers.pids == ()


def _wait_for_end(handle: int) -> None:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(30_000), "the compiler is still there"
    os.close(handle)


async def test_whoever_stops_waiting_ends_the_compiler(compilers: Compilers) -> None:
    await compilers.prepare()
    [handle] = [os.pidfd_open(pid) for pid in compilers.pids]
    waiting = asyncio.create_task(compilers.compile(heavy(60_000), fuel=False))
    while compilers.pids:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    _wait_for_end(handle)


async def test_without_compilers_a_part_is_unavailable(compilers: Compilers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable):
        await compilers.compile(ECHO, fuel=False)
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    with pytest.raises(Unavailable):
        await compilers.compile(ECHO, fuel=False)
    await compilers.prepare()


# --- log lines --------------------------------------------------------------------------------------------------------


async def test_what_a_part_writes_to_its_log_is_in_the_services_log(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cypher_executor.parts")
    bench = await start()
    assert await output(bench, module("flood", fd=2, times=1)) is None
    [record] = [record for record in caplog.records if record.name == "cypher_executor.parts"]
    assert record.getMessage() == "x" * part_log.MAX_CHARACTERS + " [cut]"
    assert (vars(record)["run"], vars(record)["node"], vars(record)["part"]) == (RUN, "n0", "part")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain, tête 😀", "plain, tête 😀"),
        ("with a return\r", "with a return"),
        ("\x1b[31mred", "\N{REPLACEMENT CHARACTER}[31mred"),
        ("two\u2028lines", "two\N{REPLACEMENT CHARACTER}lines"),
        ("turned \u202eround", "turned \N{REPLACEMENT CHARACTER}round"),
    ],
)
def test_a_line_cannot_be_taken_for_anything_else(line: str, shown: str) -> None:
    assert part_log.harmless(line) == shown


async def test_a_part_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cypher_executor.parts")
    bench = Bench(1)
    part_log.write(b"a\n\n\xff\n" * 1000, RUN, execute("n", bench.shelf.put(ECHO)))
    assert len(caplog.records) == part_log.MAX_LINES + 1
    assert caplog.records[-1].getMessage() == f"[{2000 - part_log.MAX_LINES} more lines are left out]"
