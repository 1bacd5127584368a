"""`concurrency_limit` and `concurrency_key` of a recipe: how many of its runs are under way at once.

`slow` is a part that nobody answers but the test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.core.commands import Conclude, Interrupt
from cypher_executor.core.events import AttemptSucceeded, RunId
from cypher_executor.core.recipe import Value
from cypher_executor.engine import Engine, turns, turnstile
from cypher_executor.engine.turnstile import Turnstile
from cypher_executor.errors import ExpressionError
from cypher_executor.ports import Prepared
from tests.engine.support import Bench, Book, settle
from tests.engine.test_fairness import recipe

ONE = "CREATE (:Recipe {concurrency_limit: %s}) CREATE (a:slow)-[:ON_SUCCESS]->(b:slow)"
KEYED = "CREATE (:Recipe {concurrency_limit: 1, concurrency_key: %s}) CREATE (a:slow)"


def bench(text: str = ONE % 1, **more: str) -> Bench:
    return Bench(Book(it=recipe(text), **{name: recipe(each) for name, each in more.items()}), {}, workers=8)


async def start(engine: Engine, b: Bench, given: Value = None, name: str = "it", tenant: str = "default") -> RunId:
    started = await engine.start(Prepared(b.book.recipes[name], given, name, 1), tenant=tenant)
    await settle()
    return started.run


def begun(b: Bench) -> list[RunId]:
    """The runs of which something was executed, in the order in which that began."""
    return list(dict.fromkeys(run for run, _ in b.dispatcher.executed))


async def succeed(engine: Engine, b: Bench, run: RunId, *nodes: str) -> None:
    for node in nodes:
        done = AttemptSucceeded(at_us=b.clock.us, node=node, attempt=1, output=None, started_us=b.clock.us)
        engine.deliver([(run, done)])
        await settle()


async def test_no_more_runs_are_under_way_than_the_limit_and_the_others_wait_in_order() -> None:
    b = bench(ONE % 2)
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(5)]
        assert (begun(b), engine.load.waiting_runs) == (runs[:2], 3)
        await succeed(engine, b, runs[1], "a")
        assert begun(b) == runs[:2]
        await succeed(engine, b, runs[1], "b")
        assert begun(b) == runs[:3]
        await succeed(engine, b, runs[0], "a", "b")
        assert (begun(b), engine.load.waiting_runs) == (runs[:4], 1)


async def test_a_run_that_waits_is_accepted_and_on_disk() -> None:
    b = bench()
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(2)]
        assert await b.disk.open_runs() == runs
        assert (engine.load.executing, engine.load.queued) == (1, 0)


async def test_a_limit_holds_for_one_recipe_of_one_tenant_whatever_the_version() -> None:
    b = bench(ONE % 1, other=ONE % 1)
    newer = recipe(ONE % 1 + " CREATE (c)")
    async with b.running() as engine:
        mine = await start(engine, b)
        other = await start(engine, b, name="other")
        theirs = await start(engine, b, tenant="them")
        await engine.start(Prepared(newer, None, "it", 2))
        await settle()
        assert begun(b) == [mine, other, theirs]


async def test_each_value_of_the_key_has_a_limit_of_its_own_and_null_has_none() -> None:
    b = bench(KEYED % "$user")
    async with b.running() as engine:
        users: list[Value] = ["ann", "ann", "bob", None, None, {"x": 1, "y": 2}, {"y": 2, "x": 1}]
        runs = [await start(engine, b, {"user": user}) for user in users]
        assert begun(b) == [runs[n] for n in (0, 2, 3, 4, 5)]


async def test_a_key_may_read_how_the_run_began() -> None:
    b = bench(KEYED % "$trigger.kind")
    async with b.running() as engine:
        for kind in ("api", "cron", "api"):
            await engine.start(Prepared(b.book.recipes["it"], None, "it", 1), trigger={"kind": kind})
            await settle()
        assert (len(begun(b)), engine.load.waiting_runs) == (2, 1)


async def test_a_key_that_has_no_value_refuses_the_start() -> None:
    b = bench(KEYED % "1 / $zero")
    async with b.running() as engine:
        with pytest.raises(ExpressionError):
            await start(engine, b, {"zero": 0})
        assert engine.open_runs == 0


async def test_a_run_that_waits_can_be_cancelled_and_lets_the_next_one_be_first() -> None:
    b = bench()
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(3)]
        assert await engine.cancel(runs[1])
        assert await engine.wait(runs[1], 5)
        await engine.cancel(runs[0])
        await settle()
        assert (begun(b), engine.load.waiting_runs) == ([runs[0], runs[2]], 0)


async def test_the_time_of_a_run_passes_while_it_waits() -> None:
    b = bench("CREATE (:Recipe {concurrency_limit: 1, timeout: 60}) CREATE (a:slow)")
    older = recipe("CREATE (:Recipe {concurrency_limit: 1}) CREATE (a:slow)")
    async with b.running() as engine:
        before = (await engine.start(Prepared(older, None, "it", 1))).run
        waits = await start(engine, b)
        b.clock.us += 61_000_000
        assert await engine.wait(waits, 5)
        assert await engine.inspect(waits, lambda run: run.ended and run.ended.failure) is not None
        assert await engine.inspect(before, lambda run: run.ended) is None


async def test_a_run_without_work_does_not_wait() -> None:
    b = bench("CREATE (:Recipe {concurrency_limit: 1}) CREATE (a:slow {when: 1}) CREATE (b {x: 1})", child="CREATE (a)")
    quick = recipe("CREATE (:Recipe {concurrency_limit: 1}) CREATE (b {x: 1})")
    async with b.running() as engine:
        await start(engine, b)
        started = await engine.start(Prepared(quick, None, "it", 1))
        assert await engine.wait(started.run, 5)


async def test_a_run_that_is_paused_lets_others_go_first() -> None:
    b = bench()
    async with b.running() as engine:
        first, paused, third = [await start(engine, b) for _ in range(3)]
        await engine.pause(paused)
        await engine.cancel(first)
        await settle()
        assert begun(b) == [first, third]
        await engine.cancel(third)
        await engine.resume(paused)
        await settle()
        assert begun(b) == [first, third, paused]


async def test_a_child_of_whoever_has_a_place_needs_none() -> None:
    down = "CREATE (:Recipe {concurrency_limit: 1}) CREATE (t:trigger_workflow {workflow: 'leaf', wait: true})"
    b = bench(down, leaf="CREATE (t:trigger_workflow {workflow: 'it', wait: true})")
    async with b.running() as engine:
        await start(engine, b)
        await settle()
        assert engine.load.waiting_runs == 0
        assert engine.open_runs > 3


async def test_children_of_somebody_else_wait_like_all_others() -> None:
    fan = "CREATE (t:trigger_workflow {for_each: [1, 2, 3], workflow: 'it', wait: true})"
    b = bench(ONE % 1, fan=fan)
    async with b.running() as engine:
        await start(engine, b, name="fan")
        await settle()
        assert (len(begun(b)), engine.load.waiting_runs) == (1, 2)


async def test_after_a_restart_who_was_under_way_has_its_place_and_the_others_their_order() -> None:
    b = bench()
    async with b.running() as engine:
        runs = [await start(engine, b) for _ in range(4)]
        await engine.pause(runs[0])
        await succeed(engine, b, runs[0], "a")
        await engine.cancel(runs[1])
        await engine.inspect(runs[0], lambda run: None)
    async with b.running() as engine:
        await settle()
        assert (begun(b), engine.load.waiting_runs) == ([], 2)
        await engine.resume(runs[0])
        await settle()
        await succeed(engine, b, runs[0], "b")
        assert begun(b) == [runs[0], runs[2]]


async def test_a_run_that_is_reopened_stands_in_line() -> None:
    b = bench()
    async with b.running() as engine:
        first = await start(engine, b)
        await engine.cancel(first)
        second = await start(engine, b)
        await engine.retry(first)
        await settle()
        assert (len(b.dispatcher.executed), engine.load.waiting_runs) == (2, 1)
        await succeed(engine, b, second, "a", "b")
        assert b.dispatcher.executed[-1][0] == first


async def test_nothing_is_remembered_of_what_has_ended() -> None:
    b = bench()
    async with b.running() as engine:
        for run in [await start(engine, b) for _ in range(3)]:
            await succeed(engine, b, run, "a", "b")
        places = engine._turns._turnstile
        assert (places._places, places._of) == ({}, {})


# --- defects ----------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def time_stands_still_for_who_waits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "in_any_case", lambda command: isinstance(command, Conclude | Interrupt))
    wait_for_a_second(patch)


def everybody_is_let_in(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Turnstile, "enter", lambda self, live: True)


def nobody_is_let_in_later(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Turnstile, "_let_in", lambda self, places: [])


def what_waits_is_begun(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "in_any_case", lambda command: True)


def wait_for_a_second(patch: pytest.MonkeyPatch) -> None:
    """What never comes is waited for less long than by the tests themselves."""
    wait = Engine.wait
    patch.setattr(Engine, "wait", lambda self, run, at_most_s: wait(self, run, 1))


def what_waits_never_ends(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "in_any_case", lambda command: False)
    wait_for_a_second(patch)


def keys_do_not_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turnstile, "place_of_run", lambda recipe, run: (1, ""))


def descendants_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Turnstile, "_descends", lambda self, live, group: False)


def places_are_lost_in_a_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Turnstile, "reclaim", lambda self, live: None)


def a_pause_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def let_in(self: Turnstile, places: Any) -> Any:
        found = []
        while places.waiting and len(places.held) < next(iter(places.waiting.values()))[1]:
            run, (live, _) = places.waiting.popitem(last=False)
            places.held.add(run)
            found.append(live)
        return found

    patch.setattr(Turnstile, "_let_in", let_in)


def tenants_share(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turnstile, "recipe_of", lambda started: ("", started.name))


CAUGHT: list[tuple[Plant, Callable[[], Awaitable[None]]]] = [
    (everybody_is_let_in, test_no_more_runs_are_under_way_than_the_limit_and_the_others_wait_in_order),
    (nobody_is_let_in_later, test_no_more_runs_are_under_way_than_the_limit_and_the_others_wait_in_order),
    (what_waits_is_begun, test_a_run_that_waits_is_accepted_and_on_disk),
    (what_waits_never_ends, test_a_run_that_waits_can_be_cancelled_and_lets_the_next_one_be_first),
    (keys_do_not_count, test_each_value_of_the_key_has_a_limit_of_its_own_and_null_has_none),
    (descendants_wait, test_a_child_of_whoever_has_a_place_needs_none),
    (places_are_lost_in_a_restart, test_after_a_restart_who_was_under_way_has_its_place_and_the_others_their_order),
    (a_pause_is_not_looked_at, test_a_run_that_is_paused_lets_others_go_first),
    (time_stands_still_for_who_waits, test_the_time_of_a_run_passes_while_it_waits),
    (tenants_share, test_a_limit_holds_for_one_recipe_of_one_tenant_whatever_the_version),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT)
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, test: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, BaseExceptionGroup)):
        await test()
