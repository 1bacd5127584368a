"""The engine: what may run ahead of the disk, what must wait for it, and what becomes of runs when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptSucceeded
from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest, Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine, disk
from cypher_executor.engine.engine import KEPT_ENDED
from cypher_executor.errors import Conflict, Failure, Unavailable
from cypher_executor.ports import CallContext, Claim, Prepared
from tests.core.support import draw
from tests.engine.support import Bench, Book, Calls, Shelf, settle

CHAIN = draw("a:work\na -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work")


def work(execute: Execute) -> Value:
    return {"did": execute.node}


def bench(recipe: object = CHAIN, **more: object) -> Bench:
    return Bench(Book(it=recipe), {"work": work}, **more)  # type: ignore[arg-type]


def it(b: Bench, given: Value = None) -> Prepared:
    return Prepared(b.book.recipes["it"], given, "it", 1)


def state(run: Run) -> str:
    return run.state


def result(run: Run) -> Value:
    assert run.ended is not None
    return run.ended.result


async def ended(engine: Engine, b: Bench, given: Value = None) -> Value:
    started = await engine.start(it(b, given))
    assert await engine.wait(started.run, 5)
    return await engine.inspect(started.run, result)


async def test_a_run_gives_the_result_of_its_last_step() -> None:
    b = bench()
    async with b.running() as engine:
        assert await ended(engine, b) == {"c": {"did": "c"}}


async def test_whoever_waited_sees_a_run_without_reading_it_back_however_many_end_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    b = bench()
    async with b.running() as engine:
        monkeypatch.setattr(b.disk, "read", None)

        async def waited_for() -> Value:
            ended = engine.end_of((await engine.start(it(b))).run)
            found = None if ended is None else await ended
            assert found is not None and found.ended is not None
            return found.ended.result

        results = await asyncio.gather(*(waited_for() for _ in range(3 * KEPT_ENDED)))
        assert results == [{"c": {"did": "c"}}] * (3 * KEPT_ENDED)


async def test_a_start_is_answered_only_once_it_is_on_disk() -> None:
    b = bench()
    async with b.running() as engine:
        b.disk.hold()
        start = asyncio.create_task(engine.start(it(b)))
        await settle()
        assert not start.done()
        b.disk.release()
        assert (await start).fresh


async def test_parts_run_ahead_of_the_disk() -> None:
    b = bench()
    async with b.running() as engine:
        b.disk.hold()
        start = asyncio.create_task(engine.start(it(b)))
        await settle()
        assert b.dispatcher.names() == ["a", "b", "c"]
        b.disk.release()
        await start


async def test_a_chain_of_twenty_pure_steps_costs_two_syncs_at_most() -> None:
    b = bench(draw("\n".join(f"n{i} -ON_SUCCESS-> n{i + 1}:work" for i in range(20))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "LINGER_S", 60.0)  # a machine that is busy with something else makes the chain no longer
        async with b.running() as engine:
            assert await ended(engine, b) == {"n20": {"did": "n20"}}
            assert len(b.disk.groups) <= 2


async def test_what_a_caller_sees_of_a_run_is_on_disk() -> None:
    b = bench(draw("a:slow"))
    async with b.running() as engine:
        started = await engine.start(it(b))
        b.disk.hold()
        cancel = asyncio.create_task(engine.cancel(started.run))
        await settle()
        look = asyncio.create_task(engine.inspect(started.run, state))
        await settle()
        assert not look.done() and not cancel.done()
        b.disk.release()
        assert await look == "cancelled"
        assert await cancel


def calling(execute: Execute) -> Value:
    if not execute.tape:
        raise Calls({"op": "send", "to": "world"})
    return execute.tape[0][1]


class World:
    """Counts what is done to it, by key."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def send(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        self.keys.append(context.key)
        return {"ok": True, "n": len(self.keys)}


async def test_a_call_waits_for_everything_before_it_to_be_on_disk() -> None:
    world = World()
    b = Bench(
        Book(it=draw("a:work\na -ON_SUCCESS-> b:calling")), {"work": work, "calling": calling}, {"send": world.send}
    )
    async with b.running() as engine:
        b.disk.hold()
        start = asyncio.create_task(engine.start(it(b)))
        await settle()
        assert "b" in b.dispatcher.names() and world.keys == []
        b.disk.release()
        started = await start
        assert await engine.wait(started.run, 5)
        assert world.keys == [f"{started.run}:b::1"]


