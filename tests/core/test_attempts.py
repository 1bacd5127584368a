"""Attempts: retries and their delays, time-outs, deadlines, lost workers, and answers to an earlier attempt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cypher_executor.core.attempts import MAX_LOSSES
from cypher_executor.core.commands import Interrupt
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded
from cypher_executor.core.recipe import Retry
from cypher_executor.core.retries import retry_delay_us
from cypher_executor.errors import Failure
from tests.core.driver import Driver
from tests.core.support import draw

RETRYABLE = Failure("timeout", "too slow", retryable=True)


def one(**settings: object) -> Driver:
    """A run of one working node."""
    return Driver(draw("a:work", {"a": settings}))


# --- delays -----------------------------------------------------------------------------------------------------------


def delay_ms(policy: Retry, attempt: int, failure: Failure = RETRYABLE, seed: str = "s") -> float | None:
    delay_us = retry_delay_us(policy, attempt, failure, seed)
    return None if delay_us is None else delay_us / 1000


def test_the_delay_grows_by_the_factor_up_to_its_maximum() -> None:
    policy = Retry(9, delay_ms=100, factor=3.0, max_delay_ms=1000, jitter=False)
    assert [delay_ms(policy, attempt) for attempt in range(1, 6)] == [100, 300, 900, 1000, 1000]


def test_a_factor_below_one_makes_it_shrink() -> None:
    policy = Retry(9, delay_ms=100, factor=0.5, jitter=False)
    assert [delay_ms(policy, attempt) for attempt in range(1, 4)] == [100, 50, 25]


def test_a_power_beyond_all_floats_is_the_maximum() -> None:
    assert delay_ms(Retry(10_000, factor=2.0, max_delay_ms=60_000, jitter=False), 5_000) == 60_000


def test_no_delay_stays_no_delay_however_often() -> None:
    assert delay_ms(Retry(10_000, delay_ms=0, factor=2.0), 5_000) == 0


def test_jitter_is_half_the_delay_and_a_random_half_that_a_replay_finds_again() -> None:
    policy = Retry(3, delay_ms=1000)
    delays = [delay_ms(policy, 1, seed=f"run_{i}") for i in range(200)]
    assert all(delay is not None and 500 <= delay < 1000 for delay in delays)
    assert len(set(delays)) > 190
    assert delay_ms(policy, 1, seed="run_7") == delays[7]
    assert delay_ms(replace(policy, factor=1.0), 2, seed="run_7") != delays[7], "each attempt has its own"


def test_retry_after_wins_when_it_is_longer() -> None:
    policy = Retry(3, delay_ms=1000, jitter=False, max_delay_ms=2000)
    assert delay_ms(policy, 1, replace(RETRYABLE, retry_after_ms=5000)) == 5000
    assert delay_ms(policy, 1, replace(RETRYABLE, retry_after_ms=10)) == 1000


@pytest.mark.parametrize(
    ("on", "failure", "again"),
    [
        (None, Failure("timeout", "", retryable=True), True),
        (None, Failure("http_4xx", "", retryable=False), False),
        (("http_4xx",), Failure("http_4xx", "", retryable=False), True),
        (("http_4xx",), Failure("timeout", "", retryable=True), False),
        ((), Failure("timeout", "", retryable=True), False),
    ],
)
def test_on_says_which_failures_are_tried_again(on: tuple[str, ...] | None, failure: Failure, again: bool) -> None:
    assert (delay_ms(Retry(2, on=on), 1, failure) is not None) == again


# --- attempts ---------------------------------------------------------------------------------------------------------


def test_without_retry_a_failure_is_for_good() -> None:
    driver = one()
    driver.fail("a", retryable=True)
    assert driver.conclude().state == "failed"


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_attempts_counts_all_of_them(attempts: int) -> None:
    driver = one(retry={"attempts": attempts})
    for _ in range(attempts - 1):
        driver.fail("a", retryable=True)
        assert driver.state("a") == "retrying"
        driver.fire("a")
    driver.fail("a", retryable=True)
    assert driver.step("a").error()["attempts"] == attempts
    assert driver.conclude().state == "failed"


def test_a_step_that_succeeds_in_the_end_has_succeeded() -> None:
    driver = one(retry={"attempts": 3, "delay_ms": 250, "jitter": False})
    driver.fail("a", retryable=True)
    failed_us = driver.now_us
    driver.fire("a")
    assert driver.now_us == failed_us + 250_000
    assert driver.execute("a").attempt == 2
    driver.succeed("a", output="at last")
    assert driver.conclude().result == {"a": "at last"}
    assert [attempt.failure is None for attempt in driver.step("a").attempts] == [False, True]


def test_a_failure_that_is_not_retryable_ends_the_retries() -> None:
    driver = one(retry={"attempts": 5})
    driver.fail("a", retryable=True)
    driver.fire("a")
    driver.fail("a", retryable=False)
    assert driver.state("a") == "failed"


def test_while_it_waits_for_its_next_attempt_a_step_and_its_run_are_retrying() -> None:
    driver = one(retry={"attempts": 2})
    driver.fail("a", retryable=True)
    assert (driver.state("a"), driver.run.state) == ("retrying", "retrying")
    assert driver.run.outstanding == (driver.timer("a"),)


def test_every_attempt_has_the_same_input_and_an_own_seed() -> None:
    driver = one(retry={"attempts": 2}, inputs={"x": "seed()"})
    first = driver.execute("a")
    driver.fail("a", retryable=True)
    driver.fire("a")
    second = driver.execute("a")
    assert first.input == second.input
    assert first.seed != second.seed


def test_the_answer_of_an_earlier_attempt_is_not_taken_for_that_of_the_next() -> None:
    driver = one(retry={"attempts": 2})
    driver.fail("a", retryable=True)
    driver.fire("a")
    now = driver.now_us
    driver.apply(AttemptSucceeded(at_us=now, node="a", attempt=1, output="late", started_us=now))
    driver.apply(AttemptFailed(at_us=now, node="a", attempt=1, failure=RETRYABLE, started_us=now))
    driver.apply(AttemptLost(at_us=now, node="a", attempt=1))
    assert driver.execute("a").attempt == 2


def test_a_step_says_when_a_worker_began_and_not_when_it_was_asked_to() -> None:
    driver = one()
    asked_us = driver.now_us
    driver.later(seconds=3)
    driver.succeed("a")
    step = driver.step("a")
    assert (step.started_us, step.ended_us) == (asked_us + 3_000_000, asked_us + 3_000_000)


# --- time-outs and deadlines ------------------------------------------------------------------------------------------


def test_an_execution_is_told_what_is_left_of_the_attempt() -> None:
    driver = one(timeout_ms=2_000, retry={"attempts": 2, "delay_ms": 0})
    assert driver.execute("a").timeout_ms == 2_000
    driver.call("a", {"op": "now"})
    driver.later(seconds=0.5004)
    driver.answer("a", {"ok": True})
    assert driver.execute("a").timeout_ms == 1_500, "rounded up, so that no attempt is ended early"
    driver.fail("a", retryable=True)
    driver.fire("a")
    assert driver.execute("a").timeout_ms == 2_000, "the time-out is that of each attempt"


def test_an_execution_without_limits_is_told_none() -> None:
    assert one().execute("a").timeout_ms is None


def test_the_deadline_is_for_all_attempts_together() -> None:
    driver = one(deadline_ms=3_000, retry={"attempts": 9, "delay_ms": 1_000, "factor": 1.0, "jitter": False})
    left = []
    while driver.state("a") != "failed":
        left.append(driver.execute("a").timeout_ms)
        driver.later(seconds=0.5)
        driver.fail("a", code="http_5xx", retryable=True)
        if driver.state("a") == "retrying":
            driver.fire("a")
    assert left == [3_000, 1_500]
    assert driver.step("a").error()["code"] == "deadline"
    assert driver.step("a").error()["details"] == {"attempts": 2, "last": "http_5xx"}


def test_the_smaller_of_time_out_and_deadline_bounds_an_attempt() -> None:
    driver = one(timeout_ms=2_000, deadline_ms=3_000, retry={"attempts": 3, "delay_ms": 0})
    driver.later(seconds=2)
    driver.fail("a", code="timeout", retryable=True)
    driver.fire("a")
    assert driver.execute("a").timeout_ms == 1_000


def test_a_time_out_is_tried_again_and_a_deadline_is_not() -> None:
    driver = one(timeout_ms=1_000, deadline_ms=9_000, retry={"attempts": 2})
    driver.later(seconds=1)
    driver.fail("a", code="timeout", retryable=True)
    assert driver.state("a") == "retrying"
    driver.later(seconds=60)
    driver.fire("a")
    assert driver.step("a").error()["code"] == "deadline", "its timer fired too late: there is no time for an attempt"
    assert driver.step("a").attempt == 1


def test_a_call_that_comes_back_after_the_time_out_ends_the_attempt() -> None:
    driver = one(timeout_ms=1_000)
    driver.call("a", {"op": "http_request"})
    driver.later(seconds=1)
    driver.answer("a", {"ok": False, "error": {"code": "timeout", "message": "", "retryable": True}})
    assert driver.step("a").error()["code"] == "timeout"


def test_a_worker_that_is_lost_after_the_time_out_does_not_buy_more_time() -> None:
    driver = one(timeout_ms=1_000)
    driver.later(seconds=1)
    driver.lose("a")
    assert driver.step("a").error()["code"] == "timeout"


def test_an_output_that_arrives_late_still_counts() -> None:
    """Whoever executes a part ends it in time; the way of the news is not the part's fault."""
    driver = one(timeout_ms=1_000)
    driver.later(seconds=5)
    driver.succeed("a")
    assert driver.conclude().state == "succeeded"


