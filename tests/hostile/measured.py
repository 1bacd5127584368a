"""How long hostile modules hold a worker, and what their neighbours feel.

    python -m tests.hostile.measured [--rounds 3]

First each case is run alone: it must end within its limit and 100 ms. Then calls of an ordinary part are timed, one
at a time, on a dispatcher with two workers, first in peace and then while hostile modules with a limit of 50 ms keep a
worker busy: their 99th percentile may grow by 20 %. Machines that do other things meanwhile disturb both figures, so
the best of several rounds counts, and the machine's load is shown beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import time
from dataclasses import replace
from typing import Final

from cypher_executor.core.parts import Limits
from cypher_executor.files import shipped
from tests.contracts.test_dispatcher import Bench
from tests.hostile.cases import Case, cases
from tests.hostile.house import House

GRACE_MS: Final = 100
CALLS: Final = 1500
GIVEN: Final = {"greeting": "hello", "items": [1, 2, 3]}


async def ran_ms(house: House, case: Case, rounds: int) -> float:
    """How long a case runs, in the best of some rounds."""
    return min([(await house.try_(case)).ran_ms for _ in range(rounds)])


async def all_overtimes(rounds: int) -> int:
    """Print what ended late; how many did."""
    late, house = [], House()
    await house.dispatcher.start()
    for case in cases():
        took = await ran_ms(house, case, rounds)
        if took > case.limits.timeout_ms + GRACE_MS:
            late.append(f"  {case.name}: {took:.0f} ms with a limit of {case.limits.timeout_ms} ms")
    await house.dispatcher.close()
    _say(f"{len(cases())} cases, {len(late)} ended later than {GRACE_MS} ms after their limit", *late)
    return len(late)


async def percentile(bench: Bench, digest: str) -> float:
    """The 99th percentile of a call, in ms."""
    took = []
    for _ in range(CALLS):
        node = f"c{len(bench.events)}"
        began = time.perf_counter()
        bench.send({node: digest}, input=GIVEN)  # type: ignore[dict-item]
        await bench.until(node)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[CALLS * 99 // 100]


async def beside(bench: Bench) -> None:
    """Hostile modules, one after the other, for ever."""
    hostile = [
        c for c in cases() if c.expect[1] in ("timeout", "output_limit", "stack_overflow", "memory_limit", "trap")
    ]
    digests = [bench.shelf.put(c.code, replace(c.limits, timeout_ms=50)) for c in hostile]
    for number in itertools.count():
        node = f"h{number} {len(bench.events)}"
        bench.send({node: digests[number % len(digests)]})
        await bench.until(node)


async def neighbours(rounds: int) -> float:
    """Print the percentiles; by how much they grow, as a share."""
    bench = Bench(2)
    await bench.dispatcher.start()
    digest = bench.shelf.put(next(shipped("parts").glob("set/*.wasm")).read_bytes(), Limits())
    await percentile(bench, digest)
    growths = []
    for _ in range(rounds):
        alone = await percentile(bench, digest)
        harm = asyncio.create_task(beside(bench))
        growths.append((await percentile(bench, digest) / alone - 1, alone))
        harm.cancel()
        await asyncio.gather(harm, return_exceptions=True)
    await bench.dispatcher.close()
    growth, alone = min(growths)
    load = os.getloadavg()[0]
    _say(f"a neighbour's p99: {alone:.2f} ms in peace, {growth:+.0%} beside hostile modules (load {load:.1f})")
    return growth


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> int:
    """The command; how many promises did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    return asyncio.run(all_overtimes(rounds)) + (asyncio.run(neighbours(rounds)) > 0.2)


if __name__ == "__main__":
    sys.exit(main())
