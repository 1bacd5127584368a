"""What no engine on this machine can be faster than, measured beside it.

One sync of the disk that the journal is on: an acceptance costs at least one. One call of the part by plain
wasmtime-py, as a program without any engine would make it (public classes, a fresh store and instance, standard input
and output as files). And one request and answer over loopback with a server that does nothing.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cypher_executor import files
from cypher_executor.bench.asking import connected, request
from cypher_executor.bench.shapes import PART, TEXT, UPPER

SYNCS = 100
CALLS = 200
TRIPS = 300


@dataclass(frozen=True, slots=True)
class Floors:
    """Medians, in milliseconds."""

    sync_ms: float
    call_ms: float
    trip_ms: float


async def measure(folder: Path) -> Floors:
    """Measure them; `folder` is on the disk in question."""
    return Floors(_sync_ms(folder), _call_ms(), await _trip_ms())


def _sync_ms(folder: Path) -> float:
    with (folder / "floor").open("ab") as file:

        def sync() -> None:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())

        return _median_ms(sync, SYNCS)


def _call_ms() -> float:
    import wasmtime

    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, str(files.shipped("parts") / PART / f"{PART}.wasm"))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    with tempfile.TemporaryDirectory() as folder:
        given, got = Path(folder, "in"), Path(folder, "out")
        given.write_text(f'{{"operation": "upper", "text": "{TEXT}"}}', "utf-8")

        def call() -> None:
            store, wasi = wasmtime.Store(engine), wasmtime.WasiConfig()
            wasi.stdin_file, wasi.stdout_file = str(given), str(got)
            store.set_wasi(wasi)
            start = linker.instantiate(store, module).exports(store)["_start"]
            assert isinstance(start, wasmtime.Func)
            try:
                start(store)
            except wasmtime.ExitTrap as ended:
                assert ended.code == 0
            assert UPPER in got.read_text("utf-8")

        return _median_ms(call, CALLS)


class _Nothing(asyncio.Protocol):
    """Answers whatever it is asked, with nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def _trip_ms() -> float:
    server = await asyncio.get_running_loop().create_server(_Nothing, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        asked, took = request("GET", url, "/"), list[float]()
        async with connected(url, 1) as (connection,):
            for _ in range(TRIPS):
                began = time.perf_counter()
                await connection.ask(asked)
                took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


def _median_ms(work: Callable[[], None], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)
