"""`concurrency_limit` and `concurrency_key`: how many attempts of a node are under way at once, over all runs.

`slow` is a part that nobody answers but the test; `caller` calls out, and `call` is answered when the test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded, RunId, TimerFired
from cypher_executor.core.recipe import Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine, shares
from cypher_executor.engine.shares import Shares
from cypher_executor.errors import Failure
from cypher_executor.ports import Prepared
from tests.core.test_scale import calls
from tests.engine.support import Bench, Book, Calls, settle
from tests.engine.test_fairness import recipe


def caller(execute: Execute) -> Value:
    if not execute.tape:
        raise Calls({"op": "send"})
    return "sent"


class Post:
    """Carries out calls, and keeps back the answers until it is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.sent: list[str] = []

    async def send(self, request: Mapping[str, Value], context: Any) -> Mapping[str, Value]:
        self.sent.append(context.run)
        await self.opened.wait()
        return {"ok": True}


def bench(text: str = "CREATE (a:slow {concurrency_limit: 2})", **more: Any) -> Bench:
    child = recipe("CREATE (a:endless)")
    return Bench(Book(it=recipe(text), other=recipe(text), child=child), {"caller": caller}, workers=8, **more)


async def start(engine: Engine, b: Bench, given: Value = None, name: str = "it", tenant: str = "default") -> RunId:
    started = await engine.start(Prepared(b.book.recipes[name], given, name, 1), tenant=tenant)
    await settle()
    return started.run


def executing(b: Bench) -> list[RunId]:
    """The runs that executions of `slow` or `caller` were handed out for, in that order."""
    return [run for run, execute in b.dispatcher.executed if execute.part != "endless"]


def about(b: Bench, attempt: int = 1) -> dict[str, Any]:
    return {"at_us": b.clock.us, "node": "a", "attempt": attempt}


async def succeed(engine: Engine, b: Bench, run: RunId) -> None:
    engine.deliver([(run, AttemptSucceeded(**about(b), output=None, started_us=b.clock.us))])
    await settle()


async def state(engine: Engine, run: RunId) -> str | None:
    return await engine.inspect(run, lambda seen: seen.state)


async def failure(engine: Engine, run: RunId) -> Failure | None:
    def of(seen: Run) -> Failure | None:
        return seen.ended.failure if seen.ended is not None else None

    return await engine.inspect(run, of)


async def test_no_more_attempts_of_a_node_are_under_way_than_its_limit_in_all_runs() -> None:
    b = bench()
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(5)]
        assert executing(b) == runs[:2]
        assert engine.load.without_place == 3
        await succeed(engine, b, runs[1])
        assert executing(b) == runs[:3]


async def test_who_waits_is_let_in_in_the_order_of_arrival() -> None:
    b = bench()
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(8)]
        for run in runs:
            await succeed(engine, b, run)
        assert executing(b) == runs
        assert engine.load.without_place == 0


async def test_the_items_of_a_loop_share_with_those_of_other_runs() -> None:
    b = bench("CREATE (a:slow {for_each: [1, 2, 3], concurrency_limit: 2})")
    async with b.running() as engine:
        await start(engine, b)
        await start(engine, b)
        assert len(executing(b)) == 2
        assert engine.load.without_place == 4


async def test_a_limit_holds_for_one_recipe_of_one_tenant() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1})")
    async with b.running() as engine:
        mine = await start(engine, b)
        other = await start(engine, b, name="other")
        theirs = await start(engine, b, tenant="them")
        await start(engine, b)
        assert executing(b) == [mine, other, theirs]


async def test_each_value_of_the_key_has_a_limit_of_its_own_and_null_has_none() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1, concurrency_key: $user})")
    async with b.running() as engine:
        users: list[Value] = ["ann", "ann", "bob", None, None, {"x": 1, "y": 2}, {"y": 2, "x": 1}, ""]
        runs = [await start(engine, b, {"user": user}) for user in users]
        assert executing(b) == [runs[n] for n in (0, 2, 3, 4, 5, 7)]


async def test_a_key_that_has_no_value_fails_the_step() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1, concurrency_key: 1 / $zero})")
    async with b.running() as engine:
        run = await start(engine, b, {"zero": 0})
        assert await state(engine, run) == "failed"
        assert executing(b) == []


async def test_a_place_is_held_while_a_call_goes_on() -> None:
    post = Post()
    b = bench("CREATE (a:caller {concurrency_limit: 1})", calls={"send": post.send})
    async with b.running() as engine:
        first, second = await start(engine, b), await start(engine, b)
        assert (post.sent, executing(b)) == ([first], [first])
        post.opened.set()
        assert await engine.wait(second, 5)
        assert executing(b) == [first, first, second, second]


async def test_a_place_is_held_while_a_child_goes_on() -> None:
    b = bench("CREATE (a:trigger_workflow {workflow: 'child', wait: true, concurrency_limit: 1})")
    async with b.running() as engine:
        first, second = await start(engine, b), await start(engine, b)
        children = [run for run, _ in b.dispatcher.executed]
        assert len(children) == 1
        await succeed(engine, b, children[0])
        assert await engine.wait(first, 5)
        await settle()
        assert len(b.dispatcher.executed) == 2
        assert await state(engine, second) == "waiting"


