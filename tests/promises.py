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
HOOKS, TRIES = "service/test_hooks.py::", "service/test_hook_tests.py::"
DEFECT_OF_FORKS = FORKING + "test_planted_"

SECTIONS: Mapping[str, Mapping[str, Kept]] = {
    "What is promised of runs": {
        "Words, one meaning each:": EXPLAINS,
        "A *run* is one": EXPLAINS,
        "*Events* are facts": EXPLAINS,
        "A *part* is a": EXPLAINS,
        "Runs and steps are": EXPLAINS,
        "Answers about a run stay small.": planted("what_is_large_together_is_shown"),
        "A value of a step of more than": planted("large_values_are_shown"),
        "When the values of a run": planted("what_is_large_together_is_shown"),
        "The run's own": planted("results_are_left_out"),
        "`GET /runs` (`runs list`) lists": planted("memory_lists_from_the_beginning", "lists_begin_anywhere"),
        "`since=2h` and": planted("spans_of_time_are_not_looked_at"),
        "A page is full": planted("a_span_has_one_page"),
        "After the clock": planted(
            "contracts/test_clock.py::test_without_the_time_in_front_a_span_of_ids_would_be_another"
        ),
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
        "`callbackUrl('ask')` gives": planted(
            "callback_url_is_that_of_nobody", "addresses_lead_nowhere", "waits_of_loops_are_not_listed"
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
        "When the wait was given up": planted("who_is_too_late_is_accepted"),
        "Addresses begin": planted("addresses_begin_anywhere"),
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
        "Other input,": planted("other_texts_are_ignored", "other_inputs_are_ignored"),
        "What has not finished": planted(DEFECT_OF_FORKS + "what_has_not_finished_is_taken_over"),
        "A run of a *part": planted("all_of_the_recipe_is_selected"),
        "| `POST /runs/{id}/fork`": planted(DEFECT_OF_FORKS + "items_do_not_count", "other_texts_are_ignored"),
        "| `POST /runs` `{recipe": planted("all_of_the_recipe_is_selected"),
        "Results are copied": planted(DEFECT_OF_FORKS + "handles_are_copied"),
        "At most 64 MiB": planted(DEFECT_OF_FORKS + "results_have_no_limit"),
        "A step before the one": planted(DEFECT_OF_FORKS + "versions_are_not_compared"),
        "When it has none there": planted(DEFECT_OF_FORKS + "versions_are_not_compared"),
        "So it is when": planted(DEFECT_OF_FORKS + "nobody_looks_whether_a_step_is_reached"),
        "A result of a loop item": planted(DEFECT_OF_FORKS + "items_are_not_compared"),
        "`only` refuses": planted(DEFECT_OF_FORKS + "missing_values_are_null", "any_query_selects"),
        "`GET /runs/{id}` shows `origin`": planted("origins_are_not_told"),
    },
    "Load": {
        "Steps are executed in turn:": planted(
            "first_come_first_served", "runs_of_a_recipe_stand_in_one_lane", "tenants_do_not_count"
        ),
        "Workers are given": planted("all_at_once", "whatever_took_long_is_forgotten"),
        "So a run with 10,000": planted("first_come_first_served", "all_at_once"),
        "A step that waits for time": planted("what_was_answered_keeps_its_place"),
        "Parts that lately took longer": planted("long_ones_wait_among_the_others", "what_was_lost_took_no_time"),
        "A part that nobody knew": planted("contracts/test_dispatcher_long.py::test_without_it_those_behind_wait"),
        "`concurrency_limit` of a node": planted("everybody_is_let_in", "keys_do_not_count", "tenants_share"),
        "An attempt has its place": planted("places_are_those_of_an_execution"),
        "A retry and the next turn": planted("nobody_gives_back"),
        "Others wait in the order": planted("the_newest_is_let_in_first"),
        "After a restart the attempts": planted("places_are_lost_in_a_restart"),
        "Whoever is paused": planted("a_pause_is_not_looked_at", "what_is_put_aside_is_forgotten"),
        "Nodes that only wait": EXPLAINS,
        "`concurrency_limit` of a recipe": planted("nobody_is_let_in_later", "what_waits_is_begun"),
        "Its `timeout` counts": planted("time_stands_still_for_who_waits"),
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
        "Then callers who wait": planted("service/test_life.py::test_without_being_let_go_callers_would_wait_on"),
        "A second signal": tested("cli/test_serve.py::test_a_second_signal_ends_it_at_once"),
        "A start that is refused": planted("starts_are_refused_once_they_have_begun"),
        "What has begun goes on:": planted("children_are_refused"),
        "A request under a key": planted("keys_are_not_looked_up_first"),
        "`cache` gives": planted(
            "modules_go_by_name", "inputs_do_not_count", "keys_stand_as_they_came", "every_part_is_pure"
        ),
        "The journal has it": planted("what_is_given_again_is_text"),
        "Failures are never kept.": planted("failures_are_kept"),
        "One in fifty": planted("nothing_is_checked"),
        "At most 10,000 outputs": planted("any_number_is_kept", "who_was_used_last_goes_first"),
        "They outlive a restart": planted(
            "digests_are_not_looked_at", "nothing_is_written", "what_is_wrong_stays_on_disk", "a_damaged_file_is_kept"
        ),
    },
    "Declared webhooks": {
        "`ANY /hooks/{path}`": planted("bodies_are_dropped"),
        "The body becomes": planted("bodies_are_dropped", "the_query_is_over_the_body"),
        "`$trigger` has": planted("all_headers_are_seen"),
        "With `auth: 'hmac'`": planted(
            HOOKS + "test_a_hook_that_looks_at_no_signature_would_start_what_was_forged",
            HOOKS + "test_a_delivery_without_a_claim_would_start_two_runs",
        ),
        "GitHub does not sign": EXPLAINS,
        "The answer is": planted("hooks_tell_their_callers_everything"),
        "Two recipes cannot": planted("addresses_have_two_owners"),
        "`GET /hooks` (": planted("hooks_are_not_listed"),
        "A delivery to": planted(TRIES + "test_trying_without_admission_would_tell_strangers"),
        "`GET /hooks-test/{path}?wait=30`": planted("nobody_is_shown_what_came"),
        "Keys, signatures": planted("all_headers_are_seen"),
    },
    "Schedules": {
        "The `:cron` triggers": planted("nobody_listens"),
        "Each time begins": planted("times_are_not_claimed"),
        "A time is written down": planted("times_are_not_noted_before_they_begin"),
        "`$trigger` has": planted("what_is_run_now_looks_like_any_run"),
        "A time that nobody": planted("everything_old_is_late", "nothing_is_late"),
        "`catch_up` says": planted("what_is_made_up_for_is_skipped", "nobody_catches_up"),
        "Times that come while": planted("whoever_drains_looks_at_nothing"),
        "A recipe that was answered": planted("nobody_listens"),
        "One with the same": planted("every_version_begins_anew", "what_waited_for_other_times_stays"),
        "A clock that is put back": planted("schedules_never_go_back", "times_are_not_claimed"),
        "At most 1,000 times": planted("any_number_may_wait"),
        "An input that does not fit": planted("what_does_not_fit_is_tried_again"),
        "| `GET /schedules` (`list`)": planted("pages_of_schedules_have_no_next"),
        "| `GET /schedules/{recipe}": planted("schedules_are_listed_without_their_times"),
        "| `POST /schedules/{recipe}/{node}/pause`": planted("a_new_version_ends_a_pause"),
        "| `POST /schedules/{recipe}/{node}/resume`": planted("a_pause_lets_go_on_what_waits"),
        "| `POST /schedules/{recipe}/{node}/run`": planted("what_is_run_now_looks_like_any_run"),
    },
    "How long runs are kept": {
        "`CYPHER_EXECUTOR_RETENTION` says": EXPLAINS,
        "A rule is for": planted("no_age_is_too_old", "all_of_a_kind_are_kept"),
        "Without a rule": planted(
            "contracts/test_planted_defects_of_retention.py::test_without_the_usual_rules_everything_would_be_kept"
        ),
        "The service looks": tested(
            "service/test_retention.py::test_what_is_no_longer_wanted_is_forgotten_after_the_start_and_the_rest_is_not"
        ),
        "Open runs, their": planted(
            "memory_needs_nothing", "parents_need_nothing", "open_runs_are_like_others", "keys_need_nothing"
        ),
        "`GET /readyz` tells": planted("what_cannot_be_read_is_not_listed"),
    },
}
