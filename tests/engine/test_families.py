"""Runs that wait for runs: what cancels what, what a pause does, and watching runs of whomever."""

from __future__ import annotations

import asyncio

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine
from cypher_executor.errors import Failure
from cypher_executor.ports import Prepared
from tests.core.support import draw
from tests.engine.support import Bench, Book, settle

CHILD = draw("a:work")
PAUSES = draw("w:wait_for_callback", {"w": {"inputs": {"note": '"?"'}}})
WATCHER = draw("w:wait_for_workflows", {"w": {"inputs": {"runs": "$runs", "mode": "$mode"}}})


def calling(workflow: str, **inputs: str) -> Recipe:
    return draw("call:trigger_workflow", {"call": {"inputs": {"workflow": f'"{workflow}"', **inputs}}})


def work(execute: Execute) -> Value:
    return {"got": execute.input}


def bench(**recipes: Recipe) -> Bench:
    return Bench(Book(**recipes), {"work": work, "breaks": lambda e: Failure("part:broken", "broken")})


async def start(engine: Engine, b: Bench, name: str, given: Value = None) -> RunId:
    return (await engine.start(Prepared(b.book.recipes[name], given, name, 1))).run


def state(run: Run) -> str:
    return run.state


def output(run: Run) -> Value:
    (step,) = run.steps.values()
    return step.output if step.failure is None else step.error()


def children(b: Bench, of: RunId) -> list[RunId]:
    return [run for run, events in b.disk._runs.items() if (p := events[0].parent) is not None and p.run == of]  # type: ignore[union-attr]


async def test_cancelling_a_run_cancels_the_children_that_it_waits_for_and_theirs() -> None:
    b = bench(top=calling("middle", wait="true"), middle=calling("low", wait="true"), low=CHILD)
    b.functions = {}
    async with b.running() as engine:
        top = await start(engine, b, "top")
        await settle()
        (middle,) = children(b, top)
        (low,) = children(b, middle)
        assert await engine.cancel(top)
        for run in (top, middle, low):
            assert await engine.wait(run, 5)
            assert await engine.inspect(run, state) == "cancelled"


async def test_children_that_go_on_alone_are_cancelled_only_with_the_whole_tree() -> None:
    b = bench(top=draw("call:trigger_workflow\nhang:hang", {"call": {"inputs": {"workflow": '"low"'}}}), low=CHILD)
    b.functions = {}
    async with b.running() as engine:
        top = await start(engine, b, "top")
        await settle()
        (low,) = children(b, top)
        assert await engine.cancel(top)
        await settle()
        assert await engine.inspect(low, state) == "running"
        assert await engine.cancel(top, tree=True), "the run has ended, its child has not"
        assert await engine.inspect(low, state) == "cancelled"


async def test_a_child_whose_parent_was_cancelled_when_nobody_saw_it_is_cancelled_after_the_restart() -> None:
    b = bench(top=calling("low", wait="true"), low=CHILD)
    b.functions = {}
    async with b.running() as engine:
        top = await start(engine, b, "top")
        await settle()
        (low,) = children(b, top)
        engine._children._own.clear()  # As if the service had died before it told the child.
        await engine.cancel(top)
        await settle()
        assert await engine.inspect(low, state) == "running"
    async with b.running() as engine:
        assert await engine.wait(low, 5)
        assert await engine.inspect(low, state) == "cancelled"


async def test_a_child_of_a_run_that_goes_on_is_left_alone_by_a_restart() -> None:
    b = bench(top=calling("low", wait="true"), low=CHILD)
    b.functions = {}
    async with b.running() as engine:
        top = await start(engine, b, "top")
        await settle()
    b.functions = {"work": work}
    async with b.running() as engine:
        assert await engine.wait(top, 5)
        assert (await engine.inspect(top, output))["status"] == "succeeded"


