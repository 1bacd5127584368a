"""A few hundred damaged modules: refused, or run within their limits; no process goes down, no neighbour is disturbed.

The long command is `python -m tests.hostile.damaged --count 100000`.
"""

from __future__ import annotations

import pytest

from tests.hostile import damaged
from tests.hostile.leb import read_unsigned, sections, unsigned

COUNT = 200


async def test_damaged_modules_are_refused_or_end_within_their_limits() -> None:
    counts = await damaged.try_many(iter(range(COUNT)))
    assert sum(counts.values()) == COUNT
    assert counts["refused"] > COUNT / 4, "much damage is found when a module is admitted"
    assert counts["refused"] < COUNT * 0.95, "and some is not, and runs"


def test_a_seed_stands_for_one_module() -> None:
    assert [damaged.damaged(seed) for seed in range(50)] == [damaged.damaged(seed) for seed in range(50)]
    assert len({damaged.damaged(seed) for seed in range(50)}) > 40


@pytest.mark.parametrize("value", [0, 127, 128, 300, (1 << 32) - 1, 1 << 40])
def test_numbers_are_read_as_they_were_written(value: int) -> None:
    assert read_unsigned(b"x" + unsigned(value) + b"y", 1) == (value, 1 + len(unsigned(value)))


def test_sections_together_are_the_module() -> None:
    for module in damaged.ORIGINALS:
        assert module[: damaged.HEAD] + b"".join(sections(module)) == module
