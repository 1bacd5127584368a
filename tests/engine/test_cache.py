"""`cache`: an output that is known is given again, to whom it belongs, for as long as the recipe says, and checked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptSucceeded
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.engine import Engine, cache
from cypher_executor.engine.cache import CHECKED_EVERY, Cache
from cypher_executor.errors import Failure
from cypher_executor.ports import Prepared
from tests.engine.support import Bench, Book, Shelf, settle
from tests.engine.test_fairness import recipe

HOUR_US = 3_600_000_000
TEXT = "CREATE (a:work {v: $v, cache: '1h'})"


class Parts(Shelf):
    """Parts whose modules can be replaced, and that may be impure."""

    def __init__(self) -> None:
        self.module_of: dict[str, str] = {}
        self.pure = True

    def find(self, name: str) -> Part | None:
        return self.by_digest(Digest(self.module_of.get(name, name)))

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return Part(str(digest), "1", "a part of a test", digest, pure=self.pure)


class Work:
    """A part that counts its executions, and gives back its input under the number of the first with that input."""

    def __init__(self) -> None:
        self.inputs: list[Value] = []
        self.output: Callable[[Execute], Value] = lambda e: {"of": e.input}

    def __call__(self, execute: Execute) -> Value:
        self.inputs.append(execute.input)
        return self.output(execute)


def bench(text: str = TEXT, **recipes: Recipe) -> tuple[Bench, Work]:
    work = Work()
    return Bench(Book(it=recipe(text), **recipes), {"work": work}, workers=1, parts=Parts()), work


async def run(engine: Engine, b: Bench, v: Value = 1, tenant: str = "default", name: str = "it") -> Value:
    prepared = Prepared(b.book.recipes[name], {"v": v}, name, 1)
    started = await engine.start(prepared, tenant=tenant)
    assert await engine.wait(started.run, 5)

    def end(seen: Any) -> Value:
        return (seen.ended.state, seen.ended.result)

    return await engine.inspect(started.run, end)


async def test_an_equal_input_is_not_worked_out_again_by_any_run() -> None:
    b, work = bench()
    async with b.running() as engine:
        first, second = await run(engine, b), await run(engine, b)
        assert first == second == ("succeeded", {"a": {"of": {"v": 1}}})
        assert len(work.inputs) == 1
        assert (engine.load.cache_hits, engine.load.cached) == (1, 1)


async def test_an_answer_from_the_cache_is_in_the_journal_like_any_other() -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b)
        prepared = Prepared(b.book.recipes["it"], {"v": 1}, "it", 1)
        started = await engine.start(prepared)
        assert await engine.wait(started.run, 5)
        events = await b.disk.read(started.run)
        assert [e.output for e in events if isinstance(e, AttemptSucceeded)] == [{"of": {"v": 1}}]
    async with b.running() as engine:
        await run(engine, b)
        assert len(work.inputs) == 2, "without `outputs` a restart begins with nothing"


async def test_recipes_share_what_their_parts_gave() -> None:
    b, work = bench(other=recipe("CREATE (x:work {v: $v, cache: 60})"))
    async with b.running() as engine:
        await run(engine, b)
        assert await run(engine, b, name="other") == ("succeeded", {"x": {"of": {"v": 1}}})
        assert len(work.inputs) == 1


async def test_without_cache_nothing_is_kept_and_nothing_is_given() -> None:
    b, work = bench(plain=recipe("CREATE (a:work {v: $v})"))
    async with b.running() as engine:
        for name in ("plain", "it", "plain"):
            await run(engine, b, name=name)
        assert len(work.inputs) == 3


@pytest.mark.parametrize("other", [2, 1.0, "1", True, None, [1], {"v": 1}])
async def test_another_input_is_worked_out(other: Value) -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b, 1)
        assert await run(engine, b, other) == ("succeeded", {"a": {"of": {"v": other}}})
        assert len(work.inputs) == 2


async def test_the_order_of_keys_makes_no_difference() -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b, {"x": [{"p": 1, "q": 2}], "y": "é"})
        await run(engine, b, {"y": "é", "x": [{"q": 2, "p": 1}]})
        assert len(work.inputs) == 1


async def test_another_version_of_the_part_is_another_part() -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b)
        assert isinstance(b.parts, Parts)
        b.parts.module_of["work"] = "work, newer"
        await run(engine, b)
        assert len(work.inputs) == 2


async def test_a_tenant_sees_nothing_of_another() -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b, tenant="ours")
        await run(engine, b, tenant="theirs")
        assert len(work.inputs) == 2


async def test_an_output_is_given_until_it_is_as_old_as_the_recipe_says() -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b)
        b.clock.us += HOUR_US - 1
        await run(engine, b)
        assert len(work.inputs) == 1
        b.clock.us += 1
        await run(engine, b)
        assert len(work.inputs) == 2
        await run(engine, b)
        assert len(work.inputs) == 2


async def test_an_output_from_the_future_is_not_given() -> None:
    b, work = bench()
    async with b.running() as engine:
        await run(engine, b)
        b.clock.us -= HOUR_US // 10
        await run(engine, b)
        assert len(work.inputs) == 2


async def test_a_failure_is_never_kept() -> None:
    b, work = bench()
    work.output = lambda e: Failure("part:bad", "as if")
    async with b.running() as engine:
        assert (await run(engine, b))[0] == "failed"
        work.output = lambda e: "good"
        assert await run(engine, b) == ("succeeded", {"a": "good"})
        assert len(work.inputs) == 2


async def test_a_part_that_can_call_out_is_always_executed() -> None:
    b, work = bench()
    assert isinstance(b.parts, Parts)
    b.parts.pure = False
    async with b.running() as engine:
        await run(engine, b)
        await run(engine, b)
        assert len(work.inputs) == 2


async def test_of_many_equal_steps_in_one_run_those_that_wait_are_answered_from_the_first() -> None:
    b, work = bench("CREATE (a:work {for_each: $v, n: 7, cache: '1h'})")
    async with b.running() as engine:
        await run(engine, b, list(range(1000)))
        assert len(work.inputs) <= 10 + 1000 // CHECKED_EVERY + 1


async def test_a_hit_needs_no_place_among_those_that_a_limit_allows() -> None:
    b, work = bench("CREATE (a:work {v: $v, cache: '1h', concurrency_limit: 1})")
    async with b.running() as engine:
        await run(engine, b, 1)
        b.functions = {}
        b.dispatcher._functions = {}
        await engine.start(Prepared(b.book.recipes["it"], {"v": 2}, "it", 1))
        assert await run(engine, b, 1) == ("succeeded", {"a": {"of": {"v": 1}}})
        assert len(work.inputs) == 1


async def test_one_in_fifty_is_worked_out_all_the_same() -> None:
    b, work = bench()
    async with b.running() as engine:
        for _ in range(2 * CHECKED_EVERY + 1):
            await run(engine, b)
        assert len(work.inputs) == 3
        assert engine.load.cache_hits == 2 * CHECKED_EVERY - 2


async def test_a_part_that_gives_something_else_is_told_of_and_what_was_kept_is_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    b, work = bench()
    work.output = lambda e: {"time": len(work.inputs)}
    async with b.running() as engine:
        while len(work.inputs) < 2:
            assert await run(engine, b) == ("succeeded", {"a": {"time": len(work.inputs)}})
        errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert len(errors) == 1
        assert "'work' gave two different outputs" in errors[0]
        assert engine.load.cached == 0
        assert await run(engine, b) == ("succeeded", {"a": {"time": 3}})


async def test_the_least_used_goes_first_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 2)
    b, work = bench()
    async with b.running() as engine:
        for v in (1, 2, 1, 3, 1, 2):
            await run(engine, b, v)
        assert [given["v"] for given in work.inputs] == [1, 2, 3, 2]
        assert engine.load.cached == 2


async def test_the_bytes_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_BYTES", 1_000)
    b, work = bench()
    work.output = lambda e: "x" * 400
    async with b.running() as engine:
        for v in range(5):
            await run(engine, b, v)
        assert engine.load.cached == 2
        assert engine._turns._cache._bytes == 2 * 402


async def test_what_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LARGEST_BYTES", 100)
    b, work = bench()
    work.output = lambda e: "x" * 99
    async with b.running() as engine:
        await run(engine, b)
        assert engine.load.cached == 0


async def test_an_answer_to_an_execution_that_was_given_up_is_not_kept() -> None:
    b, _ = bench()
    b.functions = {}
    async with b.running() as engine:
        started = await engine.start(Prepared(b.book.recipes["it"], {"v": 1}, "it", 1))
        await settle()
        await engine.cancel(started.run)
        about: dict[str, Any] = {"at_us": b.clock.us, "node": "a", "attempt": 1, "started_us": b.clock.us}
        engine.deliver([(started.run, AttemptSucceeded(output="late", **about))])
        await settle()
        assert engine.load.cached == 0
        assert engine._turns._cache._asked == {}


async def test_changing_what_was_given_changes_nothing_that_is_kept() -> None:
    b, _ = bench()
    async with b.running() as engine:
        _, result = await run(engine, b)
        result["a"]["of"]["v"] = "changed"
        assert await run(engine, b) == ("succeeded", {"a": {"of": {"v": 1}}})


# --- defects ----------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def with_key(patch: pytest.MonkeyPatch, of: Callable[[Any, Execute], list[Value]]) -> None:
    patch.setattr(Cache, "_key", lambda self, live, execute: cache.canonical(of(live, execute)).encode())


def tenants_share(patch: pytest.MonkeyPatch) -> None:
    with_key(patch, lambda live, e: [e.digest, e.input])


def modules_go_by_name(patch: pytest.MonkeyPatch) -> None:
    with_key(patch, lambda live, e: [live.started.tenant, e.part, e.input])


def inputs_do_not_count(patch: pytest.MonkeyPatch) -> None:
    with_key(patch, lambda live, e: [live.started.tenant, e.digest])


def keys_stand_as_they_came(patch: pytest.MonkeyPatch) -> None:
    with_key(patch, lambda live, e: [live.started.tenant, e.digest, repr(e.input)])


def nothing_gets_old(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cache, "_fresh", lambda self, key, keep_ms: self._kept.get(key))


def nothing_is_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cache, "CHECKED_EVERY", 1_000_003)


def every_part_is_pure(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cache, "_is_pure", lambda self, execute: True)


def the_given_up_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cache, "forget_step", lambda self, run, node, item: None)
    patch.setattr(Cache, "ended", lambda self, run: None)


def any_number_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cache, "_bound", lambda self: None)


def who_was_used_last_goes_first(patch: pytest.MonkeyPatch) -> None:
    def bound(self: Cache) -> None:
        while len(self._kept) > cache.MAX_ENTRIES:
            self._drop(next(reversed(self._kept)))

    patch.setattr(Cache, "_bound", bound)


def what_is_given_again_is_text(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cache, "_value", bytes.decode)


def failures_are_kept(patch: pytest.MonkeyPatch) -> None:
    answered = Cache.answered

    def keep(self: Cache, run: Any, event: Any) -> None:
        if not isinstance(event, AttemptSucceeded):
            about = {"at_us": 0, "node": event.node, "item": event.item, "attempt": event.attempt}
            event = AttemptSucceeded(**about, output=None, started_us=0)
        answered(self, run, event)

    patch.setattr(Cache, "answered", keep)


async def bounded(test: Callable[[pytest.MonkeyPatch], Awaitable[None]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        await test(patch)


CAUGHT: list[tuple[Plant, Callable[[], Awaitable[None]]]] = [
    (tenants_share, test_a_tenant_sees_nothing_of_another),
    (modules_go_by_name, test_another_version_of_the_part_is_another_part),
    (inputs_do_not_count, lambda: test_another_input_is_worked_out(2)),
    (keys_stand_as_they_came, test_the_order_of_keys_makes_no_difference),
    (nothing_gets_old, test_an_output_is_given_until_it_is_as_old_as_the_recipe_says),
    (nothing_gets_old, test_an_output_from_the_future_is_not_given),
    (nothing_is_checked, test_one_in_fifty_is_worked_out_all_the_same),
    (every_part_is_pure, test_a_part_that_can_call_out_is_always_executed),
    (the_given_up_is_kept, test_an_answer_to_an_execution_that_was_given_up_is_not_kept),
    (failures_are_kept, test_a_failure_is_never_kept),
    (what_is_given_again_is_text, test_an_answer_from_the_cache_is_in_the_journal_like_any_other),
    (any_number_is_kept, lambda: bounded(test_the_bytes_that_are_kept_are_bounded)),
    (who_was_used_last_goes_first, lambda: bounded(test_the_least_used_goes_first_when_there_are_too_many)),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT)
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, test: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, BaseExceptionGroup)):
        async with asyncio.timeout(15):
            await test()
