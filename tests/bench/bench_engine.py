"""What a step costs, as ratios against floors that are measured in the same run.

    python -m tests.bench.bench_engine

Floors: one sync of the disk (append 4 KiB and fdatasync), and one call of the same part by plain wasmtime-py (public
classes, fresh store and instance, standard input and output as files). Shapes: chains and fans of a pure part that
upper-cases a short string, inside one house with SQLite and real workers; three steps from webhook to answer through
the real service; and what the service costs to start and to hold.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx2

from cypher_executor import files
from cypher_executor.adapters.dispatch_local import attentive
from cypher_executor.settings import Settings
from cypher_executor.wiring import House, open_house
from tests.acceptance.support import Service, service

REPEATS = 15
UPPER = "{operation: 'upper', text: 'hello'}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sync_ms = median_ms(lambda: sync_once(Path(folder)), 100)
        call_ms = plain_call_ms()
        print(f"floors: one sync {sync_ms:.3f} ms, one plain wasmtime-py call {call_ms:.3f} ms\n")
        attentive.run(shapes(Path(folder) / "house", sync_ms, call_ms))
        whole_service(Path(folder) / "service", sync_ms, call_ms)


# --- floors -----------------------------------------------------------------------------------------------------------


def median_ms(work: Callable[[], object], times: int) -> float:
    return statistics.median(timed_ms(work) for _ in range(times))


def timed_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def sync_once(folder: Path) -> None:
    with (folder / "floor").open("ab") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fdatasync(file.fileno())


def plain_call_ms() -> float:
    import wasmtime

    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, str(files.shipped("parts") / "string_ops" / "string_ops.wasm"))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    with tempfile.TemporaryDirectory() as folder:
        given, got = Path(folder) / "in", Path(folder) / "out"
        given.write_text('{"operation": "upper", "text": "hello"}')

        def call() -> None:
            store = wasmtime.Store(engine)
            wasi = wasmtime.WasiConfig()
            wasi.stdin_file, wasi.stdout_file = str(given), str(got)
            store.set_wasi(wasi)
            start = linker.instantiate(store, module).exports(store)["_start"]
            try:
                start(store)  # type: ignore[operator]
            except wasmtime.ExitTrap as ended:
                assert ended.code == 0
            got.read_bytes()

        return median_ms(call, 300)


# --- shapes in one house ----------------------------------------------------------------------------------------------


def chain(steps: int) -> str:
    return "\n".join([f"CREATE (n0:string_ops {UPPER})", *(link(n) for n in range(1, steps))])


def link(n: int) -> str:
    return f"CREATE (n{n - 1})-[:ON_SUCCESS]->(n{n}:string_ops {UPPER})"


def fan(width: int) -> str:
    arms = (f"CREATE (a)-[:ON_SUCCESS]->(n{n}:string_ops {UPPER})-[:ON_SUCCESS]->(j)" for n in range(width))
    return "\n".join(["CREATE (a)", "CREATE (j {})", *arms])


async def shapes(data_dir: Path, sync_ms: float, call_ms: float) -> None:
    async with open_house(Settings(data_dir=data_dir)) as house:
        print(f"{'shape':<32}{'median':>10}{'per step':>11}{'/ call':>9}{'/ sync':>9}   wanted")
        for steps in (10, 100, 500):
            wanted = "at most 0.6 ms a step" if steps == 100 else ""
            row(f"chain of {steps}", steps, await run_ms(house, chain(steps)), sync_ms, call_ms, wanted)
        for width in (10, 100, 500):
            wanted = "at most 60 ms" if width == 100 else ""
            row(f"{width} in parallel and a join", width, await run_ms(house, fan(width)), sync_ms, call_ms, wanted)


def row(shape: str, steps: int, ms: float, sync_ms: float, call_ms: float, wanted: str) -> None:
    each = ms / steps
    print(f"{shape:<32}{ms:>7.1f} ms{each:>8.3f} ms{each / call_ms:>9.2f}{each / sync_ms:>9.2f}   {wanted}")


async def run_ms(house: House, cypher: str) -> float:
    async def once() -> None:
        started = await house.engine.start(await house.library.prepare_text(cypher, {}))
        assert await house.engine.wait(started.run, 60)

    await once()
    return statistics.median([await awaited_ms(once) for _ in range(REPEATS)])


async def awaited_ms(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1e3


# --- the whole service ------------------------------------------------------------------------------------------------


def whole_service(data_dir: Path, sync_ms: float, call_ms: float) -> None:
    help_ms = median_ms(lambda: python("-m", "cypher_executor", "--help"), 5)
    bare_ms = median_ms(lambda: python("-c", "pass"), 5)
    print(f"\n--help: {help_ms:.0f} ms, {help_ms / bare_ms:.1f} times an empty Python (wanted: under 400 ms)")
    began = time.perf_counter()
    with service(data_dir) as one:
        print(f"ready after {time.perf_counter() - began:.2f} s from nothing, seeds included")
        one.kill()
        began = time.perf_counter()
        one.start()
        ready_s = time.perf_counter() - began
        print(f"ready after {ready_s:.2f} s, {ready_s * 1000 / bare_ms:.0f} times an empty Python (wanted: under 1 s)")
        webhook(one, 2 * sync_ms + 3 * call_ms)
        print(f"resident memory of the service and its workers: {resident_mb(one):.0f} MB (wanted: under 250 MB)")


def python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def webhook(one: Service, least_ms: float) -> None:
    """`least_ms` is what its two syncs and three calls cost alone."""
    one.request("PUT", "/recipes/three", content=chain(3), headers={"content-type": "text/plain"}).raise_for_status()
    with httpx2.Client() as client:

        def trigger() -> None:
            assert client.post(f"{one.url}/webhooks/named/three/trigger", json={}).status_code == 200

        def health() -> None:
            assert client.get(f"{one.url}/healthz").status_code == 200

        for _ in range(20):
            trigger()
        times = sorted(timed_ms(trigger) for _ in range(200))
        floor_ms = median_ms(health, 100)
    print(
        f"three steps, webhook to answer: median {times[100]:.2f} ms, p95 {times[190]:.2f} ms, "
        f"{times[100] / floor_ms:.1f} times GET /healthz, {times[100] / least_ms:.1f} times two syncs and three calls "
        f"(wanted: at most 5 ms)"
    )


def resident_mb(one: Service) -> float:
    return sum(_resident_kb(pid) for pid in family(one.pid)) / 1024


def family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


if __name__ == "__main__":
    main()
