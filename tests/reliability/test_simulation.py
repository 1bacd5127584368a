"""The simulation itself: the same seed is the same story in every process, and what is ready happens in any order."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.reliability.simulation.loop import Stalled, VirtualLoop
from tests.reliability.simulation.story import tell

SEEDS = range(8)


def test_another_process_with_another_hash_seed_writes_the_same_journals() -> None:
    code = f"from tests.reliability.simulation.story import tell; print(*(tell(seed).journal for seed in {SEEDS!r}))"
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.split() == [tell(seed).journal for seed in SEEDS]


def test_stories_of_different_seeds_differ() -> None:
    assert len({tell(seed).journal for seed in SEEDS}) == len(SEEDS)


def test_what_is_ready_happens_in_every_order() -> None:
    async def story(said: list[str]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for word in "abc":
                tasks.create_task(say(said, word))

    async def say(said: list[str], word: str) -> None:
        await asyncio.sleep(0)
        said.append(word)

    orders: Counter[str] = Counter()
    for seed in range(200):
        said: list[str] = []
        VirtualLoop(Random(seed)).run(story(said))
        orders["".join(said)] += 1
    assert len(orders) == 6


def test_an_hour_takes_no_time() -> None:
    loop = VirtualLoop(Random(0))
    loop.run(asyncio.sleep(3600))
    assert loop.time() == 3600.0
    assert loop.steps < 10


def test_what_can_never_end_is_told() -> None:
    with pytest.raises(Stalled):
        VirtualLoop(Random(0)).run(asyncio.Event().wait())


def test_an_error_that_nobody_takes_is_a_complaint() -> None:
    async def story() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(1)

    loop = VirtualLoop(Random(0))
    loop.run(story())
    assert "ZeroDivisionError" in loop.complaints[0]