async def test_a_call_that_was_in_flight_in_a_crash_is_made_again_under_the_same_key() -> None:
    world = World()
    never = asyncio.Event()

    async def hang(request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        world.keys.append(context.key)
        await never.wait()
        return {}

    b = Bench(Book(it=draw("b:calling")), {"calling": calling}, {"send": hang})
    async with b.running() as engine:
        started = await engine.start(it(b))
        await settle()
    b.calls = {"send": world.send}
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
    assert world.keys == [f"{started.run}:b::1"] * 2


async def test_an_unknown_op_is_an_answer_that_lists_the_known_ones() -> None:
    b = Bench(Book(it=draw("b:calling")), {"calling": calling}, {"now": World().send})
    async with b.running() as engine:
        answer = (await ended(engine, b))["b"]
    assert answer["error"]["code"] == "unknown_op" and "now" in answer["error"]["message"]


async def test_a_handler_that_breaks_is_an_answer_and_hurts_nobody() -> None:
    async def broken(request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        raise ZeroDivisionError

    b = Bench(Book(it=draw("b:calling")), {"calling": calling}, {"send": broken})
    async with b.running() as engine:
        assert (await ended(engine, b))["b"]["error"]["code"] == "internal_error"
        assert (await ended(engine, b))["b"]["error"]["code"] == "internal_error"


async def test_finished_steps_are_not_done_again_after_a_restart() -> None:
    b = bench(draw("a:work\na -ON_SUCCESS-> b:slow\nb -ON_SUCCESS-> c:work"))
    async with b.running() as engine:
        started = await engine.start(it(b))
        await settle()
        assert b.dispatcher.names() == ["a", "b"]
    b.functions = {"work": work, "slow": work}
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        assert b.dispatcher.names() == ["b", "c"]
        assert await engine.inspect(started.run, state) == "succeeded"


def claim(key: str, given: Value) -> Claim:
    return Claim("default/it", key, fingerprint("it", given))


class Upgraded(Shelf):
    """A shelf on which every part is a newer one."""

    def find(self, name: str) -> Part | None:
        return Part(name, "2", "a part of a test", Digest(f"{name} 2"), pure=True)


async def test_a_run_keeps_its_recipe_and_its_parts_whatever_is_deployed_and_through_a_restart() -> None:
    b = bench(draw("x:slow\nx -ON_SUCCESS-> y:work"))
    async with b.running() as engine:
        run = (await engine.start(it(b))).run
        await settle()
    older = b.book.recipes["it"]
    newer = replace(draw("x:slow\nx -ON_SUCCESS-> z:work"), digest=Digest("sha256:newer"))
    b.book.recipes, b.parts = {"it": newer, "older": older}, Upgraded()
    b.functions = {"slow": work, "work": work}
    async with b.running() as engine:
        assert await engine.wait(run, 5)
        asked = [(one.node, one.digest) for _, one in b.dispatcher.executed]
        assert asked == [("x", "slow"), ("y", "work")]
        assert await engine.inspect(run, result) == {"y": {"did": "y"}}


async def test_one_key_is_one_run() -> None:
    b = bench()
    async with b.running() as engine:
        starts = [engine.start(it(b, 1), claim=claim("k", 1)) for _ in range(20)]
        all_started = await asyncio.gather(*starts)
    assert len({s.run for s in all_started}) == 1
    assert [s.fresh for s in all_started].count(True) == 1
    assert len(b.disk._runs) == 1


async def test_a_key_with_another_input_is_refused() -> None:
    b = bench()
    async with b.running() as engine:
        await engine.start(it(b, 1), claim=claim("k", 1))
        with pytest.raises(Conflict) as refused:
            await engine.start(it(b, 2), claim=claim("k", 2))
    assert refused.value.code == "idempotency_conflict"


async def test_a_timer_fires_when_it_is_due_and_not_before() -> None:
    b = bench(draw("pause:wait\npause -ON_SUCCESS-> b:work", {"pause": {"inputs": {"seconds": "60"}}}))
    async with b.running() as engine:
        started = await engine.start(it(b))
        b.clock.us += 59_999_999
        assert not await engine.wait(started.run, 0.6)
        b.clock.us += 1
        assert await engine.wait(started.run, 5)


async def test_a_timer_outlives_the_engine() -> None:
    b = bench(draw("pause:wait", {"pause": {"inputs": {"seconds": "60"}}}))
    async with b.running() as engine:
        started = await engine.start(it(b))
    b.clock.us += 60_000_000
    async with b.running() as engine:
        assert await engine.wait(started.run, 5)
        assert await engine.inspect(started.run, result) == {"pause": {"waited_ms": 60_000}}


async def test_a_retry_waits_for_its_delay() -> None:
    failed_once: list[str] = []

    def flaky(execute: Execute) -> Value:
        if failed_once:
            return "healed"
        failed_once.append(execute.node)
        return Failure("hiccup", "not now", retryable=True)

    policy = {"retry": {"attempts": 2, "delay_ms": 10_000, "jitter": False}}
    b = Bench(Book(it=draw("a:flaky", {"a": policy})), {"flaky": flaky})
    async with b.running() as engine:
        started = await engine.start(it(b))
        assert not await engine.wait(started.run, 0.05)
        assert await engine.inspect(started.run, state) == "retrying"
        b.clock.us += 10_000_000
        assert await engine.wait(started.run, 5)
        assert await engine.inspect(started.run, result) == {"a": "healed"}


async def test_a_journal_that_fails_acknowledges_nothing_and_comes_back() -> None:
    b = bench()
    async with b.running() as engine:
        b.disk.broken = True
        with pytest.raises(Unavailable) as refused:
            await engine.start(it(b))
        assert refused.value.code == "journal_unavailable"
        with pytest.raises(Unavailable):
            await engine.start(it(b))
        assert not engine.accepting
        b.disk.broken = False
        while not engine.accepting:
            await asyncio.sleep(0.05)
        assert await ended(engine, b) == {"c": {"did": "c"}}


async def test_runs_go_on_from_the_disk_after_the_journal_has_failed() -> None:
    b = bench(
        draw("a:work\na -ON_SUCCESS-> pause:wait\npause -ON_SUCCESS-> c:work", {"pause": {"inputs": {"seconds": "1"}}})
    )
    async with b.running() as engine:
        started = await engine.start(it(b))
        await settle()
        assert await engine.inspect(started.run, state) == "waiting"
        b.disk.broken = True
        waiting = asyncio.create_task(engine.wait(started.run, 20))
        b.clock.us += 1_000_000
        while engine.accepting:
            await asyncio.sleep(0.01)
        b.disk.broken = False
        assert await waiting
        assert await engine.inspect(started.run, state) == "succeeded"


async def test_a_bug_in_the_run_machine_ends_one_run_and_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    b = bench()
    take_in = Run._take_in

    def broken(self: Run, event: object) -> None:
        if getattr(event, "node", "") == "b" and self.started is not None and self.started.input == "bad":
            raise AssertionError("planted")
        take_in(self, event)  # type: ignore[arg-type]

    monkeypatch.setattr(Run, "_take_in", broken)
    async with b.running() as engine:
        bad = await engine.start(it(b, "bad"))
        assert await engine.wait(bad.run, 5)
        assert await engine.inspect(bad.run, state) == "failed"
        assert await ended(engine, b, "good") == {"c": {"did": "c"}}


async def test_an_engine_that_drains_takes_nothing_on_lets_what_is_executed_end_and_begins_nothing_behind_it() -> None:
    b = bench(draw("x:slow\nx -ON_SUCCESS-> y:work"))
    async with b.running() as engine:
        run = (await engine.start(it(b))).run
        await settle()
        draining = asyncio.create_task(engine.drain(60))
        await settle()
        assert not draining.done() and not engine.accepting
        with pytest.raises(Unavailable, match="not taking on"):
            await engine.start(it(b))
        execute = b.dispatcher.executed[0][1]
        about = {"at_us": 0, "node": execute.node, "item": execute.item, "attempt": execute.attempt, "started_us": 0}
        engine.deliver([(run, AttemptSucceeded(**about, output="late"))])  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            await draining
        await settle()
        assert b.dispatcher.names() == ["x"]
        assert await engine.inspect(run, lambda r: r.steps["x", ()].output) == "late"
    async with b.running() as engine:
        assert await engine.wait(run, 5)
        assert b.dispatcher.names() == ["y"]


async def test_what_does_not_end_in_its_time_is_handed_back_and_done_again_by_the_next_engine() -> None:
    b = bench(draw("x:slow"))
    async with b.running() as engine:
        run = (await engine.start(it(b))).run
        await settle()
        await engine.drain(0)
    async with b.running() as engine:
        await settle()
        assert [(one, execute.attempt) for one, execute in b.dispatcher.executed] == [(run, 1)]