async def test_a_retry_stands_in_line_again() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1, retry: {attempts: 2, delay: 1}})")
    async with b.running() as engine:
        first, second = await start(engine, b), await start(engine, b)
        bad = Failure("part:bad", "as if", retryable=True)
        engine.deliver([(first, AttemptFailed(**about(b), failure=bad, started_us=b.clock.us))])
        await settle()
        assert executing(b) == [first, second]
        b.clock.us += 2_000_000
        engine.deliver([(first, TimerFired(**about(b)))])
        await settle()
        assert (executing(b), engine.load.without_place) == ([first, second], 1)
        await succeed(engine, b, second)
        assert executing(b) == [first, second, first]


async def test_an_attempt_whose_worker_went_down_keeps_its_place() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1})")
    async with b.running() as engine:
        first, _ = await start(engine, b), await start(engine, b)
        engine.deliver([(first, AttemptLost(**about(b)))])
        await settle()
        assert executing(b) == [first, first]


async def test_a_cancelled_run_gives_its_place_to_the_next() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1})")
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(3)]
        await engine.cancel(runs[1])
        await engine.cancel(runs[0])
        await settle()
        assert executing(b) == [runs[0], runs[2]]
        assert engine.load.without_place == 0


async def test_a_step_that_waits_for_a_place_is_not_with_the_dispatcher_nor_in_its_queue() -> None:
    b = bench()
    async with b.running() as engine:
        for _ in range(50):
            await start(engine, b)
        assert (engine.load.executing, engine.load.queued, engine.load.without_place) == (2, 0, 48)


async def test_the_deadline_of_a_step_ends_its_waiting_for_a_place() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1, deadline: 60})")
    async with b.running() as engine:
        await start(engine, b)
        run = await start(engine, b)
        b.clock.us += 61_000_000
        engine.deliver([(run, TimerFired(**about(b)))])
        assert await engine.wait(run, 5)
        found = await failure(engine, run)
        assert found is not None
        assert found.code == "deadline"


async def test_after_a_restart_whoever_was_under_way_has_its_place_and_the_others_their_order() -> None:
    post = Post()
    b = bench("CREATE (a:caller {concurrency_limit: 1})", calls={"send": post.send})
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(3)]
        assert await engine.cancel(runs[0])
        await settle()
        assert post.sent == runs[:2]
        late = await start(engine, b)
    async with b.running() as engine:
        await settle()
        assert executing(b) == []
        assert post.sent == [*runs[:2], runs[1]]
        post.opened.set()
        assert await engine.wait(late, 5)
        assert list(dict.fromkeys(executing(b))) == [runs[1], runs[2], late]


async def test_after_a_restart_a_call_holds_its_place_against_an_older_run_that_waits() -> None:
    post = Post()
    text = "CREATE (w:wait {seconds: $wait})-[:ON_SUCCESS]->(a:caller {concurrency_limit: 1})"
    b = bench(text, calls={"send": post.send})
    async with b.running() as engine:
        older = await start(engine, b, {"wait": 5})
        younger = await start(engine, b, {"wait": 0})
        b.clock.us += 6_000_000
        engine.deliver([(older, TimerFired(at_us=b.clock.us, node="w", attempt=1))])
        await settle()
        assert (post.sent, engine.load.without_place) == ([younger], 1)
        await engine.inspect(older, lambda seen: None)
    async with b.running() as engine:
        await settle()
        assert (executing(b), post.sent) == ([], [younger, younger])
        assert engine.load.without_place == 1


async def test_a_newer_version_of_a_recipe_shares_with_the_older_one() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 3})")
    newer = recipe("CREATE (a:slow {concurrency_limit: 1})")
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(2)]
        await engine.start(Prepared(newer, None, "it", 2))
        await settle()
        assert executing(b) == runs
        await succeed(engine, b, runs[0])
        assert len(executing(b)) == 2
        await succeed(engine, b, runs[1])
        assert len(executing(b)) == 3


CHILD = "CREATE (a:trigger_workflow {workflow: 'child', wait: true, concurrency_limit: 1})"


def children(b: Bench) -> int:
    return sum(execute.part == "endless" for _, execute in b.dispatcher.executed)


async def test_a_child_whose_turn_comes_in_a_pause_begins_when_its_run_goes_on() -> None:
    b = bench(CHILD)
    async with b.running() as engine:
        first, paused, third = [await start(engine, b) for _ in range(3)]
        await engine.pause(paused)
        await engine.cancel(first)
        await settle()
        assert (children(b), engine.load.without_place) == (2, 1)
        await engine.resume(paused)
        await settle()
        assert (children(b), engine.load.without_place) == (2, 1)
        await engine.cancel(third)
        await settle()
        assert (children(b), engine.load.without_place) == (3, 0)


