"""How long a service needs to be ready when its journal holds many open runs.

    python -m tests.bench.bench_recovery [runs ...]

The runs are those of a real service: one of each kind is started, and killed with `kill -9` where it stands; then its
events are written again and again, under new ids, into the real journal. What is measured is a real process, from its
start to its event `ready`, beside the same with an empty journal. Afterwards `doctor --deep` must find nothing, and a
run that is picked out must go on where it stood. Ends with exit code 1 when 10,000 runs take more than 3 s or 100,000
more than 20 s.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.core.events import Event, RunStarted
from cypher_executor.ports import Appended, Entry, Opening
from tests.acceptance.support import Service, service

ALLOWED_S = {10_000: 3.0, 100_000: 20.0}
REPEATS = 3
AT_ONCE = 1_000

NAPS = """
    CREATE (a:set {n: $n})-[:ON_SUCCESS]->(b:string_ops {operation: 'upper', text: 'hello'})
    CREATE (b)-[:ON_SUCCESS]->(nap:wait {seconds: 86400})-[:ON_SUCCESS]->(c:set {n: a.n})
    RETURN c.n AS n
"""
ASKS = """
    CREATE (a:set {n: $n})-[:ON_SUCCESS]->(ask:wait_for_callback {note: 'please'})
    CREATE (a)-[:ON_SUCCESS]->(b:string_ops {operation: 'upper', text: 'hello'})
    CREATE (ask)-[:ON_SUCCESS]->(c {answer: ask, loud: b.result})<-[:ON_SUCCESS]-(b)
    RETURN c AS c
"""
LOOPS = """
    CREATE (list {items: range(1, 4)})
    CREATE (list)-[:FOR_EACH {in: list.items}]->(one:number_ops {operation: 'round', value: item})
    CREATE (one)-[:ON_SUCCESS]->(nap:wait {seconds: 86400})-[:COLLECT]->(all {n: $n})
    RETURN all.n AS n
"""
KINDS = {NAPS: 2, ASKS: 2, LOOPS: 4}
"""Recipes, and how many of their steps have been executed when nothing moves any more."""


def main() -> int:
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        histories = record(Path(folder) / "recorded")
        empty_s = statistics.median(start(Path(folder) / "empty", 0) for _ in range(REPEATS))
        print(f"an empty journal: ready in {empty_s:.2f} s (median of {REPEATS})")
        return max(measure(Path(folder) / str(size), size, histories, empty_s) for size in sizes)


def measure(folder: Path, runs: int, histories: Sequence[Sequence[Event]], empty_s: float) -> int:
    events, last = asyncio.run(fill(folder, runs, histories))
    took_s = statistics.median(start(folder, runs) for _ in range(REPEATS))
    allowed_s = ALLOWED_S.get(runs, float("inf"))
    print(
        f"{runs} open runs, {events} events: ready in {took_s:.2f} s, {took_s - empty_s:.2f} s more than an empty one"
        f" (median of {REPEATS}; at most {allowed_s:g} s)"
    )
    went_on = one_goes_on(folder, last)
    sound = doctor(folder)
    return 0 if took_s <= allowed_s and sound and went_on else 1


# --- a journal with many open runs ------------------------------------------------------------------------------------


def record(folder: Path) -> list[Sequence[Event]]:
    """The events of one run of each kind, as a service that was killed has left them."""
    with service(folder) as one:
        started = [one.post("/runs", {"cypher": text, "input": {"n": 1}}).json()["id"] for text in KINDS]
        for run, executed in zip(started, KINDS.values(), strict=True):
            one.until(run, lambda seen, executed=executed: stands_still(seen, executed))  # type: ignore[misc]
    return asyncio.run(read(folder, started))


def stands_still(run: dict[str, Any], executed: int) -> bool:
    done = [step for step in run["steps"] if step["state"] == "succeeded" and step["part"] is not None]
    return len(done) >= executed and any(step["state"] == "waiting" for step in run["steps"])


async def read(folder: Path, runs: Sequence[Any]) -> list[Sequence[Event]]:
    journal = SqliteJournal(Database(folder), lambda: 0)
    try:
        return [await journal.read(run) for run in runs]
    finally:
        await journal.close()


async def fill(folder: Path, runs: int, histories: Sequence[Sequence[Event]]) -> tuple[int, str]:
    """Write so many runs; how many events that were, and the id of the last run that waits for somebody."""
    journal, clock = SqliteJournal(Database(folder), lambda: 0), SystemClock()
    entries, events = list(copies(runs, histories, clock)), 0
    for first in range(0, runs, AT_ONCE):
        page = entries[first : first + AT_ONCE]
        outcomes = await journal.append(page)
        assert all(isinstance(outcome, Appended) for outcome in outcomes), outcomes
        events += sum(len(entry.events) for entry in page)
    asking = next(e.run for e in reversed(entries) if e.opening and e.opening.recipe_text == ASKS)
    await journal.close()
    return events, asking


def copies(runs: int, histories: Sequence[Sequence[Event]], clock: SystemClock) -> Iterator[Entry]:
    texts = list(KINDS)
    for number in range(runs):
        first, *rest = histories[number % len(histories)]
        assert isinstance(first, RunStarted)
        run = clock.new_run_id()
        begun = replace(first, run=run, input={"n": number})
        yield Entry(run, 0, (begun, *rest), Opening(texts[number % len(texts)]))


# --- the service ------------------------------------------------------------------------------------------------------


def start(folder: Path, runs: int) -> float:
    """Seconds from the start of the process to `ready`; says what it holds."""
    one = Service(folder)
    began = time.perf_counter()
    try:
        one.start()
        took_s = time.perf_counter() - began
        report = one.request("GET", "/readyz")
        assert report.status_code == 200 and report.json()["unreadable_runs"] == 0, report.text
        if runs:
            print(f"  ready in {took_s:.2f} s, {of_process(one.pid):.0f} MB")
        return took_s
    finally:
        one.kill()


def of_process(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


def one_goes_on(folder: Path, run: str) -> bool:
    """A run that waits for somebody gets its callback and ends."""
    with service(folder) as one:
        waiting = next(step for step in one.run(run)["steps"] if step["name"] == "ask")
        path = "/" + waiting["wait"]["callback_url"].split("/", 3)[3]
        assert one.post(path, {"yes": True}).status_code == 200
        ended = one.until_ended(run)
    return bool(ended["state"] == "succeeded" and ended["result"]["c"]["answer"] == {"yes": True})


def doctor(folder: Path) -> bool:
    began = time.perf_counter()
    command = [sys.executable, "-m", "cypher_executor", "doctor", "--deep", "--json", "--data-dir", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(said.stdout)
    print(f"  doctor --deep: {told['findings'] or 'nothing is wrong'} ({time.perf_counter() - began:.1f} s)")
    return bool(told["ok"])


if __name__ == "__main__":
    sys.exit(main())
