"""What hostile parts beside them cost others: the slowest percent of good runs, with and without them.

    python -m tests.bench.bench_neighbours [rounds]

A service with the hostile modules of `tests/hostile` as parts. Good runs (one small step, asked for and answered over
HTTP) come at a moderate rate all the time. In every other block of some seconds a hostile run goes on beside them, and
when it has ended the next one, through all modules. Blocks of both kinds alternate, so that what else the machine does
falls on both alike. What counts is the slowest percent in the median of the blocks of a kind: a machine that stands
still for half a second in one of them decides nothing. Beside that, each kind's slowest percent of all runs is printed,
that of each block, and what was used of the processors, by whoever measures too.

Modules are compiled anew, in a cache of the bench's own: each once, when its first run comes. All that is written lies
in memory where there is a place for that, because a disk that takes 50 ms now and then is nobody's neighbour.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cypher_executor.bench.asking import Connection, connected, request
from tests.acceptance.support import Service, service
from tests.bench.rated import good_runs, slowest, store
from tests.bench.used import used_s
from tests.hostile.cases import Case, cases

ROUNDS = 8
BLOCK_S = 10.0
REST_S = 1.0
"""After a block, before the next one: what was begun in it comes to its end."""
GOOD_A_SECOND = 40
WANTED = 1.2
IN_MEMORY = "/dev/shm"


@dataclass
class Blocks:
    """All blocks of one kind: what their good runs took in ms, and what was used meanwhile, in s of a processor."""

    title: str
    times: list[list[float]] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)

    @property
    def p99(self) -> float:
        """Of the median of the blocks."""
        return statistics.median(map(slowest, self.times))

    def told(self) -> str:
        """For people."""
        everything = list(itertools.chain(*self.times))
        each = " ".join(f"{slowest(block):.1f}" for block in self.times)
        seconds = len(self.times) * BLOCK_S
        shares = ", ".join(f"{who} {used / seconds:.0%}" for who, used in self.used.most_common())
        return (
            f"{self.title}: {len(everything)} good runs, median {statistics.median(everything):.2f} ms; "
            f"p99 {self.p99:.2f} ms in the median of blocks ({each}), {slowest(everything):.2f} ms of all\n"
            f"  used of a core: {shares}"
        )


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if Path(IN_MEMORY).is_dir() else None) as name:
        folder = Path(name)
        known = [case for case in cases() if _is_a_part(case, folder / "parts")]
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        with service(folder / "data", parts_dir=str(folder / "parts"), workers="2") as one:
            quiet, beside, hostile = asyncio.run(measure(one, known, rounds))
    print(quiet.told(), beside.told(), sep="\n")
    ratio = beside.p99 / quiet.p99
    print(f"{hostile} hostile runs of {len(known)} modules; p99 {ratio:.2f} times (wanted: at most {WANTED})")
    return 0 if ratio <= WANTED else 1


def _is_a_part(case: Case, folder: Path) -> bool:
    """Put a case into the folder of parts, unless it is one that no folder takes."""
    if case.expect[0] == "refused" or case.tape:
        return False
    here = folder / case.name
    here.mkdir(parents=True)
    limits = case.limits
    lines = [f'name = "{case.name}"', 'version = "1.0.0"', f'summary = "{case.name}"', "[output]", "[limits]"]
    lines += [f"timeout_ms = {limits.timeout_ms}", f"memory_mb = {limits.memory_mb}", f"output_kb = {limits.output_kb}"]
    (here / "part.toml").write_text("\n".join(lines))
    (here / f"{case.name}.wasm").write_bytes(case.code)
    return True


async def measure(one: Service, known: Sequence[Case], rounds: int) -> tuple[Blocks, Blocks, int]:
    """Quiet blocks and those beside hostile runs, and how many of those went."""
    await store(one.url, {f"h_{case.name}": f"CREATE (a:{case.name})" for case in known})
    quiet, beside, hostile = Blocks("alone"), Blocks("beside hostile runs"), 0
    await good_runs(one.url, GOOD_A_SECOND, 1.0)
    names = itertools.cycle([case.name for case in known])
    for _ in range(rounds):
        await _measure(one, quiet)
        async with connected(one.url, 1) as (bad,):
            done = asyncio.Event()
            hostile_runs = asyncio.create_task(_ask_on(one.url, bad, names, done))
            await _measure(one, beside)
            done.set()
            hostile += await hostile_runs
            await asyncio.sleep(REST_S)
    return quiet, beside, hostile


async def _measure(one: Service, blocks: Blocks) -> None:
    before = used_s(one.pid)
    blocks.times.append(await good_runs(one.url, GOOD_A_SECOND, BLOCK_S))
    blocks.used += used_s(one.pid) - before


async def _ask_on(url: str, connection: Connection, names: itertools.cycle[str], done: asyncio.Event) -> int:
    """One hostile run after the other; how many."""
    count = 0
    while not done.is_set():
        answer = await connection.ask(request("POST", url, f"/webhooks/named/h_{next(names)}/trigger", b"{}"))
        assert answer.status in (200, 500), answer.body
        count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
