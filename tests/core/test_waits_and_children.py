"""The parts that run in the engine: `wait`, and runs that are started by runs."""

from __future__ import annotations

import pytest

from cypher_executor.core.commands import Interrupt, StartChild
from cypher_executor.core.events import AttemptFailed, ChildEnded, ChildStarted, RunId
from cypher_executor.core.orchestration import MAX_DEPTH
from cypher_executor.errors import Failure
from tests.core.driver import BEGIN_US, Driver
from tests.core.support import draw


def waiting(seconds: str = "10", **settings: object) -> Driver:
    return Driver(draw("w:wait", {"w": {"inputs": {"seconds": seconds}, **settings}}))


def parent(wait: str = "true", **settings: object) -> Driver:
    inputs = {"workflow": '"other"', "input": '{"n": 1}', "wait": wait}
    return Driver(draw("t:trigger_workflow", {"t": {"inputs": inputs, **settings}}))


# --- wait -------------------------------------------------------------------------------------------------------------


def test_a_wait_is_a_timer_and_nothing_else() -> None:
    driver = waiting("10")
    assert driver.run.outstanding == (driver.timer("w"),)
    assert driver.timer("w").due_us == BEGIN_US + 10_000_000
    assert driver.run.state == "waiting"
    driver.fire("w")
    assert driver.conclude().result == {"w": {"waited_ms": 10_000}}


def test_a_wait_that_is_over_late_says_how_long_it_was() -> None:
    driver = waiting("10")
    driver.later(seconds=60)
    driver.fire("w")
    assert driver.step("w").output == {"waited_ms": 60_000}


@pytest.mark.parametrize("seconds", ["0", '"0s"', "0.0"])
def test_no_time_passes_at_once(seconds: str) -> None:
    assert waiting(seconds).conclude().result == {"w": {"waited_ms": 0}}


@pytest.mark.parametrize("until", ["2001-01-01T00:00:00Z", "2023-11-14T22:13:20+00:00"])
def test_a_time_that_has_passed_is_not_waited_for(until: str) -> None:
    driver = Driver(draw("w:wait", {"w": {"inputs": {"until": f'"{until}"'}}}))
    assert driver.conclude().state == "succeeded"


def test_until_means_the_same_moment_in_every_zone() -> None:
    for until in ("2030-01-31T08:00:00+01:00", "2030-01-31T07:00:00Z"):
        driver = Driver(draw("w:wait", {"w": {"inputs": {"until": f'"{until}"'}}}))
        assert driver.timer("w").due_us == 1_896_073_200_000_000


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"seconds": "1", "until": '"2030-01-01T00:00:00Z"'},
        {"seconds": "-1"},
        {"seconds": "true"},
        {"seconds": '"soon"'},
        {"seconds": "1e12"},
        {"seconds": '"' + "9" * 400 + 's"'},
        {"seconds": "[1]"},
        {"until": '"2030-01-01T00:00:00"'},
        {"until": '"tomorrow"'},
        {"until": "1893456000"},
        {"until": '""'},
        {"until": "[]"},
    ],
)
def test_an_input_that_is_no_time_fails_the_step(inputs: dict[str, str]) -> None:
    driver = Driver(draw("w:wait", {"w": {"inputs": inputs}}))
    assert driver.step("w").error()["code"] == "input_invalid"


@pytest.mark.parametrize("given", [None, 5, "5s", [5]])
def test_a_wait_without_a_map_fails_when_it_is_given_no_map(given: object) -> None:
    assert Driver(draw("w:wait"), given).step("w").error()["code"] == "input_invalid"


def test_a_wait_ends_with_its_time_out() -> None:
    driver = waiting("10", timeout_ms=2_000)
    driver.fire("w")
    assert driver.step("w").error()["code"] == "timeout"
    assert driver.now_us == BEGIN_US + 2_000_000


def test_a_wait_that_was_over_in_time_is_no_time_out_though_the_news_come_late() -> None:
    driver = waiting("10", timeout_ms=20_000)
    driver.later(seconds=60)
    driver.fire("w")
    assert driver.state("w") == "succeeded"


