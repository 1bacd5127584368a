"""What a call of a part costs, as ratios to a bare call of the same module measured in the same run.

    python -m tests.bench.bench_worker

`bare` is what a program would write with wasmtime-py's public classes: a fresh store and instance, native WASI, bytes
in and bytes out, no limits. `inside` is the same call in the worker's sandbox, with all limits. `through` is as the
engine sees it: a batch through one worker process and back, strict JSON and events included; `through two` uses two
processes. `alone` is one call at a time, each waiting for the one before. Rounds of all kinds take turns, and medians
are shown, so that a busy machine disturbs all of them alike.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import json
import socket
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import wasmtime
from wasmtime import _bindings as c_api

from cypher_executor import files
from cypher_executor.adapters.dispatch_local import LocalDispatcher
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

    def by_digest(self, digest: Digest) -> Part | None:
        return self._part

    def all(self) -> Sequence[Part]:
        return [self._part]

    async def module(self, digest: Digest) -> bytes:
        return self._code


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

    kinds: dict[str, Callable[[], Awaitable[None]]] = {
        "bare": lambda: repeat(bare),
        "inside": lambda: repeat(inside),
        "through": lambda: one(given, CALLS, CALLS),
        "through two": lambda: two(given, CALLS, CALLS),
        "alone": lambda: one(given, CALLS, 1),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, work in kinds.items():
            began = time.perf_counter()
            await work()
            times[kind].append((time.perf_counter() - began) / CALLS * 1e6)
    await one.dispatcher.close()
    await two.dispatcher.close()
    base = statistics.median(times["bare"])
    print(f"{name} ({len(code)} bytes of module, {len(data)} bytes of input)")
    for kind, took in times.items():
        print(f"  {kind:<12} {statistics.median(took):8.1f} µs   {statistics.median(took) / base:5.2f} times bare")


async def memory() -> None:
    """Print what the processes hold, before and after many calls."""
    house = Through(module("echo"), 2)
    await house.dispatcher.start()
    await house(ECHO_INPUT, 2_000, 500)
    before = [resident_kb(pid) for pid in house.dispatcher.pids]
    await house(ECHO_INPUT, 50_000, 500)
    after = [resident_kb(pid) for pid in house.dispatcher.pids]
    await house.dispatcher.close()
    print(f"resident memory of two workers: {before} KiB, and 50,000 calls later {after} KiB")


def resident_kb(pid: int) -> int:
    """Only where there is /proc."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


async def main() -> None:
    await measure("echo", module("echo"), ECHO_INPUT)
    for path in sorted(files.shipped("parts").glob("set/*.wasm")):
        await measure(path.parent.name, path.read_bytes(), SET_INPUT)
    await memory()


if __name__ == "__main__":
    asyncio.run(main())
