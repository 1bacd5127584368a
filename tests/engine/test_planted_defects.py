"""Promises of the engine that are kept by tests: each defect planted here must turn a test red."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.core import events, values
from cypher_executor.core.run import Run
from cypher_executor.engine import admission, children, engine, live, reading, steering, timers, turns
from cypher_executor.engine.live import Started
from tests.engine import test_bounds, test_children, test_engine, test_families, test_steering

pytestmark = pytest.mark.breaks_journals

DRAINS = test_engine.test_an_engine_that_drains_takes_nothing_on_lets_what_is_executed_end_and_begins_nothing_behind_it

KEEPS = test_engine.test_a_run_keeps_its_recipe_and_its_parts_whatever_is_deployed_and_through_a_restart

Plant = Callable[[pytest.MonkeyPatch], None]
Test = Callable[[], Awaitable[None]]


def acknowledge_before_the_sync(patch: pytest.MonkeyPatch) -> None:
    taken_in = turns.Turns._next

    def _next(self: turns.Turns, group: Any) -> Any:
        found = taken_in(self, group)
        for run, beginning in group.beginnings.items():
            beginning.answer(Started(run, fresh=True))
        return found

    patch.setattr(turns.Turns, "_next", _next)


def calls_run_ahead_of_the_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "HARMLESS_OPS", frozenset({"send"}))


def callers_see_what_is_not_on_disk(patch: pytest.MonkeyPatch) -> None:
    async def until_synced(self: live.Live, version: int) -> None: ...

    patch.setattr(live.Live, "until_synced", until_synced)


def every_group_is_written_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.Disk, "end_turn", engine.Disk.flush)


def children_claim_nothing(patch: pytest.MonkeyPatch) -> None:
    start = engine.Engine.start_child

    async def unclaimed(self: engine.Engine, *given: Any, claim: Any, **more: Any) -> Started:
        return await start(self, *given, claim=None, **more)  # type: ignore[arg-type]

    patch.setattr(engine.Engine, "start_child", unclaimed)


def recovery_forgets_what_is_outstanding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns.Turns, "_carry_out_all", lambda self, one, commands: None)


def parents_are_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children.Children, "ended", lambda self, live: None)


def timers_fire_early(patch: pytest.MonkeyPatch) -> None:
    class Early(timers.Timers):
        def start(self, run: Any, command: Any) -> None:
            event = timers.TimerFired(
                at_us=command.due_us, node=command.node, item=command.item, attempt=command.attempt
            )
            self._inbox([(run, event)])

    patch.setattr(turns, "Timers", Early)


def a_failed_journal_is_taken_for_a_good_one(patch: pytest.MonkeyPatch) -> None:
    async def confirm(self: engine.Engine) -> None:
        async for group, answer in self._disk.confirmed():
            if not isinstance(answer, Exception):
                self._turns.confirmed(group, answer)
                continue
            for run, beginning in group.beginnings.items():
                beginning.answer(Started(run, fresh=True))

    patch.setattr(engine.Engine, "_confirm", confirm)


def children_outlive_who_waits_for_them(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children.Children, "interrupt", lambda self, run, command: None)


def nobody_looks_for_orphans(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children.Children, "reclaim", lambda self, tasks, recovered: None)


def pauses_are_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children.Children, "paused", lambda self, child: None)


def runs_that_have_ended_are_not_watched(patch: pytest.MonkeyPatch) -> None:
    watch_one = children.Children._watch_one

    async def only_open(self: Any, live: Any, watcher: Any, run: Any) -> Any:
        return await watch_one(self, live, watcher, run) if self._runs.live(run) else None

    patch.setattr(children.Children, "_watch_one", only_open)


def callbacks_are_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steering.Steering, "problem", lambda self, schema, body: None)


def early_callbacks_are_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "_problem", lambda misfit, wait: None)


def schemas_of_later_waits_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(values.Values, "schema_ahead", lambda self, name: None)


def every_callback_is_the_first(patch: pytest.MonkeyPatch) -> None:
    call_first = steering.Steering._call_first

    async def call_back(self: Any, wait: Any, body: Any) -> Any:
        return await call_first(self, self._runs.runs.get(wait.run), wait, body)

    patch.setattr(steering.Steering, "call_back", call_back)


def a_retry_is_not_written(patch: pytest.MonkeyPatch) -> None:
    async def reopen(self: Any, run: Any, reason: str) -> None:
        events = [*await self._journal.read(run), steering.RunReopened(at_us=self._clock.now_us())]
        self._runs.take_on(run, await self._reading._replay(run, events))

    patch.setattr(steering.Steering, "reopen", reopen)


def families_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(admission.Admission, "admit", admission.Admission.began)


def keys_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    claimed = turns.Turns._claimed

    def lenient(self: turns.Turns, one: Any, outcome: Any, beginning: Any) -> None:
        claimed(self, one, dataclasses.replace(outcome, same=True), beginning)

    patch.setattr(turns.Turns, "_claimed", lenient)


def a_recovered_run_has_the_newest_recipe(patch: pytest.MonkeyPatch) -> None:
    replay = reading.Reading._replay

    async def newest(self: Any, run: Any, events: Any) -> Any:
        first = events[0]
        prepared = await self._recipes.prepare(first.tenant, first.name, first.input)
        return await replay(self, run, [dataclasses.replace(first, recipe=prepared.recipe.digest), *events[1:]])

    patch.setattr(reading.Reading, "_replay", newest)


def a_recovered_run_has_the_newest_parts(patch: pytest.MonkeyPatch) -> None:
    apply = Run.apply

    def newest(self: Run, event: Any) -> Any:
        if isinstance(event, events.RunStarted):
            event = dataclasses.replace(event, parts={name: f"{name} 2" for name in event.parts})
        return apply(self, event)

    patch.setattr(Run, "apply", newest)


def a_clock_that_is_set_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(timers, "MAX_NAP_S", 3_600.0)


def who_drains_takes_runs_on(patch: pytest.MonkeyPatch) -> None:
    drain = engine.Engine.drain

    async def welcoming(self: engine.Engine, grace_s: float) -> None:
        draining = asyncio.create_task(drain(self, grace_s))
        await asyncio.sleep(0)
        self.accepting = True
        await draining

    patch.setattr(engine.Engine, "drain", welcoming)


def who_drains_waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns.Turns, "busy", False)


def who_drains_begins_what_follows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns.Turns, "_hand_out", lambda self: self._queue.hand_out())


CAUGHT: list[tuple[Plant, Test]] = [
    (acknowledge_before_the_sync, test_engine.test_a_start_is_answered_only_once_it_is_on_disk),
    (calls_run_ahead_of_the_disk, test_engine.test_a_call_waits_for_everything_before_it_to_be_on_disk),
    (callers_see_what_is_not_on_disk, test_engine.test_what_a_caller_sees_of_a_run_is_on_disk),
    (every_group_is_written_at_once, test_engine.test_a_chain_of_twenty_pure_steps_costs_two_syncs_at_most),
    (children_claim_nothing, test_children.test_a_crash_between_a_child_and_the_news_of_it_starts_no_second_child),
    (recovery_forgets_what_is_outstanding, test_engine.test_finished_steps_are_not_done_again_after_a_restart),
    (parents_are_not_told, test_children.test_a_parent_that_waits_gets_the_result),
    (timers_fire_early, test_engine.test_a_timer_fires_when_it_is_due_and_not_before),
    (
        a_failed_journal_is_taken_for_a_good_one,
        test_engine.test_a_journal_that_fails_acknowledges_nothing_and_comes_back,
    ),
    (
        children_outlive_who_waits_for_them,
        test_families.test_cancelling_a_run_cancels_the_children_that_it_waits_for_and_theirs,
    ),
    (
        nobody_looks_for_orphans,
        test_families.test_a_child_whose_parent_was_cancelled_when_nobody_saw_it_is_cancelled_after_the_restart,
    ),
    (pauses_are_not_told, test_families.test_a_parent_does_not_wait_for_a_child_that_waits_for_somebody),
    (runs_that_have_ended_are_not_watched, test_families.test_runs_are_watched_whether_they_have_ended_or_not),
    (callbacks_are_not_checked, test_steering.test_a_body_that_does_not_fit_is_refused_and_the_wait_goes_on),
    (
        early_callbacks_are_not_checked,
        test_steering.test_an_early_callback_that_does_not_fit_is_as_if_it_had_never_come,
    ),
    (
        schemas_of_later_waits_are_not_looked_at,
        test_steering.test_an_early_callback_that_cannot_fit_is_refused_and_does_not_bar_the_next,
    ),
    (every_callback_is_the_first, test_steering.test_of_many_callers_at_once_one_is_accepted),
    (callers_see_what_is_not_on_disk, test_steering.test_a_callback_is_answered_only_once_it_is_on_disk),
    (a_retry_is_not_written, test_steering.test_a_retry_survives_a_restart_before_anything_of_it_was_done),
    (keys_are_not_compared, test_engine.test_a_key_with_another_input_is_refused),
    (a_recovered_run_has_the_newest_recipe, KEEPS),
    (a_recovered_run_has_the_newest_parts, KEEPS),
    (a_clock_that_is_set_is_not_noticed, test_engine.test_a_timer_fires_when_it_is_due_and_not_before),
    (who_drains_takes_runs_on, DRAINS),
    (who_drains_waits_for_nothing, DRAINS),
    (who_drains_begins_what_follows, DRAINS),
    (families_are_not_counted, test_bounds.test_beyond_the_open_runs_that_there_may_be_a_start_is_refused_with_a_time),
]


@pytest.fixture
def less_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes milliseconds when all is well is not waited for as long as in a test that must never fail."""
    wait = engine.Engine.wait

    async def wait_shortly(self: engine.Engine, run: Any, timeout_s: float | None) -> bool:
        return await wait(self, run, timeout_s and min(timeout_s, 1.5))

    monkeypatch.setattr(engine.Engine, "wait", wait_shortly)


@pytest.mark.usefixtures("less_patience")
@pytest.mark.parametrize(("plant", "test"), CAUGHT, ids=[plant.__name__ for plant, _ in CAUGHT])
async def test_a_planted_defect_turns_a_test_red(plant: Plant, test: Test, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, pytest.fail.Exception, BaseExceptionGroup)):
        async with asyncio.timeout(15):
            await test()