def test_a_wait_is_tried_again_from_its_beginning() -> None:
    driver = waiting("10", timeout_ms=2_000, retry={"attempts": 2, "delay_ms": 1_000, "jitter": False})
    driver.fire("w")
    driver.fire("w")
    assert driver.timer("w").due_us == BEGIN_US + 5_000_000
    driver.fire("w")
    assert driver.step("w").error() == {
        "code": "timeout",
        "message": "the attempt took longer than 2000 ms",
        "retryable": True,
        "attempts": 2,
    }


# --- children ---------------------------------------------------------------------------------------------------------


def test_a_child_that_nobody_waits_for_is_done_when_it_is_accepted() -> None:
    driver = parent(wait="false")
    asked = driver.start_child("t")
    assert (asked.workflow, asked.input, asked.wait, asked.depth) == ("other", {"n": 1}, False, 1)
    driver.child_started("t")
    assert driver.conclude().result == {"t": {"run_id": "run_2", "workflow": "other", "status": "started"}}


def test_several_children_are_asked_for_at_the_same_moment() -> None:
    inputs = {"inputs": {"workflow": '"other"'}}
    drawing = "begin\n" + "\n".join(f"begin -ON_SUCCESS-> t{i}:trigger_workflow" for i in range(3))
    driver = Driver(draw(drawing, {f"t{i}": inputs for i in range(3)}))
    assert [command.node for command in driver.commands if isinstance(command, StartChild)] == ["t0", "t1", "t2"]
    assert len({driver.start_child(f"t{i}").once for i in range(3)}) == 3
    driver.child_started("t2")
    driver.fail("t1", code="unknown_recipe")
    driver.child_started("t0", "run_3")
    assert driver.states() == {"begin": "succeeded", "t0": "succeeded", "t1": "failed", "t2": "succeeded"}


def test_a_parent_waits_for_the_end_of_its_child_without_holding_anything() -> None:
    driver = parent()
    driver.child_started("t")
    assert driver.run.state == "waiting"
    assert driver.run.outstanding == (driver.start_child("t"),)
    driver.child_ended("t", "succeeded", {"x": 1})
    assert driver.conclude().result == {
        "t": {"run_id": "run_2", "workflow": "other", "status": "succeeded", "result": {"x": 1}}
    }


@pytest.mark.parametrize(
    ("state", "failure", "message"),
    [
        ("failed", Failure("http_5xx", "it is down"), "the run run_2 of 'other' failed (http_5xx): it is down"),
        ("failed", Failure("child_failed", "step 'x' failed: ..."), "the run run_2 of 'other' failed (child_failed)"),
        ("failed", None, "the run run_2 of 'other' failed"),
        ("cancelled", None, "the run run_2 of 'other' was cancelled"),
    ],
)
def test_a_child_that_does_not_succeed_fails_the_step_that_waits(
    state: str, failure: Failure | None, message: str
) -> None:
    driver = parent()
    driver.child_started("t")
    driver.child_ended("t", state, failure=failure)  # type: ignore[arg-type]
    cause = {"run_id": "run_2", "code": failure.code, "message": failure.message} if failure else None
    assert driver.step("t").error() == {
        "code": "child_failed",
        "message": message,
        "retryable": False,
        "attempts": 1,
        "details": {"run_id": "run_2", "workflow": "other", "status": state} | ({"cause": cause} if cause else {}),
    }


def test_the_first_cause_is_told_at_every_level_and_no_message_grows() -> None:
    failure = Failure("http_5xx", "it is down")
    messages = []
    for _ in range(5):
        driver = parent()
        driver.child_started("t")
        driver.child_ended("t", "failed", failure=failure)
        error = driver.step("t").error()
        failure = Failure(
            "child_failed", f"step 't' failed: {error['message']}", details={**error["details"], "node": "t"}
        )
        assert failure.details is not None
        assert failure.details["cause"] == {"run_id": "run_2", "code": "http_5xx", "message": "it is down"}
        messages.append(failure.message)
    assert len(set(messages[1:])) == 1 and messages[1].count("run_2") == 1


