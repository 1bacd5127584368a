"""A thousand steps that wait for one slow server at the same time, and what that costs everybody else.

    python -m tests.bench.bench_waiting [steps]

The server answers nobody before all have asked, so "at the same time" is a fact and not a hope. Meanwhile small pure
runs go on beside it. Ends with exit code 1 when the service needs 300 MB or more, has a thread for each that waits, or
when a step is not answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx2

from tests.acceptance.support import Service, service

MOST_MB = 300
MOST_THREADS = 64
SMALL = "CREATE (a:set {x: 1})-[:ON_SUCCESS]->(b:set {x: a.x}) RETURN b.x AS x"


class Slow:
    """A server that answers when `steps` requests wait, and says when that is so."""

    def __init__(self, steps: int) -> None:
        self.waiting = 0
        self.most = 0
        self.all_wait = threading.Event()
        self._steps = steps
        self._loop = asyncio.new_event_loop()
        self._gate = asyncio.Event()
        opened = threading.Event()
        threading.Thread(target=self._run, args=(opened,), daemon=True).start()
        opened.wait()

    def open(self) -> None:
        """Let everybody have their answer."""
        self._loop.call_soon_threadsafe(self._gate.set)

    def _run(self, opened: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2048))
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        opened.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            if self.waiting >= self._steps:
                self.all_wait.set()
            await self._gate.wait()
            self.waiting -= 1
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
            )
            await writer.drain()
        writer.close()


def recipe(steps: int, address: str) -> str:
    return f"""
        CREATE (all:http_request {{for_each: range(1, {steps}), url: 'http://{address}/', query: {{n: item}}}})
        RETURN size([one IN all WHERE one.status = 200]) AS answered
    """


def of_process(pid: int, field: str) -> int:
    """A figure from the kernel: VmRSS and VmHWM are in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


def small_runs(http: httpx2.Client, count: int = 100) -> list[float]:
    """How long small runs take, in milliseconds."""
    took: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        answer = http.post("/runs", json={"cypher": SMALL, "input": {}}, headers={"prefer": "wait=30"})
        took.append((time.perf_counter() - began) * 1000)
        assert answer.json()["state"] == "succeeded", answer.text
    return took


def told(name: str, took: list[float]) -> str:
    cuts = statistics.quantiles(took, n=100)
    return f"small runs {name}: median {statistics.median(took):.1f} ms, p99 {cuts[98]:.1f} ms"


def measure(one: Service, slow: Slow, steps: int, http: httpx2.Client) -> bool:
    small_runs(http, 20)
    before = small_runs(http)
    began = time.perf_counter()
    run = http.post("/runs", json={"cypher": recipe(steps, slow.address), "input": {}}).json()["id"]
    together = slow.all_wait.wait(28)
    reached_s = time.perf_counter() - began
    during = small_runs(http)
    memory_mb, threads = of_process(one.pid, "VmRSS") / 1024, of_process(one.pid, "Threads")
    slow.open()
    ended = one.until_ended(run, 120)
    peak_mb = of_process(one.pid, "VmHWM") / 1024
    print(f"{slow.most} of {steps} steps waited at the same time, after {reached_s:.1f} s")
    print(f"service: {memory_mb:.0f} MB while they wait, {peak_mb:.0f} MB at most, {threads} threads")
    print(told("before", before))
    print(told("beside", during))
    print(f"answered: {ended['result']}")
    return together and peak_mb < MOST_MB and threads < MOST_THREADS and ended["result"] == {"answered": steps}


def main() -> int:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    slow = Slow(steps)
    with (
        tempfile.TemporaryDirectory() as folder,
        service(Path(folder), egress_allow=slow.address) as one,
        httpx2.Client(base_url=one.url, timeout=60) as http,
    ):
        return 0 if measure(one, slow, steps, http) else 1


if __name__ == "__main__":
    sys.exit(main())
