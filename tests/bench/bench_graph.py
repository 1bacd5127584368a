"""How fast the graph of recipes and runs answers: 100,000 steps, and 1,000,000 finished steps of thirty days.

    python tests/bench/bench_graph.py [steps, ...] [--folder DIR]

The rows are like those that the projection gives for runs of ten steps, of which one in ten failed in its last step.
The store writes them itself; what that takes is told, and with `--folder` it is done once. Questions go the whole way
from their text to the last row, through `Questions`, with a follower that finds nothing new. Each is asked many times;
what is printed is the median and the slowest, in milliseconds, beside what they may take.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cypher_executor.adapters.sqlite.graph import SqliteGraph
from cypher_executor.cypher.temporal.instants import DateTime
from cypher_executor.graph.model import STATES
from cypher_executor.graph.rows import NodeRow, RelationshipRow, Rows, together
from cypher_executor.graph.shown import moment
from cypher_executor.queries import Questions
from cypher_executor.queries.keeper import Keeper
from tests.graph.world import World

SOURCE = "bench"
STEPS_OF_RUN = 10
BEGAN_US = 1_767_225_600_000_000  # 2026-01-01
DAYS = 30
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Asked:
    """A question, and how many milliseconds it may take."""

    name: str
    text: str
    most_ms: float


ANCHORED = (
    Asked("a run and its steps", "MATCH (r:Run {id: $run})-[:RAN]->(s:Step) RETURN s.name, s.state, s.duration_ms", 5),
    Asked("a run, drawn", "MATCH p = (:Run {id: $run})-[:RAN]->(s)-[:ON_SUCCESS*0..1]->() RETURN p", 5),
    Asked("why a run failed", "MATCH (:Run {id: $run})-[:RAN]->(s:Step:Failed)-[:TRIED]->(a) RETURN s.error, a", 5),
    Asked("what is waiting", "MATCH (r:Run)-[:RAN]->(s:Step:Waiting) RETURN r.id, s.name, s.waits_for", 5),
    Asked("newest of a recipe", "MATCH (r:Run {name: $name}) WHERE r.started_at >= $late RETURN r.id, r.state", 5),
)
WHOLE = (
    Asked("steps by state", "MATCH (s:Step) RETURN s.state AS state, count(*) AS steps", 1000),
    Asked("steps by name", "MATCH (s:Step) RETURN s.name AS name, avg(s.duration_ms) AS usual, count(*) AS n", 1000),
)
STEPS_OF_DAY = "MATCH (s:Step) WHERE s.ended_at >= $from AND s.ended_at < $until"
RUNS_OF_DAY = "MATCH (r:Run) WHERE r.started_at >= $from AND r.started_at < $until"
OF_A_DAY = (
    Asked("steps of a day by state",
          f"{STEPS_OF_DAY} RETURN s.state AS state, count(*) AS n", 200),
    Asked("steps of a day by name",
          f"{STEPS_OF_DAY} RETURN s.name AS name, count(*) AS n", 200),
    Asked("what failed on a day",
          f"{STEPS_OF_DAY} AND s:Failed "
          "RETURN s.name AS name, s.error_code AS why, count(*) AS n ORDER BY n DESC", 200),
    Asked("runs of a day by recipe",
          f"{RUNS_OF_DAY} RETURN r.name AS name, count(*) AS n", 200),
    Asked("failed runs of a day", f"{RUNS_OF_DAY} AND r.state = 'failed' RETURN r.id LIMIT 100", 200),
)  # fmt: skip


def filling(steps: int) -> Iterator[Rows]:
    """The rows of one run after the other."""
    runs = steps // STEPS_OF_RUN
    for number in range(runs):
        at_us = BEGAN_US + number * DAYS * DAY_US // runs
        failed = number % 10 == 7
        state = "failed" if failed else "succeeded"
        about = {"name": f"recipe_{number % 50}", "id": _id(number), "tenant": "default", "version": 1,
                 "json": '{"order": 7}', "input_keys": ["order"], **_times(at_us, 10)}  # fmt: skip
        run = NodeRow("Run", _id(number), {**about, "state": state}, (STATES[state],))
        yield together([Rows((run,)), _steps(run, at_us, failed)])


def _steps(run: NodeRow, at_us: int, failed: bool) -> Rows:
    nodes: list[NodeRow] = []
    ways: list[RelationshipRow] = []
    for number in range(STEPS_OF_RUN):
        state = "failed" if failed and number == STEPS_OF_RUN - 1 else "succeeded"
        said: dict[str, Any] = {"state": state, **_times(at_us + number * 100_000, 1)}
        if state == "failed":
            said |= {"error_code": "http_503", "error": "the other side is down"}
        values = {"in.text": "some text", "json": '{"text": "some text"}', "output": '{"result": 12}'}
        about = {"name": f"step_{number}", "part": "string_ops", "attempts": 1, **values, **said}
        step = NodeRow("Step", f"{run.key}/step_{number}", about, (STATES[state],))
        tried = NodeRow("Attempt", f"{step.key}#1", {"name": "attempt 1", "number": 1, **said}, (STATES[state],))
        ways += [RelationshipRow(run.end, "RAN", step.end), RelationshipRow(step.end, "TRIED", tried.end)]
        if number:
            ways.append(RelationshipRow(nodes[-2].end, "ON_SUCCESS", step.end, "0"))
        nodes += [step, tried]
    return Rows(tuple(nodes), tuple(ways))


def _times(at_us: int, tenths: int) -> dict[str, Any]:
    ended = at_us + tenths * 100_000
    return {"started_at": moment(at_us), "ended_at": moment(ended), "duration_ms": tenths * 100}


def _id(number: int) -> str:
    return f"run_{number:026d}"


async def filled(path: Path, steps: int) -> SqliteGraph:
    """The graph, filled unless it was before."""
    store = SqliteGraph(path)
    if await store.position(SOURCE) is None:
        began, batch = time.perf_counter(), list[Rows]()
        for rows in filling(steps):
            batch.append(rows)
            if len(batch) == 200:
                await store.write(together(batch))
                batch.clear()
        await store.write(together(batch))
        await store.begin(SOURCE)
        took = time.perf_counter() - began
        size = path.stat().st_size / 1e6  # noqa: ASYNC240
        print(f"  filled in {took:.0f} s ({steps / took:,.0f} steps/s), {size:,.0f} MB")
    return store


async def measure(store: SqliteGraph, steps: int, asked: tuple[Asked, ...], times: int) -> None:
    """Ask each of these so many times."""
    world = World()
    questions = Questions(store, Keeper(world.mirror(store, SOURCE), world.clock), world.clock)
    day = DAYS // 2
    parameters: dict[str, DateTime | str | None] = {
        "run": _id(7),
        "name": "recipe_7",
        "late": moment(BEGAN_US + DAYS * DAY_US - DAY_US // 100),
        "from": moment(BEGAN_US + day * DAY_US),
        "until": moment(BEGAN_US + (day + 1) * DAY_US),
    }
    for one in asked:
        took, rows = [], 0
        for _ in range(times + 1):
            began = time.perf_counter()
            table = await questions.ask(one.text, parameters)
            rows = len(await table.all())
            took.append((time.perf_counter() - began) * 1e3)
        first, *others = took
        good = "ok" if statistics.median(others) < one.most_ms else "TOO SLOW"
        figures = f"median {statistics.median(others):8.2f}  slowest {max(others):8.2f}  first {first:8.2f}"
        print(f"  {one.name:26} {figures}  (< {one.most_ms:,.0f} ms: {good}; {rows} rows)")
    await questions.close()


async def main() -> None:
    """Fill what is not there, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for steps in given.steps or [100_000, 1_000_000]:
            print(f"{steps:,} steps")
            path = (given.folder or Path(temporary)) / f"graph-{steps}.sqlite3"
            store = await filled(path, steps)
            await measure(store, steps, ANCHORED, 50)
            store = SqliteGraph(path)
            await measure(store, steps, WHOLE if steps <= 100_000 else OF_A_DAY, 5)
    print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    asyncio.run(main())