def test_a_retry_starts_another_child() -> None:
    driver = parent(retry={"attempts": 2})
    first = driver.start_child("t").once
    driver.child_started("t", "run_2")
    driver.child_ended("t", "failed", failure=Failure("timeout", "slow", retryable=True))
    driver.fire("t")
    assert driver.start_child("t").once != first
    now = driver.now_us
    driver.apply(ChildEnded(at_us=now, node="t", attempt=2, child=RunId("run_2"), state="succeeded", result=1))
    assert driver.state("t") == "running", "the end of the first child is not that of the second"
    driver.child_started("t", "run_3")
    driver.child_ended("t", "succeeded")
    assert driver.conclude().state == "succeeded"


def test_a_child_that_cannot_be_started_fails_the_step() -> None:
    driver = parent()
    driver.fail("t", code="unknown_recipe")
    assert driver.step("t").error()["code"] == "unknown_recipe"


def test_a_child_that_has_started_cannot_be_refused_any_more() -> None:
    """After a restart the start is asked for again; whatever comes of that, the child of the first time is the one."""
    driver = parent()
    driver.child_started("t", "run_2")
    now, failure = driver.now_us, Failure("unknown_recipe", "gone")
    driver.apply(AttemptFailed(at_us=now, node="t", attempt=1, failure=failure, started_us=now))
    driver.apply(ChildStarted(at_us=now, node="t", attempt=1, child=RunId("run_9"), workflow="other"))
    assert driver.step("t").child == "run_2"


def test_the_end_of_a_stranger_is_not_that_of_the_child() -> None:
    driver = parent()
    driver.child_started("t", "run_2")
    driver.apply(
        ChildEnded(at_us=driver.now_us, node="t", attempt=1, child=RunId("run_9"), state="succeeded", result=1)
    )
    assert driver.state("t") == "waiting"


def test_a_parent_waits_no_longer_than_its_time_out() -> None:
    driver = parent(timeout_ms=5_000)
    driver.child_started("t")
    driver.fire("t")
    assert driver.step("t").error()["code"] == "timeout"
    assert any(isinstance(command, Interrupt) for command in driver.commands)
    assert driver.conclude().state == "failed"


def test_the_time_out_of_one_child_does_not_bring_the_next_attempt_forward() -> None:
    driver = parent(timeout_ms=5_000, retry={"attempts": 2, "delay_ms": 60_000, "jitter": False})
    driver.child_started("t")
    left_over = driver.timer("t")
    driver.child_ended("t", "failed", failure=Failure("timeout", "slow", retryable=True))
    retry = driver.timer("t")
    assert retry.due_us > left_over.due_us
    driver.now_us = left_over.due_us
    assert driver.state("t") == "retrying"
    driver.fire("t")
    assert driver.now_us == retry.due_us


def test_runs_start_runs_only_so_deep() -> None:
    recipe = draw("t:trigger_workflow", {"t": {"inputs": {"workflow": '"self"'}}})
    assert Driver(recipe, depth=MAX_DEPTH - 1).start_child("t").depth == MAX_DEPTH
    assert Driver(recipe, depth=MAX_DEPTH).step("t").error()["code"] == "too_deep"


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"workflow": '""'},
        {"workflow": "7"},
        {"workflow": '"x"', "wait": '"yes"'},
        {"workflow": '"x"', "wait": "1"},
        {"workflow": '"x"', "key": "7"},
    ],
)
def test_a_start_that_does_not_fit_fails_the_step(inputs: dict[str, str]) -> None:
    driver = Driver(draw("t:trigger_workflow", {"t": {"inputs": inputs}}))
    assert driver.step("t").error()["code"] == "input_invalid"


def test_a_child_without_input_gets_an_empty_map_and_the_key_goes_along() -> None:
    driver = Driver(draw("t:trigger_workflow", {"t": {"inputs": {"workflow": '"x"', "key": '"once"'}}}))
    assert driver.start_child("t").input == {}
    assert driver.start_child("t").key == "once"
