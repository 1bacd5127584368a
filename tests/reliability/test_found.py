"""Defects that the proofs in this folder have found, each as the smallest test that shows it."""

from __future__ import annotations

import asyncio

import pytest

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.events import RunId
from cypher_executor.engine import Engine
from cypher_executor.errors import Unavailable
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


async def start(b: Bench, engine: Engine, name: str) -> RunId:
    return (await engine.start(Prepared(b.book.recipes[name], {}, name, 1))).run


async def fail_and_come_back(b: Bench, engine: Engine, looking: asyncio.Event) -> None:
    """The journal fails under a run; it comes back, but what it holds is read only once `looking` is set."""
    open_runs = b.disk.open_runs

    async def slowly() -> object:
        await looking.wait()
        return await open_runs()

    b.disk.open_runs = slowly  # type: ignore[method-assign, assignment]
    b.disk.broken = True
    with pytest.raises(Unavailable):
        await start(b, engine, "work")
    b.disk.broken = False
    while not b.disk.reopened:
        await asyncio.sleep(0.05)
    await settle()


def waiting() -> Bench:
    book = Book(ask=draw("ask:wait_for_callback"), work=draw("a:work"))
    return Bench(book, {"work": lambda execute: 1})


async def test_while_the_journal_is_read_again_nobody_is_told_that_a_run_is_over() -> None:
    """Callers were told that a wait was over (410) or that a run had ended, did not ask again, and the run waited."""
    b, looking = waiting(), asyncio.Event()
    async with b.running() as engine:
        run = await start(b, engine, "ask")
        await fail_and_come_back(b, engine, looking)
        with pytest.raises(Unavailable):
            await engine.call_back(Wait(run, "ask"), {"n": 1})
        with pytest.raises(Unavailable):
            await engine.cancel(run)
        assert not await engine.wait(run, 0.01)
        looking.set()
        await settle()
        assert (await engine.call_back(Wait(run, "ask"), {"n": 1})).fresh
        assert await engine.wait(run, 5)


async def test_a_cancel_that_comes_when_the_end_is_decided_is_not_accepted() -> None:
    """The end was not on disk yet: the cancel was answered as accepted, and the run has succeeded."""
    b = waiting()
    async with b.running() as engine:
        b.disk.hold()
        starting = asyncio.ensure_future(start(b, engine, "work"))
        await settle()
        (live,) = [one for number in range(9) if (one := engine.live(RunId(f"run_{number:026d}"))) is not None]
        assert live.run.ended is not None
        cancelling = asyncio.ensure_future(engine.cancel(live.id))
        await settle()
        b.disk.release()
        assert await starting == live.id
        assert await cancelling is False
