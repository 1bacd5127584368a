"""How a run ends before its time: cancel, `fail_fast`, its own time-out; and how it cleans up after itself."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core.commands import Conclude, Execute, Interrupt, StartChild
from cypher_executor.core.events import CancelRequested, RunEnded, TimerFired
from cypher_executor.core.recipe import Recipe
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure
from tests.core.driver import Driver, started
from tests.core.laws import snapshot
from tests.core.support import draw


def test_a_cancel_ends_what_is_going_on_and_skips_what_has_not_begun() -> None:
    driver = Driver(draw("done:work -ON_SUCCESS-> busy:work\nbusy -ON_SUCCESS-> later:work"))
    driver.succeed("done")
    driver.cancel("changed my mind")
    assert driver.states() == {"done": "succeeded", "busy": "cancelled", "later": "skipped"}
    assert [command.node for command in driver.commands if isinstance(command, Interrupt)] == ["busy"]
    end = driver.conclude()
    assert (end.state, end.result, end.failure) == ("cancelled", None, Failure("cancelled", "changed my mind"))


def test_a_cancel_reaches_steps_that_wait_sleep_retry_call_and_follow_children() -> None:
    drawing = "wait:wait\nsleep:work\nretry:work\ncall:work\nchild:trigger_workflow"
    nodes: dict[str, dict[str, Any]] = {
        "wait": {"inputs": {"seconds": "60"}},
        "retry": {"retry": {"attempts": 2}},
        "child": {"inputs": {"workflow": '"x"', "wait": "true"}, "timeout_ms": 9_000},
    }
    driver = Driver(draw(drawing, nodes))
    driver.call("sleep", {"op": "sleep", "ms": 1000})
    driver.fail("retry", retryable=True)
    driver.call("call", {"op": "http_request"})
    driver.child_started("child")
    driver.cancel()
    assert set(driver.states().values()) == {"cancelled"}
    assert driver.run.outstanding == (driver.end,)
    assert driver.conclude().state == "cancelled"


def test_a_cancelled_step_says_when_it_ended_and_has_not_failed() -> None:
    driver = Driver(draw("a:work"))
    driver.later(seconds=2)
    driver.cancel()
    step = driver.step("a")
    assert (step.ended_us, step.failure, step.value) == (driver.now_us, None, None)
    assert step.attempts[0].ended_us == driver.now_us


@pytest.mark.parametrize("type_", ["ON_SUCCESS", "ON_FAIL"])
def test_only_on_complete_is_taken_from_a_cancelled_step(type_: str) -> None:
    driver = Driver(draw(f"a:work -{type_}-> b:work\na -ON_COMPLETE-> c:work"))
    driver.cancel()
    assert driver.states() == {"a": "cancelled", "b": "skipped", "c": "running"}


def test_cleaning_up_runs_to_its_end_with_its_own_retries_and_branches() -> None:
    drawing = """
    a:work     -ON_COMPLETE-> clean:work
    clean      -ON_SUCCESS->  report:work
    clean      -ON_FAIL->     alarm:work
    """
    driver = Driver(draw(drawing, {"clean": {"retry": {"attempts": 2}}}))
    driver.cancel()
    driver.fail("clean", retryable=True)
    driver.fire("clean")
    driver.succeed("clean")
    assert driver.states() == {"a": "cancelled", "clean": "succeeded", "report": "running", "alarm": "skipped"}
    driver.succeed("report")
    assert driver.conclude().state == "cancelled"


def test_cleaning_up_that_fails_changes_nothing_about_the_end() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work", fail_fast=True))
    driver.cancel()
    driver.fail("clean")
    assert driver.conclude().state == "cancelled"


def test_cleaning_up_waits_for_all_that_lead_to_it() -> None:
    drawing = "get:work -ON_SUCCESS-> use:work\nuse -ON_COMPLETE-> release:work\nget -ON_COMPLETE-> release"
    driver = Driver(draw(drawing))
    driver.succeed("get")
    driver.cancel()
    assert driver.states() == {"get": "succeeded", "use": "cancelled", "release": "running"}


def test_what_on_complete_led_to_before_the_cancel_still_cleans_up() -> None:
    """`slow` never got to `use`, but what `get` took is released."""
    drawing = """
    get:work  -ON_COMPLETE-> release:work
    slow:work -ON_SUCCESS->  use:work
    use       -ON_COMPLETE-> release
    """
    driver = Driver(draw(drawing))
    driver.succeed("get")
    driver.cancel()
    assert driver.states() == {"get": "succeeded", "release": "running", "slow": "cancelled", "use": "skipped"}


def test_an_ordinary_join_does_not_begin_in_a_run_that_closes() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j", {"j": {"join": "settled"}}))
    driver.succeed("a")
    driver.cancel()
    assert driver.state("j") == "skipped"


def test_a_condition_that_cannot_be_evaluated_fails_the_cleaning_up() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work when=!broken"))
    driver.cancel()
    assert driver.state("clean") == "failed"
    assert driver.conclude().state == "cancelled"


def test_a_late_answer_of_a_cancelled_step_changes_nothing() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work"))
    late = driver.execute("a")
    driver.cancel()
    before = snapshot(driver.run)
    with pytest.raises(ValueError, match="not enough values"):
        driver.succeed("a")
    assert late not in driver.run.outstanding
    assert snapshot(driver.run) == before


def test_a_second_cancel_stops_the_cleaning_up_and_keeps_the_first_reason() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work\nclean -ON_COMPLETE-> more:work"))
    driver.cancel("first")
    driver.cancel("second")
    assert driver.states() == {"a": "cancelled", "clean": "cancelled", "more": "skipped"}
    assert [command.node for command in driver.commands if isinstance(command, Interrupt)] == ["clean"]
    end = driver.conclude()
    assert end.failure is not None and end.failure.message == "first"


def test_a_cancel_of_a_run_that_fails_fast_stops_its_cleaning_up_and_it_still_has_failed() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work\nb:work", fail_fast=True))
    driver.fail("b")
    assert driver.state("clean") == "running"
    driver.cancel()
    assert driver.conclude().state == "failed"


def test_what_waits_for_the_end_of_cleaning_up_never_begins_after_a_second_cancel() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> j:work\nb:work -ON_COMPLETE-> c:work\nc -ON_COMPLETE-> j"))
    driver.cancel()
    driver.cancel()
    assert driver.states() == {"a": "cancelled", "b": "cancelled", "c": "cancelled", "j": "skipped"}
    assert not driver.run.awaits(CancelRequested(at_us=driver.now_us))


def test_a_cancel_comes_too_late_when_everything_has_ended() -> None:
    driver = Driver(draw("a:work"))
    driver.succeed("a")
    driver.cancel()
    assert driver.conclude().state == "succeeded"
    driver.cancel()


def test_a_cancel_of_a_run_that_has_not_begun_is_not_heard() -> None:
    assert not Run(draw("a:work")).awaits(CancelRequested(at_us=1))


# --- fail fast --------------------------------------------------------------------------------------------------------


def test_fail_fast_ends_the_other_branches() -> None:
    driver = Driver(draw("a:work\nb:work -ON_SUCCESS-> c:work\nb -ON_COMPLETE-> clean:work", fail_fast=True))
    driver.fail("a")
    assert driver.states() == {"a": "failed", "b": "cancelled", "c": "skipped", "clean": "running"}
    driver.succeed("clean")
    end = driver.conclude()
    assert end.state == "failed"
    assert end.failure is not None and end.failure.details == {"node": "a", "item": []}


def test_fail_fast_lets_a_handled_failure_pass() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> h:work\nb:work", fail_fast=True))
    driver.fail("a")
    driver.succeed("h", "b")
    assert driver.conclude().state == "succeeded"


def _one_instant() -> Recipe:
    """`first` and `broken` end in the same moment: the first event of the run."""
    drawing = """
    first       -ON_SUCCESS->  child:trigger_workflow
    first       -ON_SUCCESS->  more:work
    broken
    also        -ON_SUCCESS->  late:work
    also        -ON_COMPLETE-> clean:work
    """
    nodes = {"broken": {"inputs": {"x": "!bad"}}, "child": {"inputs": {"workflow": '"x"'}}}
    return draw(drawing, nodes, fail_fast=True)


def test_what_was_begun_and_given_up_in_the_same_moment_is_not_asked_for() -> None:
    driver = Driver(_one_instant())
    assert not any(isinstance(command, StartChild) for command in driver.commands)
    assert [c.node for c in driver.commands if isinstance(c, Execute)] == ["clean"]


def test_a_closing_run_follows_only_on_complete_from_what_ended_in_the_same_moment() -> None:
    driver = Driver(_one_instant())
    assert driver.states() == {
        "first": "succeeded",
        "child": "cancelled",
        "more": "cancelled",
        "broken": "failed",
        "also": "succeeded",
        "late": "skipped",
        "clean": "running",
    }


# --- the time-out of the run ------------------------------------------------------------------------------------------


def test_a_run_ends_with_its_time_out() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work", timeout_ms=60_000))
    due_us = driver.now_us + 60_000_000
    assert driver.timer().due_us == due_us
    driver.fire()
    assert driver.states() == {"a": "cancelled", "clean": "running"}
    driver.succeed("clean")
    end = driver.conclude()
    assert end.state == "failed"
    assert end.failure == Failure("timeout", "the run took longer than 60000 ms")


def test_the_timer_of_a_run_fires_once_and_never_early() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work", timeout_ms=60_000))
    timer = driver.timer()
    early = TimerFired(at_us=timer.due_us - 1, node="", attempt=timer.attempt)
    assert not driver.run.awaits(early)
    driver.fire()
    assert timer not in driver.run.outstanding
    assert not driver.run.awaits(TimerFired(at_us=timer.due_us, node="", attempt=timer.attempt))


def test_the_timer_of_a_run_is_not_waited_for_once_the_run_closes_or_has_ended() -> None:
    for end in ("cancel", "succeed"):
        driver = Driver(draw("a:work", timeout_ms=60_000))
        timer = driver.timer()
        driver.cancel() if end == "cancel" else driver.succeed("a")
        assert driver.run.outstanding == (driver.end,)
        assert not driver.run.awaits(TimerFired(at_us=timer.due_us, node="", attempt=timer.attempt))


# --- the end ----------------------------------------------------------------------------------------------------------


def test_a_run_concludes_once_and_nothing_follows() -> None:
    driver = Driver(draw("a:work"))
    driver.succeed("a")
    assert driver.commands == [driver.end]
    driver.conclude()
    assert driver.commands == []
    for event in list(driver.journal):
        assert driver.apply(event) == []


def test_the_engine_may_end_a_run_that_it_cannot_follow_any_more() -> None:
    recipe = draw("done:work -ON_SUCCESS-> busy:work\nbusy -ON_COMPLETE-> later:work")
    run = Run(recipe)
    run.apply(started(recipe))
    failure = Failure("internal_error", "a bug")
    assert run.apply(RunEnded(at_us=1, state="failed", failure=failure)) == []
    assert {step.state for step in run.steps.values()} == {"cancelled", "skipped"}
    assert (run.state, run.outstanding) == ("failed", ())


def test_a_run_that_is_over_but_not_recorded_asks_again_for_its_end_after_a_restart() -> None:
    driver = Driver(draw("a:work"))
    driver.succeed("a")
    recovered = Run(driver.run.recipe)
    for event in driver.journal:
        recovered.apply(event)
    (command,) = recovered.outstanding
    assert isinstance(command, Conclude)
