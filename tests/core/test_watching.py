"""`wait_for_workflows`: a step that waits for the ends of runs, all of them, one, or some."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core.commands import Interrupt
from cypher_executor.core.events import ChildEnded, RunId
from cypher_executor.errors import Failure
from tests.core.driver import BEGIN_US, Driver
from tests.core.support import draw

THREE = '["r1", "r2", "r3"]'


def watching(runs: str = THREE, mode: str = '"all"', more: dict[str, str] | None = None, **settings: Any) -> Driver:
    inputs = {"runs": runs, "mode": mode, **(more or {})}
    return Driver(draw("w:wait_for_workflows", {"w": {"inputs": inputs, **settings}}))


def lists(driver: Driver) -> tuple[list[str], list[str], list[str]]:
    output = driver.step("w").output
    return output["succeeded"], output["failed"], output["pending"]


def test_all_are_waited_for_without_holding_anything() -> None:
    driver = watching()
    assert driver.watch("w").runs == ("r1", "r2", "r3")
    assert (driver.run.state, driver.run.paused) == ("waiting", False)
    driver.watched("w", "r3")
    driver.watched("w", "r1")
    assert driver.state("w") == "waiting"
    driver.watched("w", "r2", result={"x": 1}, duration_ms=40)
    output = driver.conclude().result["w"]
    assert list(output["results"]) == ["r1", "r2", "r3"]
    assert output["results"]["r2"] == {
        "workflow": "other",
        "status": "succeeded",
        "result": {"x": 1},
        "error": None,
        "duration_ms": 40,
    }
    assert lists(driver) == (["r3", "r1", "r2"], [], [])


def test_an_end_is_counted_once() -> None:
    driver = watching(mode="2")
    driver.watched("w", "r1")
    driver.watched("w", "r1")
    assert not driver.ledger.seen[-1].expected
    assert driver.state("w") == "waiting"


def test_the_end_of_a_stranger_does_not_count() -> None:
    driver = watching()
    driver.watched("w", "r9")
    assert not driver.ledger.seen[-1].expected


def test_a_run_that_is_named_twice_is_one_run() -> None:
    driver = watching('["r1", "r1", "r2"]')
    assert driver.watch("w").runs == ("r1", "r2")
    driver.watched("w", "r1")
    driver.watched("w", "r2")
    assert lists(driver) == (["r1", "r2"], [], [])


@pytest.mark.parametrize("mode", ['"all"', '"any"', "3"])
def test_no_runs_are_done_at_once(mode: str) -> None:
    driver = watching("[]", mode)
    assert driver.conclude().result == {"w": {"results": {}, "succeeded": [], "failed": [], "pending": []}}


def test_any_is_the_first_to_succeed_and_the_others_are_shown_as_running() -> None:
    driver = watching(mode='"any"')
    driver.watched("w", "r2", "failed", failure=Failure("bad", "it broke"))
    assert driver.state("w") == "waiting"
    driver.watched("w", "r3")
    assert any(isinstance(command, Interrupt) for command in driver.commands)
    assert lists(driver) == (["r3"], ["r2"], ["r1"])
    results = driver.step("w").output["results"]
    assert (results["r1"]["status"], results["r2"]["error"]) == ("running", {"code": "bad", "message": "it broke"})


def test_the_end_of_a_run_that_is_not_watched_any_more_changes_nothing() -> None:
    driver = watching(mode='"any"')
    driver.watched("w", "r1")
    driver.watched("w", "r2")
    assert not driver.ledger.seen[-1].expected
    assert lists(driver) == (["r1"], [], ["r2", "r3"])


def test_some_are_as_many_as_are_wanted() -> None:
    driver = watching(mode="2")
    driver.watched("w", "r1", "cancelled")
    driver.watched("w", "r2")
    assert driver.state("w") == "waiting"
    driver.watched("w", "r3")
    assert lists(driver) == (["r2", "r3"], ["r1"], [])


# --- failures ---------------------------------------------------------------------------------------------------------


def test_failures_are_collected_unless_the_author_wants_something_else() -> None:
    driver = watching()
    driver.watched("w", "r1", "failed")
    driver.watched("w", "r2", "cancelled")
    driver.watched("w", "r3")
    assert lists(driver) == (["r3"], ["r1", "r2"], [])


def test_the_first_failure_may_fail_the_step() -> None:
    driver = watching(more={"on_child_fail": '"fail"'})
    driver.watched("w", "r2")
    driver.watched("w", "r1", "failed", failure=Failure("http_5xx", "it is down"))
    assert driver.step("w").error() == {
        "code": "child_failed",
        "message": "1 of 3 runs did not succeed; the first was r1, which failed: it is down",
        "retryable": False,
        "attempts": 1,
        "details": {"succeeded": ["r2"], "failed": ["r1"], "pending": ["r3"]},
    }


@pytest.mark.parametrize(("on_child_fail", "state"), [("fail", "failed"), ("collect", "succeeded")])
@pytest.mark.parametrize(("mode", "failures"), [('"any"', 3), ("2", 2), ("3", 1)])
def test_what_can_no_longer_be_met_is_over_at_once(mode: str, failures: int, on_child_fail: str, state: str) -> None:
    driver = watching(mode=mode, more={"on_child_fail": f'"{on_child_fail}"'})
    for number in range(1, failures + 1):
        assert driver.state("w") == "waiting"
        driver.watched("w", f"r{number}", "cancelled")
    assert driver.state("w") == state


def test_an_unknown_run_fails_the_step() -> None:
    driver = watching()
    driver.fail("w", code="unknown_run")
    assert driver.step("w").error()["code"] == "unknown_run"
    driver.watched("w", "r1")
    assert not driver.ledger.seen[-1].expected


def test_the_next_attempt_watches_all_of_them_again() -> None:
    driver = watching(more={"on_child_fail": '"fail"'}, retry={"attempts": 2, "on": ["child_failed"]})
    driver.watched("w", "r1")
    driver.watched("w", "r2", "failed")
    driver.watched("w", "r3")
    assert driver.state("w") == "retrying", "between two attempts nothing is watched"
    driver.fire("w")
    assert driver.watch("w").attempt == 2
    for run in ("r1", "r2", "r3"):
        driver.watched("w", run)
    assert lists(driver) == (["r1", "r2", "r3"], [], [])


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_time_out_fails_the_step() -> None:
    driver = watching(timeout_ms=2_000)
    assert driver.timer("w").due_us == BEGIN_US + 2_000_000
    driver.fire("w")
    assert driver.step("w").error()["code"] == "timeout"


def test_a_time_out_may_give_what_there_is() -> None:
    driver = watching(more={"on_timeout": '"partial"'}, timeout_ms=2_000)
    driver.watched("w", "r2")
    driver.watched("w", "r3", "failed")
    driver.fire("w")
    assert lists(driver) == (["r2"], ["r3"], ["r1"])
    assert any(isinstance(command, Interrupt) for command in driver.commands)
    assert driver.conclude().state == "succeeded"


def test_a_deadline_gives_nothing() -> None:
    driver = watching(more={"on_timeout": '"partial"'}, deadline_ms=2_000)
    driver.fire("w")
    assert driver.step("w").error()["code"] == "deadline"


def test_a_cancel_ends_the_watching() -> None:
    driver = watching()
    driver.watched("w", "r1")
    driver.cancel()
    driver.watched("w", "r2")
    assert driver.conclude().state == "cancelled"
    driver.check_replays()


# --- inputs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"runs": "7"},
        {"runs": '"r1"'},
        {"runs": "[7]"},
        {"runs": THREE, "mode": "0"},
        {"runs": THREE, "mode": "4"},
        {"runs": THREE, "mode": "true"},
        {"runs": THREE, "mode": '"most"'},
        {"runs": THREE, "mode": "1.5"},
        {"runs": '["r1", "r1"]', "mode": "2"},
        {"runs": THREE, "on_timeout": '"collect"'},
        {"runs": THREE, "on_child_fail": '"partial"'},
    ],
)
def test_an_input_that_does_not_fit_fails_the_step(inputs: dict[str, str]) -> None:
    driver = Driver(draw("w:wait_for_workflows", {"w": {"inputs": inputs}}))
    assert driver.step("w").error()["code"] == "input_invalid"


# --- a child that pauses ----------------------------------------------------------------------------------------------


def parent() -> Driver:
    inputs = {"workflow": '"other"', "wait": "true"}
    driver = Driver(draw("t:trigger_workflow", {"t": {"inputs": inputs, "timeout_ms": 5_000}}))
    driver.child_started("t")
    return driver


def test_a_parent_does_not_wait_for_a_child_that_has_paused() -> None:
    driver = parent()
    driver.child_paused("t")
    assert driver.conclude().result == {"t": {"run_id": "run_2", "workflow": "other", "status": "running_async"}}


def test_the_end_of_a_child_that_had_paused_changes_nothing() -> None:
    driver = parent()
    asked = driver.start_child("t")
    driver.child_paused("t")
    driver.apply(_ended(driver, asked.attempt))
    assert not driver.ledger.seen[-1].expected
    assert not any(isinstance(command, Interrupt) for command in driver.commands), "the child goes on"


def _ended(driver: Driver, attempt: int) -> Any:
    return ChildEnded(at_us=driver.now_us, node="t", attempt=attempt, child=RunId("run_2"), state="failed", result=None)
