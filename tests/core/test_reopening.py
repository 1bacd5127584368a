"""Runs that ended badly go on: from the steps that failed or were cancelled, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core.events import AttemptSucceeded, ChildStarted, RunId
from cypher_executor.core.replay import can_reopen, replay
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure
from tests.core.driver import Driver
from tests.core.laws import snapshot
from tests.core.support import draw

HOUR = 3_600


def reopened(driver: Driver) -> Driver:
    """Conclude a run, and reopen it an hour later. Its replay is the same."""
    driver.conclude()
    driver.later(seconds=HOUR)
    driver.reopen("again")
    assert driver.run.ended is None
    assert snapshot(replay(driver.run.recipe, driver.journal)) == snapshot(driver.run)
    return driver


# --- failures ---------------------------------------------------------------------------------------------------------


def failed() -> Driver:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work"))
    driver.succeed("a")
    driver.fail("b")
    return driver


def test_a_step_that_failed_is_executed_again_and_nothing_that_succeeded() -> None:
    driver = reopened(failed())
    assert driver.working() == {"b"}
    assert driver.states() == {"a": "succeeded", "b": "running", "c": "pending"}
    driver.succeed("b", "c")
    assert driver.conclude().result == {"c": {"from": "c"}}
    driver.check_replays()


def test_attempts_go_on_counting_and_the_failure_stays_on_record() -> None:
    driver = reopened(failed())
    first, second = driver.step("b").attempts
    assert (first.failure is not None, second.number, driver.execute("b").attempt) == (True, 2, 2)
    assert second.started_us == driver.now_us


def test_what_a_node_without_a_part_passes_on_is_found_out_anew_where_it_comes_from_what_failed() -> None:
    driver = Driver(
        draw("a:work -ON_SUCCESS-> j\nb:work -ON_SUCCESS-> j\nj -ON_SUCCESS-> c:work", {"j": {"join": "any"}})
    )
    driver.fail("b")
    driver.succeed("a")
    assert driver.step("j").output["b"]["error"]["attempts"] == 1
    driver.succeed("c")
    reopened(driver)
    assert driver.step("j").output == {"a": {"from": "a"}, "b": None}
    assert driver.working() == {"b"}, "what had been done with what it passed on is not done again"


def test_what_a_step_had_said_before_it_was_reopened_is_not_heard_again() -> None:
    driver = reopened(failed())
    for event in driver.journal[:-2]:
        driver.apply(event)
        assert not driver.ledger.seen[-1].expected


def test_a_reopened_step_has_all_of_its_retries_and_its_time_again() -> None:
    node = {"retry": {"attempts": 2}, "timeout_ms": 5_000, "deadline_ms": 60_000}
    driver = Driver(draw("a:work", {"a": node}))
    for _ in range(2):
        driver.fail("a", retryable=True)
        driver.fire("a") if driver.state("a") == "retrying" else None
    reopened(driver)
    assert (driver.execute("a").attempt, driver.execute("a").timeout_ms) == (3, 5_000)
    driver.fail("a", retryable=True)
    driver.fire("a")
    driver.fail("a", retryable=True)
    assert driver.step("a").error()["attempts"] == 4
    assert driver.conclude().state == "failed"


def test_a_run_may_be_reopened_twice_in_a_row() -> None:
    driver = reopened(failed())
    driver.fail("b")
    reopened(driver)
    assert driver.execute("b").attempt == 3
    driver.succeed("b")
    driver.fail("c")
    reopened(driver)
    assert driver.working() == {"c"}
    driver.succeed("c")
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


def test_a_failure_that_was_handled_stays_a_failure() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> h:work\nb:work"))
    driver.fail("a", "b")
    driver.succeed("h")
    reopened(driver)
    assert driver.states() == {"a": "failed", "h": "succeeded", "b": "running"}


def test_a_failure_after_reopening_is_not_forgiven_in_advance() -> None:
    """What failed while it cleaned up has not begun in the new life: its first failure there counts."""
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work"))
    driver.cancel()
    driver.fail("clean")
    reopened(driver)
    assert driver.states() == {"a": "running", "clean": "pending"}
    driver.succeed("a")
    driver.fail("clean")
    assert driver.conclude().state == "failed"


def test_siblings_that_fail_fast_had_cancelled_go_on() -> None:
    driver = Driver(draw("a:work\nb:work -ON_SUCCESS-> c:work\nb -ON_COMPLETE-> clean:work", fail_fast=True))
    driver.fail("a")
    driver.succeed("clean")
    reopened(driver)
    assert driver.states() == {"a": "running", "b": "running", "c": "pending", "clean": "pending"}
    driver.succeed("b", "a", "c", "clean")
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


def test_an_expression_that_cannot_be_evaluated_fails_again() -> None:
    driver = Driver(draw("a:work", {"a": {"inputs": {"x": "!bad"}}}))
    reopened(driver)
    assert driver.run.outstanding == (driver.end,)
    assert driver.conclude().state == "failed"


# --- cancelled, and out of time ---------------------------------------------------------------------------------------


def test_a_cancelled_run_goes_on_where_it_was() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work"))
    driver.succeed("a")
    driver.call("b", {"op": "http_request"})
    driver.answer("b", {"ok": True})
    driver.cancel()
    reopened(driver)
    assert (driver.execute("b").attempt, len(driver.execute("b").tape)) == (1, 1)
    driver.succeed("b")
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


def test_an_answer_that_came_too_late_for_the_end_is_not_heard_afterwards() -> None:
    driver = Driver(draw("a:work"))
    driver.cancel()
    late = AttemptSucceeded(at_us=driver.now_us, node="a", attempt=1, output="late", started_us=driver.now_us)
    driver.apply(late)
    driver.conclude()
    driver.apply(late)
    driver.reopen()
    assert driver.working() == {"a"}
    driver.check_replays()


def test_a_run_that_was_out_of_time_has_all_of_it_again() -> None:
    driver = Driver(draw("a:work", timeout_ms=10_000))
    driver.fire()
    reopened(driver)
    assert driver.timer().due_us == driver.now_us + 10_000_000
    driver.fire()
    reopened(driver)
    driver.succeed("a")
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


def test_waits_go_on_with_all_of_their_time() -> None:
    drawing = "w:wait_for_callback\nv:wait_for_workflows\na:work\ns:wait"
    inputs: dict[str, Any] = {
        "w": {},
        "v": {"runs": '["r1", "r2"]'},
        "s": {"seconds": "4"},
    }
    limits: dict[str, Any] = {"timeout_ms": 5_000, "deadline_ms": 60_000}
    driver = Driver(draw(drawing, {name: {"inputs": given, **limits} for name, given in inputs.items()}))
    driver.call("a", {"op": "wait_for_callback", "timeout_ms": 9_000})
    driver.watched("v", "r1")
    driver.later(seconds=1)
    driver.cancel()
    reopened(driver)
    due = {name: (driver.timer(name).due_us - driver.now_us) // 1_000 for name in ("w", "v", "a")}
    assert due == {"w": 5_000, "v": 5_000, "a": 9_000}
    assert driver.timer("s").due_us < driver.now_us, "a time that was waited for has come, and is no time-out"
    driver.fire("s")
    driver.watched("v", "r2")
    driver.call_back("w")
    driver.call_back("a")
    driver.succeed("a")
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


def test_a_retry_that_was_waited_for_is_made_though_its_deadline_had_passed() -> None:
    driver = Driver(draw("a:work", {"a": {"retry": {"attempts": 2}, "deadline_ms": 60_000}}))
    driver.fail("a", retryable=True)
    driver.cancel()
    reopened(driver)
    driver.fire("a")
    assert driver.execute("a").attempt == 2


def test_a_paused_run_that_was_cancelled_goes_on() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work"))
    driver.pause()
    driver.succeed("a")
    driver.cancel()
    reopened(driver)
    assert (driver.run.held, driver.working()) == (False, {"b"})


def test_a_pause_before_the_end_is_replayed_as_it_was() -> None:
    """Without it the deadline of `a` would have been over before its second attempt."""
    retry = {"attempts": 3, "delay_ms": 1_000, "jitter": False}
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work", {"a": {"retry": retry, "deadline_ms": 10_000}}))
    driver.pause()
    driver.fail("a", retryable=True)
    driver.fire("a")
    driver.later(seconds=HOUR)
    driver.resume()
    driver.fail("a", retryable=True)
    driver.fire("a")
    driver.succeed("a")
    driver.fail("b")
    reopened(driver)
    assert (driver.state("a"), driver.working()) == ("succeeded", {"b"})
    driver.check_replays()


# --- loops and turns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", [False, True])
def test_a_loop_that_stopped_goes_on_with_the_item_that_failed_and_those_behind_it(gate: bool) -> None:
    node = {"for_each": {"items": "$list", "concurrency": 2}} if gate else {}
    drawing = "each:work" if gate else "begin -FOR_EACH-> each:work concurrency=2\neach -COLLECT-> all"
    driver = Driver(draw(drawing, {"each": node}), {"list": [1, 2, 3, 4]})
    driver.succeed("each[0]")
    driver.fail("each[1]")
    reopened(driver)
    assert driver.working() == {"each[1]", "each[2]"}
    driver.succeed("each[2]", "each[1]", "each[3]")
    assert driver.conclude().result == {"each" if gate else "all": [{"from": f"each[{i}]"} for i in range(4)]}
    driver.check_replays()


def test_items_whose_failure_was_collected_are_not_tried_again() -> None:
    drawing = 'begin -FOR_EACH-> each:work on_fail="collect"\neach -COLLECT-> all:work'
    driver = Driver(draw(drawing), {"list": [1, 2]})
    driver.fail("each[0]")
    driver.succeed("each[1]")
    driver.fail("all")
    reopened(driver)
    assert driver.working() == {"all"}
    assert driver.state("each[0]") == "failed"


def test_the_items_of_a_node_whose_failure_was_handled_are_not_tried_again() -> None:
    """In one item of the outer loop the failure of the inner one is handled, in the other it is not."""
    drawing = (
        "begin -FOR_EACH-> row:work\nrow -ON_SUCCESS-> cell:work\n"
        "cell -ON_FAIL-> told when=row.handled\ntold -COLLECT-> end"
    )
    driver = Driver(draw(drawing, {"cell": {"for_each": {"items": "[1]"}}}), {"list": [1, 2]})
    driver.succeed("row[0]", output={"handled": True})
    driver.succeed("row[1]", output={"handled": False})
    driver.fail("cell[0.0]", "cell[1.0]")
    reopened(driver)
    assert driver.working() == {"cell[1.0]"}


def test_a_repetition_that_was_exhausted_takes_as_many_turns_again() -> None:
    driver = Driver(draw("a:work", {"a": {"repeat": {"until": "a.done", "every_ms": 0, "times": 2}}}))
    driver.succeed("a")
    driver.fire("a")
    driver.succeed("a")
    assert driver.step("a").error()["code"] == "repeat_exhausted"
    reopened(driver)
    assert (driver.step("a").turn, driver.execute("a").attempt) == (3, 3)
    driver.succeed("a")
    driver.fire("a")
    driver.succeed("a", output={"done": True})
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


# --- children ---------------------------------------------------------------------------------------------------------


def parent() -> Driver:
    inputs = {"workflow": '"other"', "wait": "true"}
    driver = Driver(draw("t:trigger_workflow -ON_SUCCESS-> b:work", {"t": {"inputs": inputs, "timeout_ms": 5_000}}))
    driver.child_started("t")
    return driver


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_child_that_failed_or_was_cancelled_with_its_parent_is_started_anew(by_hand: bool) -> None:
    driver = parent()
    once = driver.start_child("t").once
    if by_hand:
        driver.cancel()
    else:
        driver.child_ended("t", "failed", failure=Failure("bad", "it broke"))
    reopened(driver)
    assert (driver.start_child("t").attempt, driver.step("t").child) == (2, None)
    assert driver.start_child("t").once != once
    driver.child_started("t", "run_3")
    driver.child_ended("t", "succeeded")
    driver.fail("b")
    reopened(driver)
    assert driver.working() == {"b"}, "the second child has done what it was started for"
    driver.check_replays()


def test_a_child_that_may_have_begun_unheard_is_asked_for_again_only_if_nobody_waits_for_it() -> None:
    """With `wait` it was cancelled with the run; without, the same key finds the one that may have begun."""
    for wait, attempt in (("true", 2), ("false", 1)):
        driver = Driver(draw("t:trigger_workflow", {"t": {"inputs": {"workflow": '"x"', "wait": wait}}}))
        driver.cancel()
        reopened(driver)
        assert driver.start_child("t").attempt == attempt


def test_the_start_of_the_former_child_is_not_that_of_the_new_one() -> None:
    driver = parent()
    driver.cancel()
    reopened(driver)
    driver.apply(ChildStarted(at_us=driver.now_us, node="t", attempt=1, child=RunId("run_2"), workflow="other"))
    assert not driver.ledger.seen[-1].expected


# --- runs that cannot be reopened -------------------------------------------------------------------------------------


def test_only_a_run_that_ended_badly_can_be_reopened() -> None:
    driver = Driver(draw("a:work"))
    driver.reopen()
    assert not driver.ledger.seen[-1].expected, "it has not ended"
    driver.succeed("a")
    driver.conclude()
    driver.reopen()
    assert not driver.ledger.seen[-1].expected, "it has succeeded"
    assert not can_reopen(driver.run)


def test_reopening_a_run_that_goes_on_already_changes_nothing() -> None:
    driver = reopened(failed())
    driver.reopen()
    assert not driver.ledger.seen[-1].expected
    driver.fail("b")
    reopened(driver)
    assert driver.execute("b").attempt == 3
    driver.check_replays()


def test_a_run_that_broke_the_run_machine_is_not_reopened() -> None:
    driver = failed()
    driver.conclude()
    driver.run.broken = True
    assert not can_reopen(driver.run)


def test_a_run_that_breaks_when_it_is_reopened_is_broken_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = failed()
    driver.conclude()
    driver.reopen()

    def breaks(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Run, "reopen", breaks)
    run = replay(driver.run.recipe, driver.journal)
    assert (run.broken, run.version) == (True, len(driver.journal))
