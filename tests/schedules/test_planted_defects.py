"""Promises of schedules that are kept by tests: each defect planted here must turn a test red."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.adapters.sqlite import schedules as sqlite
from cypher_executor.core.schedules import Passing
from cypher_executor.schedules import AnnouncedCatalog, beginning, clockwork, passing
from cypher_executor.schedules.following import Following
from cypher_executor.schedules.line import Line
from tests.schedules import test_dying, test_firing, test_following, test_overlap
from tests.schedules.support import Shop

pytestmark = pytest.mark.breaks_journals

Plant = Callable[[pytest.MonkeyPatch], None]


def times_are_not_claimed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beginning, "_claim", lambda key, fire_us: None)


def times_are_not_noted_before_they_begin(patch: pytest.MonkeyPatch) -> None:
    pass_ = sqlite._pass

    def without_notes(connection: Any, one: Passing) -> bool:
        return pass_(connection, Passing(one.schedule, one.until_us, one.next_us))

    patch.setattr(sqlite, "_pass", without_notes)


def what_does_not_fit_is_tried_again(patch: pytest.MonkeyPatch) -> None:
    begin = beginning.Beginning.begin

    async def stubborn(self: Any, schedule: Any, firing: Any) -> Any:
        outcome = await begin(self, schedule, firing)
        refused = isinstance(outcome, beginning.Settled) and outcome.refusal is not None
        return beginning.Later(None) if refused else outcome

    patch.setattr(beginning.Beginning, "begin", stubborn)


def everything_old_is_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passing, "GRACE_US", 2**50)


def nothing_is_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passing, "GRACE_US", 0)


def jitter_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passing, "start_of", lambda settings, fire_us, who: fire_us)


def schedules_never_go_back(patch: pytest.MonkeyPatch) -> None:
    async def stays(self: Any, now_us: int) -> None: ...

    patch.setattr(clockwork.Clockwork, "_go_back", stays)


def nothing_is_held_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "_is_held_up", lambda self, schedule, firing, first: False)


def nobody_is_let_go(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "let_go", lambda self, number: None)


def what_is_made_up_for_is_skipped(patch: pytest.MonkeyPatch) -> None:
    add = Line.add

    def all_on_time(self: Line, schedules: Any, firings: Any) -> None:
        add(self, schedules, [type(one)(one.schedule, one.fire_us, one.begin_us) for one in firings])

    patch.setattr(Line, "add", all_on_time)


def nobody_listens(patch: pytest.MonkeyPatch) -> None:
    async def deaf(self: Any, tenant: str, name: str) -> None: ...

    patch.setattr(AnnouncedCatalog, "_announce", deaf)


def nobody_catches_up(patch: pytest.MonkeyPatch) -> None:
    async def idle(self: Any) -> None: ...

    patch.setattr(Following, "catch_up", idle)


def what_waited_for_other_times_stays(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(sqlite._SQL, "drop_fires", "SELECT :tenant, :recipe, :node")  # type: ignore[arg-type]


def every_version_begins_anew(patch: pytest.MonkeyPatch) -> None:
    anew = sqlite._SQL["declare"].replace("cron = :cron AND timezone = :timezone", "FALSE")
    patch.setitem(sqlite._SQL, "declare", anew)  # type: ignore[arg-type]


def a_new_version_ends_a_pause(patch: pytest.MonkeyPatch) -> None:
    ends = sqlite._SQL["declare"].replace("WHEN paused_us IS NOT NULL THEN NULL", "")
    patch.setitem(sqlite._SQL, "declare", ends)  # type: ignore[arg-type]


def whoever_is_overtaken_writes(patch: pytest.MonkeyPatch) -> None:
    declare = sqlite.SqliteSchedules.declare

    async def always(self: Any, *given: Any) -> bool:
        return await declare(self, *given) or True

    patch.setattr(sqlite.SqliteSchedules, "declare", always)


def a_pause_lets_go_on_what_waits(patch: pytest.MonkeyPatch) -> None:
    add = Line.add

    def unpaused(self: Line, schedules: Any, firings: Any) -> None:
        add(self, [clockwork.replace(one, paused_us=None) for one in schedules], firings)

    patch.setattr(Line, "add", unpaused)


def a_pause_does_not_wait_for_who_begins(patch: pytest.MonkeyPatch) -> None:
    class Open(asyncio.Lock):
        async def __aenter__(self) -> None: ...

        async def __aexit__(self, *error: Any) -> None: ...

    patch.setattr(clockwork.asyncio, "Lock", Open)
    patch.setattr(clockwork.Clockwork, "_look_again", lambda self: self._changed.set())


def whoever_drains_looks_at_nothing(patch: pytest.MonkeyPatch) -> None:
    move_on = clockwork.Clockwork._move_on

    async def only_accepting(self: clockwork.Clockwork, now_us: int) -> None:
        if self._runs.accepting:
            await move_on(self, now_us)

    patch.setattr(clockwork.Clockwork, "_move_on", only_accepting)


def every_look_reads(patch: pytest.MonkeyPatch) -> None:
    look = clockwork.Clockwork.look

    async def anew(self: clockwork.Clockwork, tasks: Any) -> None:
        self._known = False
        await look(self, tasks)

    patch.setattr(clockwork.Clockwork, "look", anew)


def any_number_may_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "waiting", lambda self, number: 0)


async def dies(shop: Shop, patch: pytest.MonkeyPatch) -> None:
    for after in range(1, 7):
        place = Shop(shop.folder.with_name(f"data{after}"))
        place.clock.at("2026-01-05T08:30:00Z")
        await test_dying.test_wherever_the_service_dies_each_time_begins_one_run(place, patch, after, True)


CAUGHT: list[tuple[Plant, Callable[..., Awaitable[None]]]] = [
    (times_are_not_claimed, test_firing.test_who_is_killed_between_the_run_and_its_note_begins_no_second_one),
    (times_are_not_claimed, test_firing.test_a_clock_that_is_put_back_begins_no_time_again_and_goes_on_from_there),
    (times_are_not_claimed, dies),
    (what_does_not_fit_is_tried_again, test_firing.test_an_input_that_does_not_fit_is_told_and_holds_up_nothing),
    (times_are_not_noted_before_they_begin, test_firing.test_who_is_killed_before_the_run_begins_it_afterwards),
    (times_are_not_noted_before_they_begin, dies),
    (everything_old_is_late, test_firing.test_a_machine_that_slept_has_missed_what_came_meanwhile),
    (nothing_is_late, test_firing.test_a_service_that_is_back_within_seconds_has_missed_nothing),
    (jitter_is_forgotten, test_firing.test_a_jitter_makes_a_start_late_and_keeps_its_time),
    (schedules_never_go_back, test_firing.test_a_clock_that_was_years_ahead_for_a_moment_does_not_silence_schedules),
    (nothing_is_held_up, test_overlap.test_skip_leaves_a_time_out),
    (nothing_is_held_up, test_overlap.test_queue_begins_one_after_the_other_in_the_order_of_the_times),
    (nobody_is_let_go, test_overlap.test_what_is_queued_outlives_the_service),
    (what_is_made_up_for_is_skipped, test_overlap.test_times_that_are_made_up_for_wait_for_each_other),
    (nobody_listens, test_following.test_other_times_count_from_the_new_version_on_and_what_waited_is_dropped),
    (nobody_catches_up, test_following.test_a_version_that_was_stored_when_nobody_listened_is_found_at_the_start),
    (
        what_waited_for_other_times_stays,
        test_following.test_other_times_count_from_the_new_version_on_and_what_waited_is_dropped,
    ),
    (every_version_begins_anew, test_following.test_a_time_that_has_come_just_before_a_new_version_still_fires),
    (a_new_version_ends_a_pause, test_following.test_a_pause_outlives_the_service_and_new_versions),
    (whoever_is_overtaken_writes, test_following.test_who_was_overtaken_by_a_newer_version_changes_nothing),
    (a_pause_lets_go_on_what_waits, test_following.test_what_waits_for_its_turn_waits_through_a_pause),
    (a_pause_does_not_wait_for_who_begins, test_following.test_nothing_begins_any_more_once_a_pause_is_answered),
    (whoever_drains_looks_at_nothing, test_firing.test_times_that_come_while_the_service_drains_begin_when_it_is_back),
    (every_look_reads, test_dying.test_while_nothing_is_due_nothing_is_read),
    (any_number_may_wait, test_overlap.test_more_than_so_many_do_not_wait),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT)
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, test: Callable[..., Awaitable[None]], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    wants = [shop, monkeypatch][: test.__code__.co_argcount]
    with pytest.raises((Exception, BaseExceptionGroup, pytest.fail.Exception)):
        async with asyncio.timeout(20):
            await test(*wants)
