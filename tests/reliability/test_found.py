"""Defects that the proofs in this folder have found, each as the smallest test that shows it."""

from __future__ import annotations

import asyncio

from cypher_executor.ports import Claim, Prepared
from tests.core.support import draw
from tests.engine.support import Bench, Book, settle

PARENT = draw("call:trigger_workflow", {"call": {"inputs": {"workflow": '"child"'}}})


def family(**more: object) -> Bench:
    return Bench(Book(parent=PARENT, child=draw("a:work")), {"work": lambda execute: 1}, **more)  # type: ignore[arg-type]


async def test_of_two_callers_with_one_key_only_the_run_that_began_starts_children() -> None:
    """The other run was ahead of the disk, which gave its key to the first: what it starts would have no parent."""
    b = family()
    claim = Claim("scope", "key", "asked")
    async with b.running() as engine:
        asked = [engine.start(Prepared(b.book.recipes["parent"], {}, "parent", 1), claim=claim) for _ in range(2)]
        first, second = await asyncio.gather(*asked)
        assert first.run == second.run
        await engine.wait(first.run, 5)
        await settle()
        children = [summary for run in (1, 2, 3, 4) if (summary := await b.disk.summary(f"run_{run:026d}"))]  # type: ignore[arg-type]
    assert [one.parent for one in children if one.parent is not None] == [first.run]


async def test_a_child_is_not_started_before_its_parent_has_begun_on_disk() -> None:
    b = family()
    async with b.running() as engine:
        b.disk.hold()
        starting = asyncio.ensure_future(engine.start(Prepared(b.book.recipes["parent"], {}, "parent", 1)))
        await settle()
        assert [len(group) for group in b.disk.groups] == [1]
        b.disk.release()
        started = await starting
        assert await engine.wait(started.run, 5)
