"""`repeat`: a step that takes turns until it has what it is for."""

from __future__ import annotations

from typing import Any

from cypher_executor.core.commands import StartTimer
from cypher_executor.core.events import TimerFired
from cypher_executor.core.run import Run
from tests.core.driver import BEGIN_US, Driver, started
from tests.core.support import draw


def repeating(until: str = "a.done", times: int = 3, **settings: Any) -> Driver:
    repeat = {"until": until, "every_ms": 5000, "times": times}
    drawing = "a:work -ON_SUCCESS-> good:work\na -ON_FAIL-> bad:work"
    return Driver(draw(drawing, {"a": {"repeat": repeat, **settings}}))


def turn(driver: Driver, done: bool) -> None:
    driver.succeed("a", output={"done": done})


def test_a_step_takes_turns_until_its_latest_output_is_what_it_is_for() -> None:
    driver = repeating()
    turn(driver, False)
    assert driver.state("a") == "waiting"
    assert driver.timer("a").due_us == BEGIN_US + 5_000_000
    driver.fire("a")
    turn(driver, True)
    assert (driver.state("a"), driver.step("a").output, driver.step("a").turn) == ("succeeded", {"done": True}, 2)
    assert driver.state("good") == "running"


def test_an_output_that_is_right_at_once_ends_the_first_turn() -> None:
    driver = repeating()
    turn(driver, True)
    assert driver.state("a") == "succeeded"


def test_turns_that_are_used_up_fail_the_step() -> None:
    driver = repeating(times=2)
    turn(driver, False)
    driver.fire("a")
    turn(driver, False)
    failure = driver.step("a").failure
    assert failure is not None and (failure.code, failure.details) == ("repeat_exhausted", {"turns": 2})
    assert driver.state("bad") == "running"


def test_only_true_is_true() -> None:
    driver = repeating(until="a")
    driver.succeed("a", output="yes")
    assert driver.state("a") == "waiting"


def test_a_failure_of_a_turn_is_the_failure_of_the_step() -> None:
    driver = repeating()
    turn(driver, False)
    driver.fire("a")
    driver.fail("a")
    assert driver.state("bad") == "running"


def test_each_turn_has_all_of_its_retries() -> None:
    driver = repeating(retry={"attempts": 2, "delay_ms": 1000})
    for done in (False, True):
        driver.fail("a", retryable=True)
        assert driver.state("a") == "retrying"
        driver.fire("a")
        turn(driver, done)
        if not done:
            driver.fire("a")
    assert driver.state("a") == "succeeded"
    assert [(a.number, a.succeeded) for a in driver.step("a").attempts] == [
        (1, False),
        (2, True),
        (3, False),
        (4, True),
    ]


def test_the_key_of_a_call_says_the_turn_and_not_the_attempt() -> None:
    driver = repeating(retry={"attempts": 2, "delay_ms": 1000})
    keys = []
    for fails, done in ((True, None), (False, False), (False, True)):
        driver.call("a", {"op": "http_request"})
        keys.append(driver.perform("a").key)
        driver.answer("a", {"ok": True})
        if fails:
            driver.fail("a", retryable=True)
            driver.fire("a")
        else:
            turn(driver, bool(done))
            if not done:
                driver.fire("a")
    assert keys == ["run_1:a::1", "run_1:a::1", "run_1:a::2"]


def test_every_turn_has_the_same_input() -> None:
    driver = repeating(inputs={"s": "seed()", "t": "now()"})
    first = driver.execute("a").input
    turn(driver, False)
    driver.fire("a")
    assert driver.execute("a").input == first


def test_a_condition_that_cannot_be_evaluated_fails_the_step() -> None:
    driver = repeating(until="!broken")
    turn(driver, False)
    failure = driver.step("a").failure
    assert failure is not None and failure.code == "expression_error"


def test_a_deadline_counts_all_turns_and_the_time_between() -> None:
    driver = repeating(deadline_ms=8_000)
    turn(driver, False)
    driver.fire("a")
    turn(driver, False)
    failure = driver.step("a").failure
    assert failure is not None and (failure.code, failure.details) == ("deadline", {"turns": 2})


def test_a_service_that_was_down_past_the_deadline_takes_no_further_turn() -> None:
    driver = repeating(deadline_ms=8_000)
    turn(driver, False)
    driver.later(seconds=60)
    driver.fire("a")
    failure = driver.step("a").failure
    assert failure is not None and failure.code == "deadline"


def test_a_time_out_is_that_of_an_attempt_and_does_not_run_between_turns() -> None:
    driver = repeating(timeout_ms=2_000)
    turn(driver, False)
    driver.fire("a")
    assert driver.execute("a").timeout_ms == 2_000


def test_a_step_that_rests_can_be_cancelled() -> None:
    driver = repeating()
    turn(driver, False)
    driver.cancel()
    assert driver.state("a") == "cancelled"
    assert driver.step("a").value is None
    assert driver.conclude().state == "cancelled"


def test_thousands_of_turns_without_a_pause_are_a_row_of_events() -> None:
    repeat = {"until": "false", "every_ms": 0, "times": 3000}
    recipe = draw("w:wait", {"w": {"repeat": repeat, "inputs": {"seconds": "0"}}})
    run = Run(recipe)
    run.apply(started(recipe))
    while isinstance(timer := run.outstanding[0], StartTimer):
        run.apply(TimerFired(at_us=timer.due_us, node="w", attempt=timer.attempt))
    assert run.steps["w", ()].turn == 3000


def test_every_turn_starts_a_child_of_its_own() -> None:
    node = {
        "repeat": {"until": "t.result.done", "every_ms": 0},
        "inputs": {"workflow": '"x"', "wait": "true"},
    }
    driver = Driver(draw("t:trigger_workflow", {"t": node}))
    first = driver.start_child("t").once
    driver.child_started("t", "run_2")
    driver.child_ended("t", "succeeded", {"done": False})
    driver.fire("t")
    assert driver.start_child("t").once != first
    driver.child_started("t", "run_3")
    driver.child_ended("t", "succeeded", {"done": True})
    assert driver.state("t") == "succeeded"


def test_in_a_loop_every_item_has_turns_of_its_own() -> None:
    node = {"for_each": {"items": "$list"}, "repeat": {"until": "n.done", "every_ms": 1000}}
    driver = Driver(draw("n:work", {"n": node}), {"list": [1, 2]})
    driver.succeed("n[0]", output={"done": False})
    driver.succeed("n[1]", output={"done": True})
    driver.fire("n[0]")
    driver.call("n[0]", {"op": "http_request"})
    assert driver.perform("n[0]").key == "run_1:n:0:2"
    driver.answer("n[0]", {})
    driver.succeed("n[0]", output={"done": True})
    assert driver.conclude().result == {"n": [{"done": True}, {"done": True}]}
