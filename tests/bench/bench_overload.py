"""How long a service that is full takes to say so, and what those who were accepted notice of it.

    python -m tests.bench.bench_overload

A service with room for a hundred open runs is filled with runs that wait; then a thousand starts are refused, eight at
a time. Ends with exit code 1 when the slowest percent of the refusals take 50 ms or more, one lacks `Retry-After`, or a
run that was accepted is not there afterwards.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2

from tests.acceptance.support import Service, service

ROOM, REFUSED, AT_ONCE = 100, 1_000, 8
ALLOWED_MS = 50.0
WAITS = {"cypher": "CREATE (nap:wait {seconds: 86400})", "input": {}}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), max_open_runs=str(ROOM)) as one:
        accepted = [one.post("/runs", WAITS).json()["id"] for _ in range(ROOM)]
        answers = refusals(one)
        took_ms = sorted(took for took, _ in answers)
        slow_ms = took_ms[len(took_ms) * 99 // 100]
        fine = all(answer.status_code in (429, 503) and "retry-after" in answer.headers for _, answer in answers)
        there = all(one.run(run)["state"] == "waiting" for run in accepted)
    print(f"{len(answers)} starts refused, {AT_ONCE} at a time: median {statistics.median(took_ms):.1f} ms, ", end="")
    print(
        f"p99 {slow_ms:.1f} ms (less than {ALLOWED_MS:g}); each with Retry-After: {fine}; accepted runs there: {there}"
    )
    return 0 if fine and there and slow_ms < ALLOWED_MS else 1


def refusals(one: Service) -> list[tuple[float, Any]]:
    """Each answer with the time that it took in milliseconds."""

    def ask(count: int) -> list[tuple[float, Any]]:
        with httpx2.Client(base_url=one.url) as http:
            return [_timed(http) for _ in range(count)]

    with ThreadPoolExecutor(AT_ONCE) as callers:
        return [each for part in callers.map(ask, [REFUSED // AT_ONCE] * AT_ONCE) for each in part]


def _timed(http: httpx2.Client) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = http.post("/runs", json=WAITS)
    return (time.perf_counter() - began) * 1000, answer


if __name__ == "__main__":
    sys.exit(main())
