"""What hostile parts beside them cost others: the slowest percent of good runs, with and without them.

    python -m tests.bench.bench_neighbours [rounds]

A service with the hostile modules of `tests/hostile` as parts. Good runs (one small step, asked for and answered over
HTTP) come at a moderate rate all the time. In every other block of some seconds a hostile run goes on beside them, and
when it has ended the next one, through all modules. Blocks of both kinds alternate, so that what else the machine does
falls on both alike. Printed for each kind of block: median and slowest percent, and the ratio of those.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cypher_executor.bench.asking import Connection, connected, request
from tests.acceptance.support import service
from tests.bench.rated import good_runs, slowest, store
from tests.hostile.cases import Case, cases

ROUNDS = 8
BLOCK_S = 4.0
REST_S = 1.0
"""After a block, before the next one: what was begun in it comes to its end."""
GOOD_A_SECOND = 40
WANTED = 1.2


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        known = [case for case in cases() if _is_a_part(case, folder / "parts")]
        with service(folder / "data", parts_dir=str(folder / "parts"), workers="2") as one:
            quiet, beside, hostile = asyncio.run(measure(one.url, known, rounds))
    ratio = slowest(beside) / slowest(quiet)
    for title, times in (("alone", quiet), ("beside hostile runs", beside)):
        print(f"{title}: {len(times)} good runs, median {statistics.median(times):.2f} ms, p99 {slowest(times):.2f} ms")
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


async def measure(url: str, known: Sequence[Case], rounds: int) -> tuple[list[float], list[float], int]:
    """The times of good runs in quiet blocks and beside hostile runs, in milliseconds; and how many of those went."""
    await store(url, {f"h_{case.name}": f"CREATE (a:{case.name})" for case in known})
    quiet: list[float] = []
    beside: list[float] = []
    hostile = 0
    await good_runs(url, GOOD_A_SECOND, 1.0)
    names = itertools.cycle([case.name for case in known])
    for _ in range(rounds):
        quiet += await good_runs(url, GOOD_A_SECOND, BLOCK_S)
        async with connected(url, 1) as (bad,):
            done = asyncio.Event()
            hostile_runs = asyncio.create_task(_ask_on(url, bad, names, done))
            beside += await good_runs(url, GOOD_A_SECOND, BLOCK_S)
            done.set()
            hostile += await hostile_runs
            await asyncio.sleep(REST_S)
    return quiet, beside, hostile


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
