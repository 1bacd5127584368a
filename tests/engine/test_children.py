"""Runs that start runs: acceptance, waiting, failing, and being started once whatever happens."""

from __future__ import annotations

import asyncio

from cypher_executor.core.commands import Execute
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine
from cypher_executor.errors import Failure
from cypher_executor.ports import Prepared
from tests.core.support import draw
from tests.engine.support import Bench, Book, settle

CHILD = draw("a:work")


def parent(**inputs: str) -> Recipe:
    return draw("call:trigger_workflow", {"call": {"inputs": {"workflow": '"child"', **inputs}}})


def work(execute: Execute) -> Value:
    return {"got": execute.input}


def bench(up: Recipe, child: Recipe = CHILD, **functions: object) -> Bench:
    return Bench(Book(parent=up, child=child), {"work": work, **functions})  # type: ignore[arg-type]


def the_step(run: Run) -> Value:
    step = run.steps["call", ()]
    return step.output if step.failure is None else step.error()


async def run_parent(engine: Engine, b: Bench) -> Value:
    started = await engine.start(Prepared(b.book.recipes["parent"], {"text": "hello"}, "parent", 1))
    assert await engine.wait(started.run, 5)
    return await engine.inspect(started.run, the_step)


def results(run: Run) -> Value:
    return run.ended.result if run.ended else None


async def test_a_child_goes_on_alone_with_its_own_input() -> None:
    b = bench(parent(input='{"text": "bonjour"}'))
    async with b.running() as engine:
        output = await run_parent(engine, b)
        assert output["workflow"] == "child" and output["status"] == "started"
        await engine.wait(output["run_id"], 5)
        assert await engine.inspect(output["run_id"], results) == {"a": {"got": {"text": "bonjour"}}}


async def test_a_parent_that_waits_gets_the_result() -> None:
    b = bench(parent(wait="true", input="7"))
    async with b.running() as engine:
        output = await run_parent(engine, b)
    assert output["status"] == "succeeded" and output["result"] == {"a": {"got": 7}}


async def test_a_parent_that_waits_fails_with_its_child() -> None:
    b = bench(parent(wait="true"), work=lambda execute: Failure("broken", "no good"))
    async with b.running() as engine:
        error = await run_parent(engine, b)
    assert error["code"] == "child_failed" and "no good" in error["message"]
    assert error["details"]["status"] == "failed"


async def test_an_unknown_recipe_fails_the_step() -> None:
    b = bench(draw("call:trigger_workflow", {"call": {"inputs": {"workflow": '"chidl"'}}}))
    async with b.running() as engine:
        assert (await run_parent(engine, b))["code"] == "unknown_recipe"


async def test_a_recipe_that_starts_itself_comes_to_an_end() -> None:
    b = bench(parent(wait="true"), parent(wait="true"))
    async with b.running() as engine:
        error = await run_parent(engine, b)
    assert "too_deep" in str(error) or "deep" in error["message"]


async def test_a_child_is_started_once_although_the_parent_was_recovered() -> None:
    b = bench(parent(wait="true"), draw("a:slow"))
    async with b.running() as engine:
        started = await engine.start(Prepared(b.book.recipes["parent"], None, "parent", 1))
        await settle()
    b.functions = {"slow": work}
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        assert (await engine.inspect(started.run, the_step))["status"] == "succeeded"
    assert len(b.disk._runs) == 2


async def test_a_parent_hears_of_a_child_that_ended_while_it_was_down() -> None:
    b = bench(parent(wait="true"), draw("a:slow"), slow=work)
    async with b.running() as engine:
        b.disk.hold()
        start = asyncio.create_task(engine.start(Prepared(b.book.recipes["parent"], None, "parent", 1)))
        await settle()
        b.disk.release()
        started = await start
        while len(b.disk._runs) < 2 or engine.open_runs > 1:
            await asyncio.sleep(0)
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        assert await engine.inspect(started.run, lambda run: run.state) == "succeeded"


async def test_a_crash_between_a_child_and_the_news_of_it_starts_no_second_child() -> None:
    b = bench(parent(), draw("a:slow"))
    async with b.running() as engine:
        started = await engine.start(Prepared(b.book.recipes["parent"], None, "parent", 1))
        await settle()
    b.disk.forget_after(started.run, 1)
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        assert (await engine.inspect(started.run, the_step))["status"] == "started"
    assert len(b.disk._runs) == 2


async def test_a_recovered_parent_needs_no_name_to_find_its_child() -> None:
    b = bench(parent(wait="true"), draw("a:slow"))
    async with b.running() as engine:
        started = await engine.start(Prepared(b.book.recipes["parent"], None, "parent", 1))
        await settle()
        await engine.inspect(started.run, lambda run: run.state)
    b.functions = {"slow": work}
    b.book.forgotten.add("child")
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        assert (await engine.inspect(started.run, the_step))["status"] == "succeeded"


async def test_a_hundred_children_start_side_by_side() -> None:
    fan = "\n".join(f"begin -ON_SUCCESS-> c{n}:trigger_workflow" for n in range(100))
    nodes = {f"c{n}": {"inputs": {"workflow": '"child"', "wait": "true", "input": str(n)}} for n in range(100)}
    b = bench(draw(fan, nodes))
    async with b.running() as engine:
        started = await engine.start(Prepared(b.book.recipes["parent"], None, "parent", 1))
        assert await engine.wait(started.run, 20)
        got = await engine.inspect(started.run, results)
    assert [got[f"c{n}"]["result"]["a"]["got"] for n in range(100)] == list(range(100))


async def test_the_authors_key_names_one_child() -> None:
    two = "one:trigger_workflow\none -ON_SUCCESS-> call:trigger_workflow"
    inputs = {"inputs": {"workflow": '"child"', "key": '"order-7"'}}
    b = bench(draw(two, {"one": inputs, "call": inputs}))
    async with b.running() as engine:
        output = await run_parent(engine, b)
        assert output["status"] == "started"
    assert len(b.disk._runs) == 2


def a_child_for_each(count: int) -> Recipe:
    inputs = {"workflow": '"child"', "wait": "true", "input": "item"}
    node = {"inputs": inputs, "for_each": {"items": str(list(range(count)))}}
    return draw("call:trigger_workflow", {"call": node})


async def test_every_item_of_a_loop_starts_a_child_of_its_own() -> None:
    b = bench(a_child_for_each(100))
    async with b.running() as engine:
        output = await run_parent(engine, b)
    assert [each["result"] for each in output] == [{"a": {"got": n}} for n in range(100)]
    assert len({each["run_id"] for each in output}) == 100


async def test_a_recovered_loop_finds_the_child_of_each_item() -> None:
    b = bench(a_child_for_each(3), draw("a:slow"))
    async with b.running() as engine:
        started = await engine.start(Prepared(b.book.recipes["parent"], None, "parent", 1))
        await settle()
    b.functions = {"slow": work}
    b.book.forgotten.add("child")
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        output = await engine.inspect(started.run, the_step)
    assert [each["result"] for each in output] == [{"a": {"got": n}} for n in range(3)]
    assert len(b.disk._runs) == 4
