"""Promises of the engine that are kept by tests: each defect planted here must turn a test red."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.engine import children, engine, live, timers
from cypher_executor.engine.live import Started
from tests.engine import test_children, test_engine

Plant = Callable[[pytest.MonkeyPatch], None]
Test = Callable[[], Awaitable[None]]


def acknowledge_before_the_sync(patch: pytest.MonkeyPatch) -> None:
    taken_in = engine.Engine._next

    def _next(self: engine.Engine, group: Any) -> Any:
        found = taken_in(self, group)
        for run, beginning in group.beginnings.items():
            beginning.answer(Started(run, fresh=True))
        return found

    patch.setattr(engine.Engine, "_next", _next)


def calls_run_ahead_of_the_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "HARMLESS_OPS", frozenset({"send"}))


def callers_see_what_is_not_on_disk(patch: pytest.MonkeyPatch) -> None:
    async def until_synced(self: live.Live, version: int) -> None: ...

    patch.setattr(live.Live, "until_synced", until_synced)


def every_group_is_written_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.Disk, "end_turn", engine.Disk.flush)


def children_claim_nothing(patch: pytest.MonkeyPatch) -> None:
    begin = children.Children._begin

    async def _begin(self: children.Children, *given: Any) -> Started:
        start = self._start

        async def unclaimed(prepared: Any, *, claim: Any, **more: Any) -> Started:
            return await start(prepared, claim=None, **more)  # type: ignore[arg-type]

        self._start = unclaimed  # type: ignore[assignment]
        try:
            return await begin(self, *given)
        finally:
            self._start = start

    patch.setattr(children.Children, "_begin", _begin)


def recovery_forgets_what_is_outstanding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.Engine, "_carry_out_all", lambda self, one, commands: None)


def parents_are_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children.Children, "ended", lambda self, child, end: None)


def timers_fire_early(patch: pytest.MonkeyPatch) -> None:
    class Early(timers.Timers):
        def start(self, run: Any, command: Any) -> None:
            event = timers.TimerFired(
                at_us=command.due_us, node=command.node, item=command.item, attempt=command.attempt
            )
            self._inbox([(run, event)])

    patch.setattr(engine, "Timers", Early)


def a_failed_journal_is_taken_for_a_good_one(patch: pytest.MonkeyPatch) -> None:
    async def confirm(self: engine.Engine) -> None:
        async for group, answer in self._disk.confirmed():
            if not isinstance(answer, Exception):
                self._confirmed(group, answer)
                continue
            for run, beginning in group.beginnings.items():
                beginning.answer(Started(run, fresh=True))

    patch.setattr(engine.Engine, "_confirm", confirm)


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
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT, ids=[plant.__name__ for plant, _ in CAUGHT])
async def test_a_planted_defect_turns_a_test_red(plant: Plant, test: Test, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises((Exception, pytest.fail.Exception, BaseExceptionGroup)):
        async with asyncio.timeout(15):
            await test()
