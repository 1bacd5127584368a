"""What people do to runs: pause, go on, retry, call back; over the real engine, with restarts at the bad moments."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine, WaitOver
from cypher_executor.errors import Conflict, Failure, NotFound, RequestInvalid
from cypher_executor.ports import Prepared
from tests.core.support import draw
from tests.engine.support import Bench, Book, settle

CHAIN = draw("a:work\na -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work")
WAITS = draw("w:wait_for_callback\nw -ON_SUCCESS-> after:work", {"w": {"inputs": {"note": '"please"'}}})
PICKY = draw("w:wait_for_callback", {"w": {"inputs": {"schema": '{"type": "object"}'}}})
SCHEMA = '{"type": "object"}'
LATE = draw(
    "a:slow\na -ON_SUCCESS-> w:wait_for_callback",
    {"a": {"inputs": {"schema": SCHEMA}}, "w": {"inputs": {"schema": "a.with.schema"}}},
)
KNOWN = draw("a:slow\na -ON_SUCCESS-> w:wait_for_callback", {"w": {"inputs": {"schema": SCHEMA}}})


def work(execute: Execute) -> Value:
    return {"did": execute.node, "with": execute.input}


def misfit(schema: Value, body: Value) -> str | None:
    return None if isinstance(body, dict) else "this is no object"


def bench(functions: Mapping[str, Any] | None = None, **recipes: Recipe) -> Bench:
    return Bench(Book(**recipes), {"work": work, **(functions or {})}, misfit=misfit)


async def start(engine: Engine, b: Bench, name: str = "it", given: Value = None) -> RunId:
    return (await engine.start(Prepared(b.book.recipes[name], given, name, 1))).run


def state(run: Run) -> str:
    return run.state


def result(run: Run) -> Value:
    return run.ended.result if run.ended else None


def steps(run: Run) -> dict[str, str]:
    return {step.name: step.state for step in run.steps_in_order()}


# --- callbacks --------------------------------------------------------------------------------------------------------


async def test_a_wait_ends_with_the_body_of_the_first_call_and_the_second_hears_of_the_first() -> None:
    b = bench(it=WAITS)
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        assert [(began.run, wait.note) for began, wait in engine.waits()] == [(run, "please")]
        first = await engine.call_back(Wait(run, "w"), {"yes": True})
        second = await engine.call_back(Wait(run, "w"), {"yes": False})
        assert (first.fresh, second.fresh, second.at_us) == (True, False, first.at_us)
        assert await engine.wait(run, 5)
        assert (await engine.inspect(run, result))["after"]["with"] == {"yes": True}
        assert engine.waits() == []
        assert not (await engine.call_back(Wait(run, "w"), 3)).fresh, "also after the end"


async def test_of_many_callers_at_once_one_is_accepted() -> None:
    b = bench(it=WAITS)
    async with b.running() as engine:
        run = await start(engine, b)
        calls = await asyncio.gather(*(engine.call_back(Wait(run, "w"), n) for n in range(8)))
        assert sum(call.fresh for call in calls) == 1 and len({call.at_us for call in calls}) == 1
        assert await engine.wait(run, 5)
        assert (await engine.inspect(run, result))["after"]["with"] in range(8)


async def test_a_callback_is_answered_only_once_it_is_on_disk() -> None:
    b = bench(it=WAITS)
    async with b.running() as engine:
        run = await start(engine, b)
        b.disk.hold()
        call = asyncio.create_task(engine.call_back(Wait(run, "w"), 1))
        await settle()
        assert not call.done()
        b.disk.release()
        assert (await call).fresh


async def test_a_callback_survives_a_restart_and_so_does_the_wait() -> None:
    b = bench(it=WAITS)
    async with b.running() as engine:
        run = await start(engine, b)
    async with b.running() as engine:
        assert [began.run for began, _ in engine.waits()] == [run]
        await engine.call_back(Wait(run, "w"), "late")
    async with b.running() as engine:
        await engine.wait(run, 5)
        assert (await engine.inspect(run, result))["after"]["with"] == "late"


async def test_a_body_that_does_not_fit_is_refused_and_the_wait_goes_on() -> None:
    b = bench(it=PICKY)
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        with pytest.raises(RequestInvalid, match="no object") as refused:
            await engine.call_back(Wait(run, "w"), 3)
        assert refused.value.code == "callback_misfit"
        assert (await engine.call_back(Wait(run, "w"), {})).fresh
        assert await engine.wait(run, 5)


async def test_an_early_callback_that_does_not_fit_is_as_if_it_had_never_come() -> None:
    b = bench(it=LATE)
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        assert (await engine.call_back(Wait(run, "w"), 3)).fresh
    b.functions = {**b.functions, "slow": work}
    async with b.running() as engine:
        await settle()
        assert await engine.inspect(run, steps) == {"a": "succeeded", "w": "waiting"}
        assert (await engine.call_back(Wait(run, "w"), {"ok": 1})).fresh
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, result) == {"w": {"ok": 1}}


async def test_an_early_callback_that_cannot_fit_is_refused_and_does_not_bar_the_next() -> None:
    b = bench(it=KNOWN)
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        with pytest.raises(RequestInvalid, match="no object") as refused:
            await engine.call_back(Wait(run, "w"), 3)
        assert refused.value.code == "callback_misfit"
        assert (await engine.call_back(Wait(run, "w"), {"ok": 1})).fresh
    b.functions = {**b.functions, "slow": work}
    async with b.running() as engine:
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, result) == {"w": {"ok": 1}}


async def test_a_schema_that_cannot_be_worked_out_refuses_no_early_callback() -> None:
    broken = draw("a:slow\na -ON_SUCCESS-> w:wait_for_callback", {"w": {"inputs": {"schema": "!bad"}}})
    b = bench(it=broken)
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        assert (await engine.call_back(Wait(run, "w"), 3)).fresh


async def test_an_early_callback_that_fits_is_kept() -> None:
    b = bench(it=LATE)
    async with b.running() as engine:
        run = await start(engine, b)
        await engine.call_back(Wait(run, "w"), {"early": True})
    b.functions = {**b.functions, "slow": work}
    async with b.running() as engine:
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, result) == {"w": {"early": True}}


async def test_a_call_after_the_end_of_the_wait_is_told_that_it_is_over() -> None:
    b = bench(it=WAITS)
    async with b.running() as engine:
        run = await start(engine, b)
        await engine.cancel(run)
        assert await engine.wait(run, 5)
        with pytest.raises(WaitOver):
            await engine.call_back(Wait(run, "w"), 1)
        with pytest.raises(NotFound):
            await engine.call_back(Wait(RunId("run_none"), "w"), 1)


# --- pausing ----------------------------------------------------------------------------------------------------------


async def test_a_paused_run_begins_nothing_until_it_goes_on_also_across_a_restart() -> None:
    b = bench({"work": lambda e: work(e)}, it=CHAIN)
    b.functions = {}
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        assert await engine.pause(run, "look first")
    b.functions = {"work": work}
    async with b.running() as engine:
        await settle()
        assert b.dispatcher.names() == ["a"], "what had begun goes on; what follows does not begin"
        assert await engine.inspect(run, steps) == {"a": "succeeded", "b": "waiting", "c": "pending"}
        assert await engine.resume(run)
        assert await engine.wait(run, 5)
        assert b.dispatcher.names() == ["a", "b", "c"]


async def test_pausing_what_is_not_there_or_over_is_false() -> None:
    b = bench(it=CHAIN)
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        assert not await engine.pause(run) and not await engine.resume(run)
        assert not await engine.pause(RunId("run_none"))


async def test_a_wish_is_granted_however_much_is_in_the_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    from cypher_executor.engine import turns as module

    monkeypatch.setattr(module, "TURN_EVENTS", 1)
    b = bench(it=CHAIN)
    b.functions = {}
    async with b.running() as engine:
        run = await start(engine, b)
        starts = [asyncio.create_task(start(engine, b)) for _ in range(20)]
        await asyncio.sleep(0)
        assert await engine.cancel(run)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, state) == "cancelled"
        await asyncio.gather(*starts)


# --- retrying ---------------------------------------------------------------------------------------------------------


async def test_a_failed_run_goes_on_from_the_step_that_failed() -> None:
    tries: list[str] = []

    def flaky(execute: Execute) -> Value:
        tries.append(execute.node)
        return Failure("part:down", "not now") if tries.count("b") == 1 and execute.node == "b" else work(execute)

    b = bench({"work": flaky}, it=CHAIN)
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, state) == "failed"
        await engine.retry(run)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, state) == "succeeded"
        assert tries == ["a", "b", "b", "c"], "what had succeeded is not done again"
        with pytest.raises(Conflict) as refused:
            await engine.retry(run)
        assert refused.value.code == "run_succeeded"
    async with b.running() as engine:
        assert await engine.inspect(run, state) == "succeeded"
        assert engine.open_runs == 0


async def test_a_retry_survives_a_restart_before_anything_of_it_was_done() -> None:
    b = bench({"work": lambda e: Failure("part:down", "no")}, it=CHAIN)
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        b.dispatcher._functions = {}
        await engine.retry(run)
        assert engine.open_runs == 1
    b.functions = {"work": work}
    async with b.running() as engine:
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, state) == "succeeded"


async def test_two_retries_at_once_are_one() -> None:
    b = bench({"work": lambda e: Failure("part:down", "no")}, it=CHAIN)
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        b.dispatcher._functions = {}
        found = await asyncio.gather(*(engine.retry(run) for _ in range(5)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in found) == ["Conflict"] * 4 + ["NoneType"]
        assert len([e for e in b.disk._runs[run] if type(e).__name__ == "RunReopened"]) == 1


async def test_a_cancelled_run_can_be_retried_and_an_open_or_unknown_one_cannot() -> None:
    b = bench(it=CHAIN)
    b.functions = {}
    async with b.running() as engine:
        run = await start(engine, b)
        with pytest.raises(Conflict):
            await engine.retry(run)
        with pytest.raises(NotFound):
            await engine.retry(RunId("run_none"))
        await engine.cancel(run)
        assert await engine.wait(run, 5)
        b.dispatcher._functions = {"work": work}
        await engine.retry(run)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, state) == "succeeded"
