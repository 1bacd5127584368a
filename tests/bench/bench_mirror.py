"""What the mirror costs the runs, however its Neo4j is, and how soon it is right again.

    python -m tests.bench.bench_mirror [rounds] [trouble ...]

Two services: one without Neo4j, one that mirrors into a real one (`tests/neo4j/`) through a proxy. Good runs (one small
step, over HTTP) come at a rate, in turns at the one and at the other, so that both have the same minute of a machine
whose speed changes. The mirror's Neo4j is there; is slow (200 ms each way); accepts and never answers; refuses; is
killed and started again; is wiped. Killing it and starting it takes processors, so that happens beside the runs of the
service without a mirror as well.

Neo4j and the proxy have the lowest priority: what the mirror costs the runs is measured, not what it costs to have a
database on the same processors, which would be another machine's.

Printed for each: median and slowest percent of the runs and their ratios to those of the service without a mirror, each
as the median of what the rounds have shown (with the range of the ratio: the slowest percent of a few seconds is much
luck); how old the oldest event was that the mirror lacked at the end (after a wipe that is the first of all); and how
long after Neo4j's return it was right again: every run that the journal has is there, in the state that the journal
tells, with its step.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from tests.acceptance.support import Service, service
from tests.bench.disturbed import Disturbed, disturbed
from tests.bench.rated import good_runs, slowest, store
from tests.neo4j.real import Neo4j

ROUNDS = 5
BLOCK_S = 5.0
WARM_UP_S = 1.0
GOOD_A_SECOND = 100
RIGHT_WITHIN_S = 120.0
STATES = "MATCH (r:Run) OPTIONAL MATCH (r)-[:RAN]->(s:Step) RETURN r.id AS run, r.state AS state, count(s) AS steps"

Deed = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What becomes of Neo4j while runs come, and how it returns. `both`: the runs without a mirror have it, too."""

    name: str
    begin: Deed
    end: Deed
    both: bool = False


@dataclass(slots=True)
class Seen:
    """What one kind of trouble did, round by round: times of runs in milliseconds, the rest in seconds."""

    without: list[list[float]] = field(default_factory=list)
    beside: list[list[float]] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)

    def told(self) -> str:
        told = f"median {self._compared(statistics.median)}; p99 {self._compared(slowest)}"
        return told + f"; lag {max(self.lags):5.1f} s, right again after {max(self.returns):4.1f} s"

    def _compared(self, of: Callable[[list[float]], float]) -> str:
        ratios = [of(beside) / of(without) for beside, without in zip(self.beside, self.without, strict=True)]
        middle, each = statistics.median(ratios), statistics.median(map(of, self.beside))
        return f"{each:6.2f} ms, {middle:4.2f} times that without ({min(ratios):4.2f} to {max(ratios):4.2f})"


def main() -> None:
    rounds, *names = sys.argv[1:] or [ROUNDS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        neo4j = _started(folder / "neo4j")
        try:
            with disturbed(neo4j.port) as way, service(folder / "without", workers="1") as without:
                address = {"NEO4J_URI": f"bolt://127.0.0.1:{way.port}"}
                with mock.patch.dict(os.environ, address), service(folder / "with", workers="1") as mirrored:
                    asyncio.run(measure(without, mirrored, neo4j, way, int(rounds), names))
        finally:
            neo4j.stop()


class Yielding(Neo4j):
    """Neo4j with the lowest priority."""

    def command(self) -> Sequence[str | Path]:
        return ["nice", "-n", "19", *super().command()]


def _started(folder: Path) -> Neo4j:
    folder.mkdir()
    neo4j = Yielding(folder)
    neo4j.start()
    return neo4j


async def measure(
    without: Service, mirrored: Service, neo4j: Neo4j, way: Disturbed, rounds: int, names: Sequence[str]
) -> None:
    """Have each trouble in turn, or those of these names, and print what was seen."""
    for one in (without, mirrored):
        await store(one.url, {})
        await good_runs(one.url, GOOD_A_SECOND, 2.0)
    await _right(mirrored, neo4j)
    for trouble in _troubles(neo4j, way):
        if names and trouble.name not in names:
            continue
        seen = Seen()
        for _ in range(rounds):
            await _one(trouble, seen, without, mirrored, neo4j)
        print(f"Neo4j {trouble.name:9}: {seen.told()}", flush=True)


def _troubles(neo4j: Neo4j, way: Disturbed) -> list[Trouble]:
    def passing() -> None:
        way.be("passing")

    return [
        Trouble("there", passing, passing),
        Trouble("slow", lambda: way.be("slow"), passing),
        Trouble("silent", lambda: way.be("silent"), passing),
        Trouble("refusing", lambda: way.be("refusing"), passing),
        Trouble("killed", neo4j.kill, neo4j.start, both=True),
        Trouble("wiped", lambda: _wipe(neo4j), passing),
    ]


async def _one(trouble: Trouble, seen: Seen, without: Service, mirrored: Service, neo4j: Neo4j) -> None:
    if trouble.both:
        trouble.begin()
    seen.without.append(await _block(without))
    if trouble.both:
        await asyncio.to_thread(trouble.end)
        await _right(mirrored, neo4j)
    await asyncio.to_thread(trouble.begin)
    seen.beside.append(await _block(mirrored))
    seen.lags.append(mirrored.request("GET", "/mirror").json()["neo4j"]["lag_s"])
    await asyncio.to_thread(trouble.end)
    seen.returns.append(await _right(mirrored, neo4j))


async def _block(one: Service) -> list[float]:
    """What runs take, once the first of them are over: whoever has rested is slow for a moment."""
    await good_runs(one.url, GOOD_A_SECOND, WARM_UP_S)
    return await good_runs(one.url, GOOD_A_SECOND, BLOCK_S)


def _wipe(neo4j: Neo4j) -> None:
    with neo4j.driver() as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")


async def _right(mirrored: Service, neo4j: Neo4j) -> float:
    """How long it takes, from now on, until the mirror tells what the journal tells."""
    began = time.monotonic()
    wanted = await asyncio.to_thread(_journaled, mirrored)
    while (found := await asyncio.to_thread(_mirrored, neo4j)) != wanted:
        differs = len(wanted.items() - found.items())
        assert time.monotonic() - began < RIGHT_WITHIN_S, f"{differs} of {len(wanted)} runs are not right"
        await asyncio.sleep(0.2)
    return time.monotonic() - began


def _journaled(one: Service) -> dict[str, tuple[str, int]]:
    """Each run with its state; a good run has one step."""
    runs: dict[str, tuple[str, int]] = {}
    before: str | None = ""
    while before is not None:
        page = one.request("GET", "/runs", params={"limit": 200, **({"before": before} if before else {})}).json()
        runs |= {run["id"]: (run["state"], 1) for run in page["runs"]}
        before = page["next_before"]
    return runs


def _mirrored(neo4j: Neo4j) -> dict[str, tuple[str, int]]:
    with neo4j.driver() as driver:
        return {row["run"]: (row["state"], row["steps"]) for row in driver.execute_query(STATES).records}


if __name__ == "__main__":
    main()
