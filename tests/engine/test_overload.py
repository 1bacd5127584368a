"""Beyond what is good a start is refused, with a time to come back; what has begun goes on, and nothing is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptSucceeded, RunId
from cypher_executor.core.recipe import Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine, admission, volume
from cypher_executor.engine.admission import Admission, Bounds
from cypher_executor.engine.volume import Volume
from cypher_executor.errors import Unavailable
from cypher_executor.ports import Prepared
from tests.engine.support import Bench, Book, settle
from tests.engine.test_fairness import recipe

KIB = 1024
PARENT = "CREATE (w:wait {seconds: 1})-[:ON_SUCCESS]->(a:trigger_workflow {workflow: 'it', input: $input})"


def bench(bounds: Bounds, text: str = "CREATE (a:slow)", part: Callable[[Execute], Value] | None = None) -> Bench:
    functions = {} if part is None else {"large": part}
    return Bench(Book(it=recipe(text), parent=recipe(PARENT)), functions, bounds=bounds, workers=1)


async def start(engine: Engine, b: Bench, given: Value = None, name: str = "it") -> RunId:
    return (await engine.start(Prepared(b.book.recipes[name], given, name, 1))).run


async def refused(engine: Engine, b: Bench, given: Value = None) -> None:
    with pytest.raises(Unavailable) as caught:
        await start(engine, b, given)
    assert (caught.value.code, caught.value.retryable) == ("overloaded", True)
    assert caught.value.retry_after_s >= 1


async def fill(engine: Engine, b: Bench, queued: int) -> list[RunId]:
    """Start runs until so many of their steps wait for a worker."""
    runs = []
    while engine.load.queued < queued:
        runs.append(await start(engine, b))
        await settle()
    return runs


async def finish(engine: Engine, b: Bench, run: RunId) -> None:
    done = AttemptSucceeded(at_us=b.clock.us, node="a", attempt=1, output=None, started_us=b.clock.us)
    engine.deliver([(run, done)])
    assert await engine.wait(run, 5)
    await settle()


async def test_when_too_many_steps_wait_for_a_worker_nothing_is_taken_on() -> None:
    b = bench(Bounds(queued=2))
    async with b.running() as engine:
        runs = await fill(engine, b, 2)
        await refused(engine, b)
        assert engine.open_runs == len(runs)
        for run in runs:
            await finish(engine, b, run)
        assert await start(engine, b)


async def test_the_inputs_of_open_runs_have_a_limit_together() -> None:
    b = bench(Bounds(input_bytes=10 * KIB))
    async with b.running() as engine:
        large = await start(engine, b, {"x": "y" * 6 * KIB})
        await refused(engine, b, {"x": "y" * 6 * KIB})
        assert await start(engine, b, {"x": "y"})
        await finish(engine, b, large)
        assert await start(engine, b, {"x": "y" * 6 * KIB})


async def test_one_input_that_is_larger_than_all_may_be_is_taken_on_alone() -> None:
    b = bench(Bounds(input_bytes=KIB))
    async with b.running() as engine:
        run = await start(engine, b, "y" * 2 * KIB)
        await refused(engine, b, "z")
        await finish(engine, b, run)
        assert await start(engine, b, "z")


async def test_inputs_count_after_a_restart_too() -> None:
    b = bench(Bounds(input_bytes=10 * KIB))
    async with b.running() as engine:
        run = await start(engine, b, {"x": "y" * 6 * KIB})
    async with b.running() as engine:
        await refused(engine, b, {"x": "y" * 6 * KIB})
        await finish(engine, b, run)
        assert await start(engine, b, {"x": "y" * 6 * KIB})


async def test_children_of_what_has_begun_are_not_refused() -> None:
    b = bench(Bounds(queued=1))
    async with b.running() as engine:
        parent = await start(engine, b, None, "parent")
        await fill(engine, b, 1)
        await refused(engine, b)
        b.clock.us += 2_000_000
        assert await engine.wait(parent, 5)
        assert await engine.inspect(parent, lambda run: run.state) == "succeeded"


def code(run: Run) -> str | None:
    return None if run.ended is None or run.ended.failure is None else run.ended.failure.code


LOOP = "CREATE (a:large {for_each: [1, 2, 3, 4], concurrency: 1, on_item_fail: '%s'}) RETURN size(a) AS n"


async def test_the_outputs_of_a_run_have_a_limit_together() -> None:
    b = bench(Bounds(run_bytes=7 * KIB), LOOP % "stop", lambda execute: "y" * 2 * KIB)
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, code) == "run_too_large"
        assert len(b.dispatcher.executed) == 4
        assert engine._turns._volume._of == engine._turns._volume._bytes == {}


async def test_an_output_without_room_is_a_failure_that_may_be_handled() -> None:
    b = bench(Bounds(run_bytes=7 * KIB), LOOP % "collect", lambda execute: "y" * 2 * KIB)
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, lambda seen: seen.ended.result if seen.ended else None) == {"n": 4}
        outputs = await engine.inspect(run, lambda seen: [seen.steps["a", (n,)].state for n in range(4)])
        assert outputs == ["succeeded"] * 3 + ["failed"]


async def test_outputs_are_counted_after_a_restart_too() -> None:
    text = "CREATE (a:large)-[:ON_SUCCESS]->(b:large)-[:ON_SUCCESS]->(c:slow)-[:ON_SUCCESS]->(d:large)"
    b = bench(Bounds(run_bytes=5 * KIB), text, lambda execute: "y" * 2 * KIB)
    async with b.running() as engine:
        run = await start(engine, b)
        await settle()
        await engine.inspect(run, lambda seen: None)
    async with b.running() as engine:
        done = AttemptSucceeded(at_us=b.clock.us, node="c", attempt=1, output=1, started_us=b.clock.us)
        engine.deliver([(run, done)])
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, code) == "run_too_large"


async def test_only_the_latest_output_of_a_step_counts() -> None:
    turns = iter(range(100))
    text = "CREATE (a:large {repeat: {until: a.n >= 9, every: 0, times: 20}})"
    b = bench(Bounds(run_bytes=5 * KIB), text, lambda execute: {"n": next(turns), "x": "y" * 2 * KIB})
    async with b.running() as engine:
        run = await start(engine, b)
        assert await engine.wait(run, 5)
        assert await engine.inspect(run, lambda seen: seen.state) == "succeeded"


# --- defects ----------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def everything_is_taken_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Admission, "_refuse_overload", lambda self, length, queued: None)


def what_has_ended_still_counts(patch: pytest.MonkeyPatch) -> None:
    ended = Admission.ended

    def forgetful(self: Admission, run: RunId) -> None:
        before = self._all_bytes
        ended(self, run)
        self._all_bytes = before

    patch.setattr(Admission, "ended", forgetful)


def what_was_recovered_weighs_nothing(patch: pytest.MonkeyPatch) -> None:
    count = Admission._count
    patch.setattr(Admission, "began", lambda self, started: count(self, started, 0))


def children_are_refused(patch: pytest.MonkeyPatch) -> None:
    admit = Admission.admit

    def strict(self: Admission, started: Any, max_runs: Any = None, queued: int = 0) -> None:
        self._refuse_overload(admission._length(started), queued)
        admit(self, started, max_runs, queued)

    patch.setattr(Admission, "admit", strict)


def outputs_weigh_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Volume, "taken_in", lambda self, live, event: event)


def recovered_outputs_weigh_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(volume, "_lengths", lambda run: ())


def every_output_counts(patch: pytest.MonkeyPatch) -> None:
    taken_in = Volume.taken_in

    def adding(self: Volume, live: Any, event: Any) -> Any:
        self._of.get(live.id, {}).clear()
        return taken_in(self, live, event)

    patch.setattr(Volume, "taken_in", adding)


CAUGHT: list[tuple[Plant, Callable[[], Awaitable[None]]]] = [
    (everything_is_taken_on, test_when_too_many_steps_wait_for_a_worker_nothing_is_taken_on),
    (everything_is_taken_on, test_the_inputs_of_open_runs_have_a_limit_together),
    (what_has_ended_still_counts, test_the_inputs_of_open_runs_have_a_limit_together),
    (what_was_recovered_weighs_nothing, test_inputs_count_after_a_restart_too),
    (children_are_refused, test_children_of_what_has_begun_are_not_refused),
    (outputs_weigh_nothing, test_the_outputs_of_a_run_have_a_limit_together),
    (recovered_outputs_weigh_nothing, test_outputs_are_counted_after_a_restart_too),
    (every_output_counts, test_only_the_latest_output_of_a_step_counts),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT)
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, test: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, BaseExceptionGroup)):
        await test()
