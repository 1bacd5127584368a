"""What a call of a part costs, as ratios to a bare call of the same module measured in the same run.

    python -m tests.bench.bench_worker

`bare` is what a program would write with wasmtime-py's public classes: a fresh store and instance, native WASI, bytes
in and bytes out, no limits. `inside` is the same call in the worker's sandbox, with all limits. `through` is as the
engine sees it: a batch through one worker process and back, strict JSON and events included; `through two` uses two
processes. `alone` is one call at a time, each waiting for the one before. Rounds of all kinds take turns.

Two measures of each: the time that passed, and the processor's time of the busiest process (with two cores and three
processes, at least half of all of it), which is how long it would have taken on cores that do nothing else. The first
is the truth on a quiet machine, the second on a busy one. The best round of each kind counts.

Behind that: calls in a second through two workers, how much faster two workers are than one for a part that computes
for a millisecond, and what the workers hold after 100,000 calls. Each line ends with what is promised.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import wasmtime
from wasmtime import _bindings as c_api

from cypher_executor import files
from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptSucceeded, Event, RunId
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest
from cypher_executor.worker.admission import compiled
from cypher_executor.worker.engine import configured_engine
from cypher_executor.worker.frames import Execution
from cypher_executor.worker.limits import Watchdog
from cypher_executor.worker.sandbox import Output, Sandbox
from tests.worker.modules import module

ROUNDS = 9
CALLS = 300
BATCH = 500
RATE_CALLS = 6_000
SPINS = 200
MANY = 100_000
CORES = 2
ECHO_INPUT = {"text": "A paragraph of ordinary length, as it is found in a message.", "n": 12}
SET_INPUT = {"greeting": "hello", "items": [1, 2, 3]}


class Bare:
    """The plainest way to call a module."""

    def __init__(self, code: bytes) -> None:
        self._engine = wasmtime.Engine()
        self._linker = wasmtime.Linker(self._engine)
        self._linker.define_wasi()
        self._module = wasmtime.Module(self._engine, code)

    def __call__(self, given: bytes) -> bytes:
        store, wasi, written = wasmtime.Store(self._engine), wasmtime.WasiConfig(), list[bytes]()
        data = c_api.wasm_byte_vec_t()
        text = ctypes.cast(ctypes.create_string_buffer(given), ctypes.POINTER(ctypes.c_uint8))
        c_api.wasm_byte_vec_new(ctypes.byref(data), len(given), text)
        c_api.wasi_config_set_stdin_bytes(wasi.ptr(), ctypes.byref(data))  # there is no public way to give bytes
        wasi.stdout_custom = lambda piece: written.append(piece) or len(piece)  # type: ignore[func-returns-value]
        store.set_wasi(wasi)
        start = self._linker.instantiate(store, self._module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        start(store)
        return b"".join(written)


class Inside:
    """The worker's sandbox in this process."""

    def __init__(self, code: bytes) -> None:
        ours, theirs = socket.socketpair()
        self._open = ours
        watchdog = Watchdog(theirs)
        threading.Thread(target=watchdog.watch, daemon=True).start()
        self._sandbox = Sandbox(watchdog)
        self._prepared = self._sandbox.load(compiled(configured_engine(fuel=False), code))

    def __call__(self, given: bytes) -> bytes:
        execution = Execution(1, 0, 5_000, 64, 1024, None, 0, b"seed", (), given)
        result = self._sandbox.run(self._prepared, execution)
        assert isinstance(result, Output)
        return result.data


