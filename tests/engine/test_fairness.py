"""Nobody's many hold up another's few: executions wait in lanes, and the dispatcher is given a few at a time.

The part `slow` is not answered by the dispatcher; `Worker` answers its executions one by one, in the order in which
they were handed over, which is how real workers go about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded, RunId
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.cypher import compile_recipe
from cypher_executor.engine import Engine, queue, turns
from cypher_executor.engine.lanes import Lanes
from cypher_executor.engine.room import AHEAD_US, LEAST_A_WORKER, MOST_A_WORKER, UNKNOWN_US, Room
from cypher_executor.errors import Failure, Unavailable
from cypher_executor.ports import Prepared
from tests.core.test_scale import calls
from tests.engine.support import Bench, Book, Calls, settle

FLOOD = 2_000


def recipe(text: str) -> Recipe:
    compiled = compile_recipe(text, parts=None, trusted=True)
    assert compiled.recipe is not None, compiled.diagnostics
    return compiled.recipe


MANY = recipe("CREATE (a:slow {for_each: $items, n: item})")
QUICK = recipe("CREATE (q:quick)")
THREE = recipe("CREATE (a:slow)-[:ON_SUCCESS]->(b:slow)-[:ON_SUCCESS]->(c:slow)")


def bench(**more: Any) -> Bench:
    return Bench(Book(many=MANY, three=THREE, quick=QUICK), {}, workers=1, **more)


async def start(engine: Engine, b: Bench, name: str, tenant: str = "default", items: int = FLOOD) -> RunId:
    given = {"items": list(range(items))} if name == "many" else None
    started = await engine.start(Prepared(b.book.recipes[name], given, name, 1), tenant=tenant)
    await settle()
    return started.run


class Worker:
    """Answers executions in the order in which they were handed over."""

    def __init__(self, engine: Engine, b: Bench, took_us: int = 5_000) -> None:
        self._engine = engine
        self._bench = b
        self._took_us = took_us
        self.answered = 0

    async def work(self, times: int = 1) -> None:
        for run, execute in self._bench.dispatcher.executed[self.answered : self.answered + times]:
            self._bench.clock.us += self._took_us
            now_us = self._bench.clock.us
            about: dict[str, Any] = {"node": execute.node, "item": execute.item, "attempt": execute.attempt}
            answer = AttemptSucceeded(at_us=now_us, output=None, started_us=now_us - self._took_us, **about)
            self._engine.deliver([(run, answer)])
            self.answered += 1
            await settle()

    async def work_until_ended(self, run: RunId) -> int:
        """How many executions it took until this run had ended."""
        before = self.answered
        while not await self._engine.wait(run, 0):
            assert self.answered < len(self._bench.dispatcher.executed), "nothing is handed out any more"
            await self.work()
        return self.answered - before


async def test_two_thousand_steps_of_one_run_do_not_hold_up_three_of_another() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        three = await start(engine, b, "three")
        ahead = AHEAD_US // UNKNOWN_US
        assert await Worker(engine, b).work_until_ended(three) <= 3 * (ahead + 2)


async def test_two_runs_of_one_recipe_take_turns_too() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        few = await start(engine, b, "many", items=3)
        assert await Worker(engine, b).work_until_ended(few) <= AHEAD_US // UNKNOWN_US + 2 * 3


async def test_a_tenant_gets_no_more_turns_by_having_more_runs() -> None:
    b = bench()
    async with b.running() as engine:
        for _ in range(5):
            await start(engine, b, "many", "greedy", items=100)
        modest = await start(engine, b, "many", "modest", items=20)
        assert await Worker(engine, b).work_until_ended(modest) <= AHEAD_US // UNKNOWN_US + 2 * 20


async def test_the_dispatcher_has_a_few_at_a_time_and_everything_is_executed_once_in_order() -> None:
    b = bench()
    async with b.running() as engine:
        run = await start(engine, b, "many", items=300)
        assert (engine.load.executing, engine.load.queued) == (10, 290)
        worker = Worker(engine, b)
        await worker.work_until_ended(run)
        items = [execute.item for _, execute in b.dispatcher.executed]
        assert items == [(n,) for n in range(300)]
        assert (engine.load.executing, engine.load.queued) == (0, 0)


async def test_of_a_part_that_takes_long_only_what_keeps_the_workers_busy_is_handed_out() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        await Worker(engine, b, took_us=1_000_000).work(20)
        assert engine.load.executing == LEAST_A_WORKER


async def test_however_many_long_ones_wait_the_quick_ones_of_others_wait_for_none() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        await Worker(engine, b, took_us=1_000_000).work(10)
        assert engine.load.executing == LEAST_A_WORKER
        handed = len(b.dispatcher.executed)
        await start(engine, b, "quick")
        assert [execute.node for _, execute in b.dispatcher.executed[handed:]] == ["q"]
        assert b.dispatcher.long == {"a"}


async def test_what_is_found_to_take_long_gives_its_place_to_others_before_it_has_ended() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        full = engine.load.executing
        await start(engine, b, "quick")
        assert not any(execute.node == "q" for _, execute in b.dispatcher.executed), "there is no room"
        for run, execute in list(b.dispatcher.executed):
            b.dispatcher.found_long(run, execute)
        await settle()
        assert [execute.node for _, execute in b.dispatcher.executed[full:]] == ["q"]
        assert engine.load.executing == full + 1, "no more of what takes long, of which there is more than enough"
        for run, execute in list(b.dispatcher.executed):
            b.dispatcher.found_long(run, execute)
        worker = Worker(engine, b, took_us=1_000_000)
        await worker.work(full + 1)
        assert engine.load.executing == LEAST_A_WORKER


async def test_what_takes_its_worker_down_takes_long_from_then_on() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        _, first = b.dispatcher.executed[0]
        lost = AttemptLost(at_us=b.clock.us, node=first.node, item=first.item, attempt=first.attempt)
        engine.deliver([(b.dispatcher.executed[0][0], lost)])
        await settle()
        worker = Worker(engine, b)
        worker.answered = 1
        await worker.work(9)
        assert engine.load.executing == LEAST_A_WORKER and b.dispatcher.long == {"a"}


async def test_of_a_part_that_is_quick_many_are_handed_out_at_a_time() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many")
        await Worker(engine, b, took_us=100).work(100)
        assert engine.load.executing == MOST_A_WORKER


WAITING = {
    "time": "CREATE (a:wait {seconds: 3600})",
    "callback": "CREATE (a:wait_for_callback)",
    "child": "CREATE (a:trigger_workflow {workflow: 'time', wait: true})",
    "runs": "CREATE (c:trigger_workflow {workflow: 'time'})-[:ON_SUCCESS]->(a:wait_for_workflows {runs: [c.run_id]})",
    "retry": "CREATE (a:bad {retry: {attempts: 2, delay: 3600}})",
    "call": "CREATE (a:calls)",
}


def _bad(execute: Execute) -> Value:
    return Failure("part:bad", "as if", retryable=True)


def _calls(execute: Execute) -> Value:
    raise Calls({"op": "send"})


async def _endless(request: Any, context: Any) -> dict[str, Value]:
    await asyncio.Event().wait()
    return {"ok": True}


@pytest.mark.parametrize("what", WAITING)
async def test_a_run_that_waits_holds_no_slot(what: str) -> None:
    book = Book(three=THREE, **{name: recipe(text) for name, text in WAITING.items()})
    b = Bench(book, {"bad": _bad, "calls": _calls}, calls={"send": _endless}, workers=1)
    async with b.running() as engine:
        for _ in range(4 * MOST_A_WORKER):
            await engine.start(Prepared(b.book.recipes[what], None, what, 1))
        for _ in range(20):
            await settle()
        assert (engine.load.executing, engine.load.queued) == (0, 0)
        three = await start(engine, b, "three")
        assert (engine.load.executing, b.dispatcher.executed[-1][0]) == (1, three)


async def test_what_waits_for_a_run_that_is_cancelled_is_never_handed_out() -> None:
    b = bench()
    async with b.running() as engine:
        run = await start(engine, b, "many")
        before = len(b.dispatcher.executed)
        await engine.cancel(run)
        assert await engine.wait(run, 5)
        assert len(b.dispatcher.executed) == before
        assert (engine.load.executing, engine.load.queued) == (0, 0)


async def test_what_waits_for_its_turn_does_not_begin_while_its_run_is_paused() -> None:
    b = bench()
    async with b.running() as engine:
        run = await start(engine, b, "many", items=40)
        await engine.pause(run)
        worker = Worker(engine, b)
        await worker.work(10)
        assert (len(b.dispatcher.executed), engine.load.queued) == (10, 30)
        other = await start(engine, b, "three")
        await worker.work_until_ended(other)
        await engine.resume(run)
        await settle()
        await worker.work_until_ended(run)
        items = [execute.item for of, execute in b.dispatcher.executed if of == run]
        assert items == [(n,) for n in range(40)]


async def test_what_was_put_aside_in_a_paused_run_is_forgotten_with_it() -> None:
    b = bench()
    async with b.running() as engine:
        run = await start(engine, b, "many", items=40)
        await engine.pause(run)
        await Worker(engine, b).work(5)
        await engine.cancel(run)
        assert await engine.wait(run, 5)
        assert (len(b.dispatcher.executed), engine.load.executing, engine.load.queued) == (10, 0, 0)


async def test_an_interrupted_execution_makes_room_for_another() -> None:
    b = bench()
    async with b.running() as engine:
        flood = await start(engine, b, "many")
        three = await start(engine, b, "three")
        await engine.cancel(flood)
        await settle()
        assert [run for run, _ in b.dispatcher.executed][-1] == three


async def test_what_waits_is_not_handed_out_while_the_service_drains_and_is_after_it() -> None:
    b = bench()
    async with b.running() as engine:
        run = await start(engine, b, "many", items=30)
        engine._turns.draining = True
        await Worker(engine, b).work(10)
        assert len(b.dispatcher.executed) == 10
    async with b.running() as engine:
        await Worker(engine, b).work_until_ended(run)
        assert [execute.item for _, execute in b.dispatcher.executed] == [(n,) for n in range(10, 30)]


async def test_a_late_answer_to_an_earlier_attempt_makes_no_room() -> None:
    b = bench()
    b.book = Book(many=recipe("CREATE (a:slow {for_each: $items, retry: {attempts: 2, delay: 0}})"))
    async with b.running() as engine:
        run = await start(engine, b, "many", items=3)
        about: dict[str, Any] = {"at_us": b.clock.us, "node": "a", "item": (0,), "attempt": 1, "started_us": b.clock.us}
        failed = AttemptFailed(failure=Failure("part:bad", "as if", retryable=True), **about)
        for _ in range(3):
            engine.deliver([(run, failed)])
            await settle()
        assert [execute.attempt for _, execute in b.dispatcher.executed] == [1, 1, 1, 2]
        assert engine.load.executing == 3


async def test_a_batch_that_cannot_be_handed_over_leaves_the_room_empty() -> None:
    b = bench()
    async with b.running() as engine:

        def refuse(batch: object) -> None:
            raise RuntimeError("no dispatcher today")

        b.dispatcher.run_many = refuse  # type: ignore[method-assign, assignment]
        run = await start(engine, b, "many", items=50)
        assert await engine.wait(run, 5)
        assert (engine.load.executing, engine.load.queued) == (0, 0)


async def test_a_journal_that_fails_leaves_nothing_behind_in_the_lanes() -> None:
    b = bench()
    async with b.running() as engine:
        await start(engine, b, "many", items=30)
        b.disk.broken = True
        with pytest.raises(Unavailable):
            await start(engine, b, "three")
        b.disk.broken = False
        while not engine.accepting:
            await settle()
        assert (engine.load.executing, engine.load.queued) == (10, 20)


# --- lanes ------------------------------------------------------------------------------------------------------------


def fill(size: int) -> Lanes[int]:
    lanes: Lanes[int] = Lanes()
    for n in range(size):
        lanes.put(("tenant", f"recipe {n % 3}", n % 7), n, n)
    return lanes


def test_lanes_are_served_in_turn_at_every_level() -> None:
    lanes: Lanes[str] = Lanes()
    for place in ("a1", "a1", "a1", "a2", "b1"):
        lanes.put((place[0], place), len(lanes), place)
    assert [lanes.take() for _ in range(6)] == ["a1", "b1", "a2", "a1", "a1", None]


def test_what_is_removed_from_a_lane_leaves_the_others_as_they_were() -> None:
    lanes: Lanes[str] = Lanes()
    for name in "abc":
        lanes.put((name,), 0, name)
    assert lanes.remove(("b",), 0) == "b"
    assert lanes.remove(("b",), 0) is None
    assert lanes.remove(("c",), 1) is None
    assert len(lanes) == 2
    assert [lanes.take(), lanes.take(), lanes.take()] == ["a", "c", None]


def test_what_waits_under_the_same_key_gives_way() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.put(("a",), 0, "old")
    lanes.put(("a",), 0, "new")
    assert len(lanes) == 1
    assert [lanes.take(), lanes.take()] == ["new", None]


@pytest.mark.parametrize("empty", ["take", "remove"])
def test_twice_as_many_in_lanes_are_twice_the_work(empty: str) -> None:
    def work(size: int) -> None:
        lanes = fill(size)
        for n in range(size):
            found = lanes.take() if empty == "take" else lanes.remove(("tenant", f"recipe {n % 3}", n % 7), n)
            assert found is not None

    few, many = calls(lambda: work(2_000)), calls(lambda: work(4_000))
    assert many <= 2.1 * few


# --- room -------------------------------------------------------------------------------------------------------------


def test_the_room_follows_what_a_module_takes_and_forgets_what_it_took_long_ago() -> None:
    room, module = Room(2), Digest("m")
    for took_us in (1_000_000, *[200] * 60):
        room.learn(module, took_us)
    assert room.lately_us[module] <= 210


def test_a_clock_that_was_set_back_makes_no_room_out_of_nothing() -> None:
    room = Room(1)
    room.learn(Digest("m"), -5_000_000)
    assert room.lately_us[Digest("m")] <= 0
    taken = 0
    while room.has_place(taken):
        room.take(Digest("m"))
        taken += 1
    assert taken == MOST_A_WORKER


# --- defects ----------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def first_come_first_served(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "put", _put_in(lambda live: ("all",)))


def all_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Room, "has_place", lambda self, taken: True)


def runs_of_a_recipe_stand_in_one_lane(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "put", _put_in(lambda live: (live.started.tenant, "recipe")))


def tenants_do_not_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue, "_names", lambda live: ("tenant", live.id))


def _put_in(names: Callable[[Any], tuple[str, ...]]) -> Any:
    """Lanes for which these are the names; a key says which run it is of, because several may share a lane."""

    def put(self: queue.FairQueue, live: Any, execute: Any) -> None:
        self._waiting.put(names(live), (live.id, execute.node, execute.item), (live, execute, False))
        self._of.setdefault(live.id, {})[execute.node, execute.item] = live

    return put


def the_cancelled_go_on_waiting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "_waits_no_more", lambda self, run, key: None)
    patch.setattr(queue.FairQueue, "ended", lambda self, run: None)


def interrupted_executions_keep_their_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "_give_back", lambda self, step: None)


def what_was_answered_keeps_its_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "answered", lambda self, run, event: None)


async def retries_hold_no_slot() -> None:
    await test_a_run_that_waits_holds_no_slot("retry")


async def calls_hold_no_slot() -> None:
    await test_a_run_that_waits_holds_no_slot("call")


def a_pause_lets_the_queue_go_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "held", property(lambda self: False))


def draining_hands_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns.Turns, "_hand_out", lambda self: self._queue.hand_out())


def whatever_took_long_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Room, "learn", lambda self, module, took_us: None)


def long_ones_wait_among_the_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Room, "is_long", lambda self, module: False)


def what_takes_long_keeps_its_place_to_its_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "found_long", lambda self, run, execute: None)


def what_was_lost_took_no_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue, "LOST_US", 0)


def failing_keeps_the_lanes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue.FairQueue, "forget", lambda self: None)


CAUGHT: list[tuple[Plant, Callable[[], Awaitable[None]]]] = [
    (first_come_first_served, test_two_thousand_steps_of_one_run_do_not_hold_up_three_of_another),
    (all_at_once, test_two_thousand_steps_of_one_run_do_not_hold_up_three_of_another),
    (runs_of_a_recipe_stand_in_one_lane, test_two_runs_of_one_recipe_take_turns_too),
    (tenants_do_not_count, test_a_tenant_gets_no_more_turns_by_having_more_runs),
    (the_cancelled_go_on_waiting, test_what_waits_for_a_run_that_is_cancelled_is_never_handed_out),
    (interrupted_executions_keep_their_place, test_an_interrupted_execution_makes_room_for_another),
    (what_was_answered_keeps_its_place, retries_hold_no_slot),
    (what_was_answered_keeps_its_place, calls_hold_no_slot),
    (a_pause_lets_the_queue_go_on, test_what_waits_for_its_turn_does_not_begin_while_its_run_is_paused),
    (draining_hands_out, test_what_waits_is_not_handed_out_while_the_service_drains_and_is_after_it),
    (long_ones_wait_among_the_others, test_however_many_long_ones_wait_the_quick_ones_of_others_wait_for_none),
    (
        what_takes_long_keeps_its_place_to_its_end,
        test_what_is_found_to_take_long_gives_its_place_to_others_before_it_has_ended,
    ),
    (what_was_lost_took_no_time, test_what_takes_its_worker_down_takes_long_from_then_on),
    (whatever_took_long_is_forgotten, test_of_a_part_that_takes_long_only_what_keeps_the_workers_busy_is_handed_out),
    (failing_keeps_the_lanes, test_a_journal_that_fails_leaves_nothing_behind_in_the_lanes),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT, ids=[f"{plant.__name__}-{test.__name__}" for plant, test in CAUGHT])
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, test: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, BaseExceptionGroup)):
        async with asyncio.timeout(10):
            await test()
