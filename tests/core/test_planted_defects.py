"""The laws are worth something: each of these machines is broken on purpose, and the suite of laws must say so.

A defect is planted into the run machine, random worlds are played in it, and some law has to be broken within
`WORLDS` of them. The first that shows it is remembered in `FOUND_IN` and played first; that all of these worlds are
fine without a defect is the first test here.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.core import defects_of_runs, defects_of_steering, defects_of_steps
from tests.core.laws import check_replays
from tests.core.oracle import Oracle
from tests.core.planting import DEFECTS
from tests.core.world import PARTS, WAITING_PARTS, World, random_recipe

pytestmark = pytest.mark.breaks_journals

WORLDS = 1500

PLANTED = (defects_of_steps, defects_of_runs, defects_of_steering)
"""The modules that fill `DEFECTS`."""


def play_world(number: int) -> None:
    """Play one world, and hold every law and the oracle against it. In some the run is reopened, or mostly waits."""
    rng = Random(number)
    recipe = random_recipe(rng, WAITING_PARTS if number % 4 == 3 else PARTS)
    world = World(recipe, rng, lives=(1, 2, 1, 3)[number % 4])
    world.play()
    check_replays(world.recipe, world.ledger.seen)
    if not world.reopened:
        Oracle(world.run, world.ledger.seen).check()


def test_without_a_defect_these_worlds_keep_every_law() -> None:
    for number in sorted({*range(40), *FOUND_IN.values()}):
        play_world(number)


FOUND_IN: dict[str, int] = {
    "a_join_counts_a_relationship_twice": 12,
    "a_join_does_not_wait_for_all": 14,
    "a_join_forgets_the_failure_of_a_source": 14,
    "a_skip_is_not_passed_on": 1,
    "a_condition_of_null_counts_as_true": 14,
    "otherwise_does_not_look_at_its_siblings": 152,
    "an_unhandled_failure_is_forgotten": 2,
    "one_attempt_too_few": 46,
    "one_attempt_too_many": 40,
    "the_attempt_of_an_answer_is_not_checked": 21,
    "a_late_answer_is_accepted": 11,
    "the_tape_of_an_attempt_goes_on_in_the_next": 19,
    "the_clock_of_an_attempt_moves": 10,
    "a_call_may_be_answered_out_of_order": 11,
    "a_timer_may_fire_early": 2,
    "closing_skips_cleaning_up": 256,
    "a_cancelled_step_is_not_interrupted": 1,
    "closing_forgets_a_step_that_retries": 0,
    "the_end_is_asked_for_before_the_last_step": 0,
    "the_time_of_a_replay_is_another": 0,
    "a_loop_takes_no_notice_of_its_concurrency": 21,
    "the_last_item_of_a_loop_is_forgotten": 91,
    "a_list_of_outputs_is_in_another_order": 3318,
    "a_loop_that_was_stopped_is_collected": 92,
    "a_loop_that_stops_goes_on_with_its_items": 92,
    "a_loop_that_collects_stops_all_the_same": 112,
    "a_failure_stops_only_the_innermost_loop": 1646,
    "what_is_no_list_is_an_empty_one": 7,
    "one_turn_too_many": 36,
    "the_retries_of_a_turn_are_those_of_the_step": 72,
    "a_callback_is_accepted_twice": 238,
    "an_early_callback_is_lost": 55,
    "an_early_callback_that_does_not_fit_bars_the_next": 55,
    "a_watch_counts_a_run_twice": 47,
    "the_end_of_a_run_is_heard_after_the_watch": 171,
    "a_paused_run_begins_work": 11,
    "a_run_that_goes_on_forgets_what_was_kept_back": 11,
    "a_reopened_run_executes_a_finished_step_again": 5,
    "a_reopened_run_is_still_cancelled": 1,
    "a_replay_forgets_an_earlier_reopening": 3,
    "a_late_answer_counts_once_the_run_is_reopened": 199,
}
"""A world that shows the defect, so that the others need not be played."""


def test_every_defect_has_a_world_that_shows_it() -> None:
    assert FOUND_IN.keys() == DEFECTS.keys()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DEFECTS[name](monkeypatch)
    with pytest.raises(AssertionError):
        for number in (FOUND_IN[name], *range(WORLDS)):
            play_world(number)