async def test_an_execution_that_waits_through_a_pause_keeps_nobody_from_a_place() -> None:
    b = bench("CREATE (a:slow {concurrency_limit: 1})")
    async with b.running() as engine:
        first, paused, third = [await start(engine, b) for _ in range(3)]
        await engine.pause(paused)
        await succeed(engine, b, first)
        assert executing(b) == [first, third]
        await succeed(engine, b, third)
        assert executing(b) == [first, third]
        await engine.resume(paused)
        await settle()
        assert executing(b) == [first, third, paused]


async def test_what_waits_in_a_pause_waits_after_a_restart_too() -> None:
    b = bench(CHILD)
    async with b.running() as engine:
        first, paused = [await start(engine, b) for _ in range(2)]
        await engine.pause(paused)
    async with b.running() as engine:
        await engine.cancel(first)
        await settle()
        assert engine.load.without_place == 1
        began = len(await b.disk.open_runs())
        await engine.resume(paused)
        await settle()
        assert (engine.load.without_place, len(await b.disk.open_runs())) == (0, began + 1)


async def test_what_was_put_aside_goes_with_its_run() -> None:
    b = bench(CHILD)
    async with b.running() as engine:
        first, paused = [await start(engine, b) for _ in range(2)]
        await engine.pause(paused)
        await engine.cancel(first)
        await settle()
        await engine.cancel(paused)
        await settle()
        places = engine._turns._shares
        assert (places._places, places._of) == ({}, {})


async def test_nothing_is_remembered_of_what_has_ended() -> None:
    b = bench()
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(4)]
        for run in runs:
            await succeed(engine, b, run)
        places = engine._turns._shares
        assert (places._places, places._of) == ({}, {})


def test_twice_as_many_that_wait_are_twice_the_work() -> None:
    async def work(size: int) -> None:
        b = bench("CREATE (a:slow {for_each: $items, concurrency_limit: 2})")
        async with b.running() as engine:
            run = await start(engine, b, {"items": list(range(size))})
            for item in range(size):
                done = AttemptSucceeded(**about(b), item=(item,), output=None, started_us=b.clock.us)
                engine.deliver([(run, done)])
                if item % 2:
                    await settle()

    few, many = calls(lambda: asyncio.run(work(100))), calls(lambda: asyncio.run(work(200)))
    assert many <= 2.3 * few


# --- defects ----------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def everybody_is_let_in(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shares, "enter", lambda self, live, command: True)


def nobody_gives_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shares, "moved", lambda self, live, event: [])


def the_cancelled_keep_their_places(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shares, "leave", lambda self, run, node, item: [])


def the_newest_is_let_in_first(patch: pytest.MonkeyPatch) -> None:
    let_in = Shares._let_in

    def newest(self: Shares, places: Any) -> Any:
        if places.waiting:
            places.waiting.move_to_end(next(reversed(places.waiting)), last=False)
        return let_in(self, places)

    patch.setattr(Shares, "_let_in", newest)


def places_are_those_of_an_execution(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shares, "_is_over", lambda step, attempt: True)


def places_are_lost_in_a_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shares, "reclaim", lambda self, live: None)


def keys_do_not_count(patch: pytest.MonkeyPatch) -> None:
    join = Shares._join
    patch.setattr(Shares, "_join", lambda self, live, node, item, key: join(self, live, node, item, ""))


def tenants_share(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shares, "recipe_of", lambda started: ("", started.name))


def a_pause_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def let_in(self: Shares, places: Any) -> Any:
        found: list[Any] = []
        while places.waiting and len(places.held) < next(iter(places.waiting.values()))[1].share[0]:
            which, asked = places.waiting.popitem(last=False)
            places.held[which] = asked[1].attempt
            found.append(asked)
        return found

    patch.setattr(Shares, "_let_in", let_in)


def what_is_put_aside_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shares, "_resume", lambda self, live, step: [])


CAUGHT: list[tuple[Plant, Callable[[], Awaitable[None]]]] = [
    (everybody_is_let_in, test_no_more_attempts_of_a_node_are_under_way_than_its_limit_in_all_runs),
    (nobody_gives_back, test_a_retry_stands_in_line_again),
    (the_cancelled_keep_their_places, test_a_cancelled_run_gives_its_place_to_the_next),
    (the_newest_is_let_in_first, test_who_waits_is_let_in_in_the_order_of_arrival),
    (places_are_those_of_an_execution, test_a_place_is_held_while_a_call_goes_on),
    (places_are_those_of_an_execution, test_a_place_is_held_while_a_child_goes_on),
    (places_are_lost_in_a_restart, test_after_a_restart_a_call_holds_its_place_against_an_older_run_that_waits),
    (a_pause_is_not_looked_at, test_a_child_whose_turn_comes_in_a_pause_begins_when_its_run_goes_on),
    (what_is_put_aside_is_forgotten, test_an_execution_that_waits_through_a_pause_keeps_nobody_from_a_place),
    (keys_do_not_count, test_each_value_of_the_key_has_a_limit_of_its_own_and_null_has_none),
    (tenants_share, test_a_limit_holds_for_one_recipe_of_one_tenant),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT)
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, test: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, BaseExceptionGroup)):
        async with asyncio.timeout(15):
            await test()