# --- lost workers -----------------------------------------------------------------------------------------------------


def test_a_lost_worker_is_not_the_answer_of_the_part() -> None:
    driver = one()
    first = driver.execute("a")
    driver.lose("a")
    assert driver.execute("a") == first
    driver.succeed("a")
    assert driver.step("a").attempt == 1


def test_an_attempt_that_takes_its_workers_down_fails_in_the_end() -> None:
    driver = one()
    for _ in range(MAX_LOSSES):
        driver.lose("a")
    assert driver.step("a").error()["code"] == "worker_lost"


def test_losses_are_counted_for_each_attempt() -> None:
    driver = one(retry={"attempts": 2, "on": ["worker_lost"]})
    for _ in range(MAX_LOSSES):
        driver.lose("a")
    driver.fire("a")
    driver.lose("a")
    driver.succeed("a")
    assert driver.conclude().state == "succeeded"


def test_a_lost_worker_takes_nothing_of_the_neighbours_with_it() -> None:
    driver = Driver(draw("a:work\nb:work"))
    before = driver.execute("b")
    for _ in range(MAX_LOSSES):
        driver.lose("a")
    assert driver.execute("b") is before
    assert not any(isinstance(command, Interrupt) for command in driver.commands)


def test_what_a_lost_worker_had_asked_for_is_kept() -> None:
    driver = one()
    driver.call("a", {"op": "kv_get"})
    driver.answer("a", {"ok": True, "value": 7})
    tape = driver.execute("a").tape
    driver.lose("a")
    assert driver.execute("a").tape == tape != ()


# --- parts that are not there -----------------------------------------------------------------------------------------


def test_a_part_that_this_run_does_not_know_fails_its_step() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> h"), parts={})
    assert driver.step("a").error()["code"] == "part_unavailable"
    assert driver.conclude().state == "succeeded"


def test_a_clock_that_is_set_back_does_not_turn_time_around() -> None:
    driver = one(timeout_ms=1_000)
    driver.call("a", {"op": "now"})
    driver.now_us -= 3_600_000_000
    driver.answer("a", {"ok": True})
    assert driver.execute("a").timeout_ms == 1_000
