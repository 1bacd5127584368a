"""What one run cannot do to the others: break the turn, block the start, fill the house."""

from __future__ import annotations

import asyncio

import pytest

from cypher_executor.core.events import AttemptSucceeded, RunId
from cypher_executor.core.recipe import Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine
from cypher_executor.engine import turns as module
from cypher_executor.engine.admission import Bounds
from cypher_executor.errors import RequestInvalid, Unavailable
from cypher_executor.ports import Entry, Prepared, Unreadable
from tests.core.support import draw
from tests.engine.support import Bench, Book, settle
from tests.engine.test_engine import CHAIN, bench, ended, it, state, work

BOMB = draw("a:trigger_workflow\nb:trigger_workflow", {n: {"inputs": {"workflow": '"bomb"'}} for n in "ab"})


async def failed_with(engine: Engine, run: RunId) -> str:
    def code(seen: Run) -> str:
        assert seen.ended is not None and seen.ended.failure is not None
        return seen.ended.failure.code

    found = await engine.inspect(run, code)
    assert found is not None
    return found


def refuse_outputs(b: Bench, output: Value) -> None:
    """The journal of this bench cannot write steps with this output."""
    append = b.disk.append

    def choosy(entries: list[Entry]) -> object:
        for entry in entries:
            if any(isinstance(e, AttemptSucceeded) and e.output == output for e in entry.events):
                raise RequestInvalid("this is not JSON")
        return append(entries)

    b.disk.append = choosy  # type: ignore[assignment, method-assign]


async def test_a_run_that_cannot_be_written_ends_alone_and_says_so() -> None:
    b = bench()
    b.functions = {"work": lambda e: "odd" if e.input == "odd" else work(e)}
    refuse_outputs(b, "odd")
    async with b.running() as engine:
        odd, good = await asyncio.gather(engine.start(it(b, "odd")), engine.start(it(b, "good")))
        assert await engine.wait(odd.run, 5) and await engine.wait(good.run, 5)
        assert await failed_with(engine, odd.run) == "internal_error"
        assert await engine.inspect(good.run, state) == "succeeded"
        assert engine.accepting
    async with b.running() as engine:
        assert engine.open_runs == 0


async def test_a_batch_that_the_dispatcher_cannot_take_fails_its_steps_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    b = bench()
    async with b.running() as engine:
        monkeypatch.setattr(b.dispatcher, "run_many", lambda batch: [][0])
        broken = await engine.start(it(b))
        assert await engine.wait(broken.run, 5)
        assert await failed_with(engine, broken.run) == "internal_error"
        monkeypatch.undo()
        assert await ended(engine, b) == {"c": {"did": "c"}}


async def test_an_open_run_that_cannot_be_read_holds_up_nobody_and_is_named() -> None:
    b = bench()
    b.functions = {}
    async with b.running() as engine:
        runs = [(await engine.start(it(b))).run for _ in range(3)]
    read_many, damaged = b.disk.read_many, runs[1]

    async def damaged_one(wanted: list[RunId]) -> object:
        found = await read_many(wanted)
        return [Unreadable(r, "a gap") if r == damaged else e for r, e in zip(wanted, found, strict=True)]

    b.disk.read_many = damaged_one  # type: ignore[assignment, method-assign]
    b.functions = {"work": work}
    async with b.running() as engine:
        assert dict(engine.unreadable) == {damaged: "a gap"}
        assert await engine.wait(runs[0], 5) and await engine.wait(runs[2], 5)
        assert await engine.inspect(runs[2], state) == "succeeded"


async def test_an_open_run_whose_recipe_is_lost_holds_up_nobody() -> None:
    b = bench()
    b.functions = {}
    async with b.running() as engine:
        lost = (await engine.start(it(b))).run
    b.book.recipes = {"other": next(iter(Book(other=CHAIN).recipes.values()))}
    async with b.running() as engine:
        assert lost in engine.unreadable and engine.accepting


async def test_a_recipe_that_starts_itself_twice_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    b = Bench(Book(bomb=BOMB, it=CHAIN), {"work": work}, bounds=Bounds(family=100))
    async with b.running() as engine:
        root = await engine.start(Prepared(b.book.recipes["bomb"], None, "bomb", 1))
        while engine.open_runs:
            await asyncio.sleep(0)
        assert root.fresh
        assert len(b.disk.texts) and len(await b.disk.open_runs()) == 0
        assert sum(1 for _ in b.disk._runs) <= 101
        assert await ended(engine, b) == {"c": {"did": "c"}}


async def test_beyond_the_open_runs_that_there_may_be_a_start_is_refused_with_a_time() -> None:
    b = bench(bounds=Bounds(open_runs=2))
    b.functions = {}
    async with b.running() as engine:
        runs = [await engine.start(it(b)) for _ in range(2)]
        with pytest.raises(Unavailable) as refused:
            await engine.start(it(b))
        assert refused.value.code == "too_many_runs" and refused.value.retry_after_s > 0
        await engine.cancel(runs[0].run)
        await engine.wait(runs[0].run, 5)
        assert (await engine.start(it(b))).fresh


async def test_a_long_inbox_lets_others_use_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN_EVENTS", 10)
    b, turns = bench(), 0
    async with b.running() as engine:
        starts = [asyncio.create_task(engine.start(it(b))) for _ in range(100)]
        await settle()
        turns = len(b.disk.groups)
        await asyncio.gather(*starts)
    assert turns >= 10


async def test_a_recipe_has_at_most_as_many_open_runs_as_it_says() -> None:
    b = Bench(Book(it=draw("a:work", max_runs=2), other=CHAIN), {})
    async with b.running() as engine:
        runs = [(await engine.start(it(b))).run for _ in range(2)]
        with pytest.raises(Unavailable) as refused:
            await engine.start(it(b))
        assert refused.value.code == "too_many_runs"
        assert (await engine.start(Prepared(b.book.recipes["other"], None, "other", 1))).fresh
        await engine.cancel(runs[0])
        assert await engine.wait(runs[0], 5)
        assert (await engine.start(it(b))).fresh
    async with b.running() as engine:
        with pytest.raises(Unavailable):
            await engine.start(it(b))