async def test_a_parent_does_not_wait_for_a_child_that_waits_for_somebody() -> None:
    b = bench(top=calling("pauses", wait="true"), pauses=PAUSES)
    async with b.running() as engine:
        top = await start(engine, b, "top")
        assert await engine.wait(top, 5)
        told = await engine.inspect(top, output)
        assert told["status"] == "running_async" and told["workflow"] == "pauses"
        assert await engine.inspect(told["run_id"], state) == "waiting"
        await engine.call_back(Wait(told["run_id"], "w"), 1)
        assert await engine.wait(told["run_id"], 5)
        assert await engine.inspect(told["run_id"], state) == "succeeded"


async def test_one_childs_failure_touches_no_sibling() -> None:
    b = bench(broken=draw("x:breaks"), low=CHILD, top=calling("low", wait="true"))
    async with b.running() as engine:
        runs = [await start(engine, b, name) for name in ("broken", "top", "low")]
        for run in runs:
            assert await engine.wait(run, 5)
        assert [await engine.inspect(run, state) for run in runs] == ["failed", "succeeded", "succeeded"]


async def test_runs_are_watched_whether_they_have_ended_or_not() -> None:
    b = bench(low=CHILD, broken=draw("x:breaks"), pauses=PAUSES, watcher=WATCHER)
    async with b.running() as engine:
        over, broken, open_ = [await start(engine, b, name) for name in ("low", "broken", "pauses")]
        assert await engine.wait(over, 5) and await engine.wait(broken, 5)
        watcher = await start(engine, b, "watcher", {"runs": [over, open_, broken], "mode": "all"})
        await settle()
        assert await engine.inspect(watcher, state) == "waiting"
        await engine.call_back(Wait(open_, "w"), "done")
        assert await engine.wait(watcher, 5)
        told = await engine.inspect(watcher, output)
    assert (told["succeeded"], told["failed"], told["pending"]) == ([over, open_], [broken], [])
    assert told["results"][open_] == {
        "workflow": "pauses",
        "status": "succeeded",
        "result": {"w": "done"},
        "error": None,
        "duration_ms": 0,
    }
    assert told["results"][broken]["error"]["code"] == "part:broken"


async def test_a_watch_survives_a_restart_in_which_the_watched_runs_end() -> None:
    b = bench(low=CHILD, watcher=WATCHER)
    b.functions = {}
    async with b.running() as engine:
        low = await start(engine, b, "low")
        watcher = await start(engine, b, "watcher", {"runs": [low], "mode": "all"})
        await settle()
    b.functions = {"work": work}
    async with b.running() as engine:
        assert await engine.wait(watcher, 5)
        assert (await engine.inspect(watcher, output))["succeeded"] == [low]


async def test_an_unknown_run_cannot_be_watched_nor_one_of_another_tenant_nor_oneself() -> None:
    b = bench(low=CHILD, watcher=WATCHER)
    async with b.running() as engine:
        theirs = (await engine.start(Prepared(b.book.recipes["low"], None, "low", 1), tenant="other")).run
        for run in ("run_none", theirs):
            watcher = await start(engine, b, "watcher", {"runs": [run], "mode": "all"})
            assert await engine.wait(watcher, 5)
            assert (await engine.inspect(watcher, output))["code"] == "unknown_run"


async def test_many_children_are_started_and_joined() -> None:
    loop = draw(
        "each:trigger_workflow\neach -ON_SUCCESS-> w:wait_for_workflows",
        {
            "each": {"for_each": {"items": "$items"}, "inputs": {"workflow": '"low"', "input": "item"}},
            "w": {"inputs": {"runs": "$none", "mode": '"all"'}},
        },
    )
    b = bench(top=loop, low=CHILD)
    async with b.running() as engine:
        top = await start(engine, b, "top", {"items": list(range(300)), "none": []})
        assert await engine.wait(top, 20)
        assert len(children(b, top)) == 300
        while engine.open_runs:
            await asyncio.sleep(0)
