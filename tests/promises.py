"""Behind the numbered promises: what keeps each sentence of the page about runs, by section and beginning.

`planted` names defects that are planted, by their names, or by file and test where a defect has a test of its own;
`tested` names a test that nobody has shown to be able to fail, yet; `explains` is a sentence that promises nothing by
itself. Sections that belong to hooks are kept by the tests of hooks, as everything about webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """How a sentence is kept: what is planted against it, or else the tests that look at it."""

    planted: tuple[str, ...] = ()
    tested: tuple[str, ...] = ()


def planted(*names: str) -> Kept:
    return Kept(planted=names)


def tested(*names: str) -> Kept:
    return Kept(tested=names)


EXPLAINS = Kept()

CALLBACKS = "service/test_callbacks.py::"
FORKING = "core/test_forking.py::"
FORKS = "service/test_forks.py::"
HOOKS, TRIES = "service/test_hooks.py::", "service/test_hook_tests.py::"
STEERING = "service/test_steering.py::"
ROOM = "service/test_room.py::"
LISTS = "service/test_runs.py::"
FULL = "service/test_overload.py::"
OLD = "contracts/test_journal_retention.py::"
DEFECT_OF_FORKS = FORKING + "test_planted_"

SECTIONS: Mapping[str, Mapping[str, Kept]] = {
    "What is promised of runs": {
        "Words, one meaning each:": EXPLAINS,
        "A *run* is one": EXPLAINS,
        "*Events* are facts": EXPLAINS,
        "A *part* is a": EXPLAINS,
        "Runs and steps are": EXPLAINS,
        "Answers about a run stay small.": tested(ROOM + "test_many_values_that_are_large_together_are_pointed_at_too"),
        "A value of a step of more than": tested(
            ROOM + "test_a_large_value_of_a_step_is_pointed_at_and_read_where_the_pointer_leads"
        ),
        "When the values of a run": tested(ROOM + "test_many_values_that_are_large_together_are_pointed_at_too"),
        "The run's own": tested(ROOM + "test_what_a_run_was_given_and_what_it_gives_back_is_never_left_out"),
        "`GET /runs` (`runs list`) lists": tested(
            "contracts/test_journal.py::test_lists_hold_the_runs_that_fit_newest_first"
        ),
        "`since=2h` and": tested(LISTS + "test_runs_of_a_span_of_time_are_listed_in_full_pages"),
        "A page is full": tested(LISTS + "test_runs_of_a_span_of_time_are_listed_in_full_pages"),
        "After the clock": tested("contracts/test_clock.py::test_a_span_of_time_is_a_span_of_ids"),
        "When a part takes its worker": planted(
            "a_worker_that_dies_fails_its_step", "a_worker_that_dies_takes_its_step_along"
        ),
        "Steps that the worker": planted("a_worker_that_dies_fails_its_step"),
        "When the journal cannot": planted(
            "a_failed_journal_is_taken_for_a_good_one", "memory_is_trusted_after_a_failed_write"
        ),
    },
    "Waiting for somebody": {
        "A step that waits for a callback": planted("every_callback_is_the_first"),
        "`callbackUrl('ask')` gives": tested(
            CALLBACKS + "test_the_wait_of_a_step_is_told_with_the_address_that_answers_it",
            CALLBACKS + "test_all_waits_are_listed_with_their_items_and_addresses",
        ),
        "The token is the key:": planted(
            CALLBACKS + "test_with_a_key_that_is_not_looked_at_a_forged_token_would_be_heard"
        ),
        "Whoever has it": planted(CALLBACKS + "test_with_a_key_that_is_not_looked_at_a_forged_token_would_be_heard"),
        "Without that file": planted(CALLBACKS + "test_with_a_key_that_is_not_looked_at_a_forged_token_would_be_heard"),
        "The first call counts.": planted("every_callback_is_the_first", "a_callback_is_accepted_twice"),
        "Every later one": planted(CALLBACKS + "test_without_the_look_at_the_first_call_a_second_one_would_be_refused"),
        "A call that comes before": planted("an_early_callback_is_lost"),
        "One that does not fit": planted(
            "callbacks_are_not_checked",
            "early_callbacks_are_not_checked",
            "an_early_callback_that_does_not_fit_bars_the_next",
        ),
        "So is an early one": planted(
            "schemas_of_later_waits_are_not_looked_at", "an_early_callback_that_does_not_fit_bars_the_next"
        ),
        "When the wait was given up": tested(
            CALLBACKS + "test_after_a_cancel_the_wait_is_over",
            CALLBACKS + "test_after_its_time_the_wait_is_over_while_the_run_goes_on",
        ),
        "Addresses begin": tested(CALLBACKS + "test_the_wait_of_a_step_is_told_with_the_address_that_answers_it"),
    },
    "Steering": {
        "| `POST /runs/{id}/cancel`": planted(
            "closing_skips_cleaning_up",
            "a_cancelled_step_is_not_interrupted",
            "children_outlive_who_waits_for_them",
            "a_cancel_that_comes_too_late_is_granted",
        ),
        "| `POST /runs/{id}/pause`": planted("a_paused_run_begins_work", "a_pause_lets_the_queue_go_on"),
        "| `POST /runs/{id}/resume`": planted("a_run_that_goes_on_forgets_what_was_kept_back"),
        "| `POST /runs/{id}/retry`": planted(
            "a_reopened_run_executes_a_finished_step_again",
            "a_reopened_run_is_still_cancelled",
            "a_late_answer_counts_once_the_run_is_reopened",
            "a_replay_forgets_an_earlier_reopening",
            "a_retry_is_not_written",
        ),
    },
    "Going on from another run": {
        "A *fork* is": planted(DEFECT_OF_FORKS + "everything_is_kept"),
        "Other input,": tested(FORKS + "test_a_fork_may_bring_its_recipe"),
        "What has not finished": tested(
            FORKING + "test_what_had_not_finished_beside_the_step_is_run_with_what_follows_from_it"
        ),
        "A run of a *part": tested(FORKS + "test_a_part_of_a_recipe_runs_with_the_values_of_another_run"),
        "| `POST /runs/{id}/fork`": tested(
            FORKS + "test_a_fork_without_a_step_runs_all_of_it_again",
            FORKING + "test_a_fork_at_a_loop_item_does_that_item_and_what_collects_it",
        ),
        "| `POST /runs` `{recipe": tested(FORKS + "test_a_part_of_a_recipe_runs_with_the_values_of_another_run"),
        "Results are copied": planted(DEFECT_OF_FORKS + "handles_are_copied"),
        "At most 64 MiB": tested(FORKING + "test_results_beyond_the_limit_are_refused"),
        "A step before the one": planted(DEFECT_OF_FORKS + "versions_are_not_compared"),
        "When it has none there": planted(DEFECT_OF_FORKS + "versions_are_not_compared"),
        "So it is when": tested(FORKING + "test_a_fork_is_refused_where_its_step_would_not_be_reached"),
        "A result of a loop item": planted(DEFECT_OF_FORKS + "items_are_not_compared"),
        "`only` refuses": tested(FORKS + "test_what_cannot_be_a_part_is_refused"),
        "`GET /runs/{id}` shows `origin`": tested(
            FORKS + "test_a_fork_has_the_results_before_its_step_and_another_input"
        ),
    },
    "Load": {
        "Steps are executed in turn:": planted(
            "first_come_first_served", "runs_of_a_recipe_stand_in_one_lane", "tenants_do_not_count"
        ),
        "Workers are given": planted("all_at_once", "whatever_took_long_is_forgotten"),
        "So a run with 10,000": planted("first_come_first_served", "all_at_once"),
        "A step that waits for time": planted("what_was_answered_keeps_its_place"),
        "Parts that lately took longer": planted("long_ones_wait_among_the_others", "what_was_lost_took_no_time"),
        "A part that nobody knew": tested("contracts/test_dispatcher_long.py::test_without_it_those_behind_wait"),
        "`concurrency_limit` of a node": planted("everybody_is_let_in", "keys_do_not_count", "tenants_share"),
        "An attempt has its place": planted("places_are_those_of_an_execution"),
        "A retry and the next turn": planted("nobody_gives_back"),
        "Others wait in the order": planted("the_newest_is_let_in_first"),
        "After a restart the attempts": planted("places_are_lost_in_a_restart"),
        "Whoever is paused": planted("a_pause_is_not_looked_at", "what_is_put_aside_is_forgotten"),
        "Nodes that only wait": EXPLAINS,
        "`concurrency_limit` of a recipe": planted("nobody_is_let_in_later", "what_waits_is_begun"),
        "Its `timeout` counts": tested("engine/test_turnstile.py::test_the_time_of_a_run_passes_while_it_waits"),
        "A run that descends": planted("descendants_wait"),
        "| runs of a recipe": planted("everything_is_taken_on"),
        "| open runs": planted("everything_is_taken_on", "what_has_ended_still_counts"),
        "| runs that descend": planted("families_are_not_counted"),
        "| inputs of all open runs": planted("everything_is_taken_on", "what_was_recovered_weighs_nothing"),
        "| steps that wait for a worker": planted("everything_is_taken_on"),
        "| outputs of one run": planted("outputs_weigh_nothing", "recovered_outputs_weigh_nothing"),
        "On SIGTERM": planted(
            "who_drains_takes_runs_on", "who_drains_waits_for_nothing", "who_drains_begins_what_follows"
        ),
        "What has not ended is handed back": planted(
            "recovery_forgets_what_is_outstanding", "keys_of_effects_change_with_the_attempt"
        ),
        "Then callers who wait": tested("service/test_life.py::test_callers_who_wait_are_let_go_when_the_service_ends"),
        "A start that is refused": tested(FULL + "test_a_refused_start_binds_no_key"),
        "What has begun goes on:": planted("children_are_refused"),
        "A request under a key": tested(FULL + "test_a_key_that_was_accepted_is_answered_by_a_service_that_is_full"),
        "`cache` gives": planted(
            "modules_go_by_name", "inputs_do_not_count", "keys_stand_as_they_came", "every_part_is_pure"
        ),
        "The journal has it": tested(
            "engine/test_cache.py::test_an_answer_from_the_cache_is_in_the_journal_like_any_other"
        ),
        "Failures are never kept.": planted("failures_are_kept"),
        "One in fifty": planted("nothing_is_checked"),
        "At most 10,000 outputs": tested(
            "engine/test_cache.py::test_the_bytes_that_are_kept_are_bounded",
            "engine/test_cache.py::test_the_least_used_goes_first_when_there_are_too_many",
        ),
        "They outlive a restart": planted(
            "digests_are_not_looked_at", "nothing_is_written", "what_is_wrong_stays_on_disk", "a_damaged_file_is_kept"
        ),
    },
    "Declared webhooks": {
        "`ANY /hooks/{path}`": tested(HOOKS + "test_a_hook_answers_with_the_result_of_what_it_starts"),
        "The body becomes": tested(HOOKS + "test_what_is_sent_becomes_the_input"),
        "`$trigger` has": tested(HOOKS + "test_neither_a_key_nor_a_signature_is_seen_by_the_run"),
        "With `auth: 'hmac'`": planted(
            HOOKS + "test_a_hook_that_looks_at_no_signature_would_start_what_was_forged",
            HOOKS + "test_a_delivery_without_a_claim_would_start_two_runs",
        ),
        "GitHub does not sign": EXPLAINS,
        "The answer is": tested(HOOKS + "test_a_hook_that_accepts_tells_the_run_and_nothing_else"),
        "Two recipes cannot": tested(HOOKS + "test_one_address_starts_one_recipe"),
        "`GET /hooks` (": tested(TRIES + "test_hooks_are_listed_with_what_a_sender_has_to_know"),
        "A delivery to": planted(TRIES + "test_trying_without_admission_would_tell_strangers"),
        "`GET /hooks-test/{path}?wait=30`": tested(TRIES + "test_whoever_looks_on_sees_a_real_delivery_and_its_run"),
        "Keys, signatures": tested(HOOKS + "test_neither_a_key_nor_a_signature_is_seen_by_the_run"),
    },
    "Schedules": {
        "The `:cron` triggers": planted("nobody_listens"),
        "Each time begins": planted("times_are_not_claimed"),
        "A time is written down": planted("times_are_not_noted_before_they_begin"),
        "`$trigger` has": tested("service/test_schedules.py::test_a_run_begins_now_as_the_schedule_would_begin_it"),
        "A time that nobody": planted("everything_old_is_late", "nothing_is_late"),
        "`catch_up` says": planted("what_is_made_up_for_is_skipped", "nobody_catches_up"),
        "Times that come while": planted("whoever_drains_looks_at_nothing"),
        "A recipe that was answered": planted("nobody_listens"),
        "One with the same": planted("every_version_begins_anew", "what_waited_for_other_times_stays"),
        "A clock that is put back": planted("schedules_never_go_back", "times_are_not_claimed"),
        "At most 1,000 times": planted("any_number_may_wait"),
        "An input that does not fit": tested(
            "schedules/test_firing.py::test_an_input_that_does_not_fit_is_told_and_holds_up_nothing"
        ),
        "| `GET /schedules` (`list`)": tested(
            "service/test_schedules.py::test_schedules_are_listed_in_pages_and_by_recipe"
        ),
        "| `GET /schedules/{recipe}": tested(
            "service/test_schedules.py::test_a_schedule_tells_when_it_fires_and_how_far_it_has_come"
        ),
        "| `POST /schedules/{recipe}/{node}/pause`": planted("a_new_version_ends_a_pause"),
        "| `POST /schedules/{recipe}/{node}/resume`": planted("a_pause_lets_go_on_what_waits"),
        "| `POST /schedules/{recipe}/{node}/run`": tested(
            "service/test_schedules.py::test_a_run_begins_now_as_the_schedule_would_begin_it"
        ),
    },
    "How long runs are kept": {
        "`CYPHER_EXECUTOR_RETENTION` says": EXPLAINS,
        "A rule is for": tested(
            OLD + "test_a_run_is_forgotten_when_it_is_older_than_its_rule_and_not_before",
            OLD + "test_the_newest_of_each_recipe_and_state_are_kept",
        ),
        "Without a rule": tested("core/test_retention.py::test_without_rules_the_usual_ones_hold"),
        "The service looks": tested(
            "service/test_retention.py::test_what_is_no_longer_wanted_is_forgotten_after_the_start_and_the_rest_is_not"
        ),
        "Open runs, their": tested(
            OLD + "test_the_child_of_an_open_run_is_kept_until_that_has_ended",
            OLD + "test_a_run_is_kept_while_its_key_is_remembered",
        ),
        "`GET /readyz` tells": tested(STEERING + "test_readiness_tells_how_many_open_runs_cannot_be_read"),
    },
}
