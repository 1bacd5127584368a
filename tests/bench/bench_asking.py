"""What questions to the graph cost the runs: the slowest percent of good runs while nobody asks, and beside questions.

    python -m tests.bench.bench_asking [rounds]

Good runs (one small step, over HTTP) come at a rate all the time. In turns, blocks of some seconds in which nobody asks
anything, in which one question is asked a second, and in which ten are: what runs there are by state, and the newest
steps of one recipe, so the graph has to be as new as the journal each time. Printed for each: median, slowest percent,
its ratio to that of the quiet blocks, and what an answer took.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from cypher_executor.bench.asking import connected, request
from tests.acceptance.support import service
from tests.bench.rated import good_runs, slowest, store

ROUNDS = 4
BLOCK_S = 5.0
GOOD_A_SECOND = 200
QUESTIONS = (
    "MATCH (r:Run) RETURN r.state AS state, count(*) AS runs",
    "MATCH (r:Run {name: 'good'})-[:RAN]->(s) RETURN s.name, s.state ORDER BY r.started_at DESC LIMIT 20",
)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), workers="2") as one:
        runs, answers = asyncio.run(measure(one.url, rounds))
    for rate, times in runs.items():
        told = f"{rate:2d} questions a second: median {statistics.median(times):6.2f} ms, p99 {slowest(times):7.2f} ms"
        told += f", {slowest(times) / slowest(runs[0]):5.2f} times the p99 without"
        print(told + (f"; an answer took {statistics.median(answers[rate]):.1f} ms" if rate else ""))


async def measure(url: str, rounds: int) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """By questions a second: the times of good runs, and of answers, in milliseconds."""
    await store(url, {})
    await good_runs(url, GOOD_A_SECOND, 1.0)
    runs: dict[int, list[float]] = {0: [], 1: [], 10: []}
    answers: dict[int, list[float]] = {0: [], 1: [], 10: []}
    for _ in range(rounds):
        for rate in runs:
            asking = asyncio.create_task(_ask(url, rate, answers[rate])) if rate else None
            runs[rate] += await good_runs(url, GOOD_A_SECOND, BLOCK_S)
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
    return runs, answers


async def _ask(url: str, a_second: int, took: list[float]) -> None:
    async with connected(url, 1) as (connection,):
        for text in itertools.cycle(QUESTIONS):
            began = time.perf_counter()
            answer = await connection.ask(request("POST", url, "/query", json.dumps({"query": text}).encode()))
            assert answer.status == 200, answer.body
            took.append((time.perf_counter() - began) * 1e3)
            await asyncio.sleep(max(0.0, 1 / a_second - (time.perf_counter() - began)))


if __name__ == "__main__":
    main()
