"""The mirror beside a loop that it must not hold up, and the name of a journal."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from cypher_executor.mirror.source import source_of
from cypher_executor.mirror.thread import MirrorThread, mirroring
from tests.contracts.conftest import STORAGES, Time, Writing
from tests.graph.story import told
from tests.graph.targets import Cut, KeptTarget
from tests.graph.world import World


async def reached(thread: MirrorThread, position: int) -> None:
    """Until the mirror has come so far; the test's own time limit is the patience."""
    while thread.status.position != position or thread.status.behind_since_us is not None:
        await asyncio.sleep(0.01)


async def test_it_mirrors_in_a_thread_of_its_own_and_ends_when_told() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    thread = MirrorThread(lambda: target, world.mirror)
    async with mirroring(thread):
        await reached(thread, await world.journal.head())
    assert target.graph.node_count("Run") == 6
    assert not thread._thread.is_alive()


async def test_a_target_that_is_away_holds_up_neither_the_loop_nor_the_end() -> None:
    class Hole(Cut):
        async def position(self, source: str) -> int | None:
            await asyncio.Event().wait()
            return None

    world = World()
    await told(world)
    thread = MirrorThread(lambda: Hole(KeptTarget(), 0), world.mirror)
    began = time.monotonic()
    async with mirroring(thread), world.running() as engine:
        await world.start(engine, "shop")
    assert time.monotonic() - began < 20  # the end waits a bounded time for what is being written, no longer
    assert not thread._thread.is_alive()


def test_a_journal_keeps_its_name_and_two_have_two(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert source_of(one) == source_of(one) != source_of(other)


async def test_the_head_of_a_journal_is_the_greatest_position_that_was_given(tmp_path: Path) -> None:
    for name, make in STORAGES.items():
        storage, writing = make(tmp_path / name, Time()), Writing()
        assert await storage.journal.head() == 0
        run = writing.opening()
        await storage.journal.append([run, writing.step(run.run, 1)])
        assert await storage.journal.head() == (await storage.journal.follow(0, 10))[-1][0] == 2
        await storage.journal.close()