class Through:
    """A dispatcher with worker processes."""

    def __init__(self, code: bytes, workers: int) -> None:
        self._digest = Digest("sha256:" + hashlib.sha256(code).hexdigest())
        self._part = Part("part", "1", "", self._digest, pure=True)
        self._code = code
        self._left = 0
        self._done = asyncio.Event()
        self.dispatcher = LocalDispatcher(self, self._inbox, self, workers)

    async def __call__(self, given: object, calls: int, batch: int) -> None:
        for _ in range(calls // batch):
            self._left = batch
            self._done.clear()
            self.dispatcher.run_many([(RunId("run_1"), self._execute(i, given)) for i in range(batch)])
            await self._done.wait()

    def _execute(self, index: int, given: object) -> Execute:
        return Execute(
            node="n", item=(index,), attempt=1, part="part", digest=self._digest, input=given, clock_us=0, seed="s"
        )

    def _inbox(self, events: Sequence[tuple[RunId, Event]]) -> None:
        assert all(isinstance(event, AttemptSucceeded) for _, event in events)
        self._left -= len(events)
        if not self._left:
            self._done.set()

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def new_run_id(self) -> RunId:
        return RunId("run_1")

    def find(self, name: str) -> Part | None:
        return self._part

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return self._part

    def all(self) -> Sequence[Part]:
        return [self._part]

    async def module(self, digest: Digest) -> bytes:
        return self._code


@dataclass(frozen=True)
class Cost:
    """What one call took: time that passed, and time of the processor, in µs."""

    passed: float
    busiest: float


async def cost(work: Callable[[], Awaitable[None]], calls: int, pids: Sequence[int]) -> Cost:
    """Of each of the calls that `work` makes, in this process and those."""
    everybody = (os.getpid(), *pids)
    before, began = [cpu_ns(pid) for pid in everybody], time.perf_counter_ns()
    await work()
    passed = time.perf_counter_ns() - began
    used = [cpu_ns(pid) - was for pid, was in zip(everybody, before, strict=True)]
    return Cost(passed / calls / 1000, max(*used, sum(used) / CORES) / calls / 1000 if pids else used[0] / calls / 1000)


def best(costs: Sequence[Cost]) -> Cost:
    """Of several rounds, each measure for itself."""
    return Cost(min(one.passed for one in costs), min(one.busiest for one in costs))


def promised(what: str, found: str, promise: str) -> None:
    """One line of the result."""
    print(f"  {what:<58} {found:>32}   promised: {promise}")


async def measure(name: str, code: bytes, given: object) -> None:
    """Print the figures of one module."""
    data = json.dumps(given, separators=(",", ":")).encode()
    bare, inside, one, two = Bare(code), Inside(code), Through(code, 1), Through(code, 2)
    assert bare(data) == inside(data)
    await one.dispatcher.start()
    await two.dispatcher.start()

    async def repeat(call: Callable[[bytes], bytes]) -> None:
        for _ in range(CALLS):
            call(data)

    kinds: dict[str, tuple[Callable[[], Awaitable[None]], Sequence[int]]] = {
        "bare": (lambda: repeat(bare), ()),
        "inside": (lambda: repeat(inside), ()),
        "through": (lambda: one(given, CALLS, CALLS), one.dispatcher.pids),
        "through two": (lambda: two(given, CALLS, CALLS), two.dispatcher.pids),
        "alone": (lambda: one(given, CALLS, 1), one.dispatcher.pids),
    }
    costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, (work, pids) in kinds.items():
            costs[kind].append(await cost(work, CALLS, pids))
    await one.dispatcher.close()
    await two.dispatcher.close()
    print(f"{name} ({len(code)} bytes of module, {len(data)} bytes of input)")
    found = {kind: best(rounds) for kind, rounds in costs.items()}
    for kind, took in found.items():
        ratios = f"{took.passed / found['bare'].passed:5.2f} and {took.busiest / found['bare'].busiest:5.2f} times bare"
        print(f"  {kind:<12} {took.passed:8.1f} µs passed, {took.busiest:8.1f} µs of the busiest   {ratios}")
    for kind, promise in (("inside", 0.4), ("through", 1.0)):
        passed = found[kind].passed / found["bare"].passed
        busiest = found[kind].busiest / found["bare"].busiest
        promised(f"{kind}, times bare", f"{passed:.2f} (processor {busiest:.2f})", f"at most {promise}")


async def rate() -> None:
    """Print how many small calls go through two workers in a second."""
    two = Through(module("echo"), 2)
    await two.dispatcher.start()
    await two(ECHO_INPUT, RATE_CALLS, BATCH)
    costs = [await cost(lambda: two(ECHO_INPUT, RATE_CALLS, BATCH), RATE_CALLS, two.dispatcher.pids) for _ in range(5)]
    await two.dispatcher.close()
    found = best(costs)
    promised(
        "calls in a second through two workers",
        f"{1e6 / found.passed:,.0f} (processor {1e6 / found.busiest:,.0f})",
        "at least 30,000 where a bare call takes 80 µs",
    )


async def speed_up() -> None:
    """Print how much faster two workers are than one with a part that computes for a millisecond."""
    code = module("spin", times=_turns_of_a_ms())
    houses = (Through(code, 1), Through(code, 2))
    costs: dict[Through, list[Cost]] = {house: [] for house in houses}
    for house in houses:
        await house.dispatcher.start()
        await house({}, 20, 20)
    for _ in range(ROUNDS):
        for house in houses:
            costs[house].append(await cost(partial(house, {}, SPINS, SPINS), SPINS, house.dispatcher.pids))
    for house in houses:
        await house.dispatcher.close()
    one, two = (best(costs[house]) for house in houses)
    passed, busiest = one.passed / two.passed, one.busiest / two.busiest
    promised("two workers, times one, for 1 ms of computing", f"{passed:.2f} (processor {busiest:.2f})", "at least 1.8")


def _turns_of_a_ms() -> int:
    spin, turns = Inside(module("spin", times=1_000_000)), 1_000_000
    took = []
    for _ in range(5):
        began = time.thread_time()
        spin(b"{}")
        took.append(time.thread_time() - began)
    return int(turns * 0.001 / min(took))


async def memory() -> None:
    """Print what the processes hold, before and after many calls."""
    house = Through(module("echo"), 2)
    await house.dispatcher.start()
    await house(ECHO_INPUT, 20_000, BATCH)
    before = [resident_kb(pid) for pid in house.dispatcher.pids]
    await house(ECHO_INPUT, MANY, BATCH)
    after = [resident_kb(pid) for pid in house.dispatcher.pids]
    await house.dispatcher.close()
    promised(f"memory of two workers before and after {MANY:,} calls, KiB", f"{before} {after}", "no growth")


def cpu_ns(pid: int) -> int:
    """What all threads of a process have used of the processor. Only where there is /proc."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text("ascii").split()[0]) for task in tasks)


def resident_kb(pid: int) -> int:
    """Only where there is /proc."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


async def main() -> None:
    await measure("echo", module("echo"), ECHO_INPUT)
    for path in sorted(files.shipped("parts").glob("set/*.wasm")):
        await measure(path.parent.name, path.read_bytes(), SET_INPUT)
    await rate()
    await speed_up()
    await memory()


if __name__ == "__main__":
    asyncio.run(main())
