"""Runs that are paused: nothing more begins, what is going on goes on, and the time of a pause does not count."""

from __future__ import annotations

from cypher_executor.core.events import AttemptSucceeded
from tests.core.driver import BEGIN_US, Driver
from tests.core.support import draw

TWO = "a:work -ON_SUCCESS-> b:work"


def test_what_is_executed_goes_on_and_nothing_follows() -> None:
    driver = Driver(draw(TWO))
    driver.pause("lunch")
    assert driver.working() == {"a"}
    assert (driver.run.held, driver.run.paused) == (True, False)
    driver.succeed("a")
    assert driver.commands == []
    assert (driver.state("b"), driver.run.state, driver.run.paused) == ("waiting", "waiting", True)
    driver.resume()
    assert [command.node for command in driver.commands] == ["b"]  # type: ignore[union-attr]
    driver.succeed("b")
    assert driver.conclude().state == "succeeded"
    driver.check_replays()


def test_pausing_twice_and_resuming_twice_change_nothing() -> None:
    driver = Driver(draw(TWO))
    driver.resume()
    assert not driver.ledger.seen[-1].expected
    driver.pause()
    driver.pause()
    assert not driver.ledger.seen[-1].expected
    driver.resume()
    driver.resume()
    assert not driver.ledger.seen[-1].expected


def test_a_step_begins_when_the_run_goes_on_with_all_of_its_time() -> None:
    driver = Driver(draw(TWO, {"b": {"timeout_ms": 5_000, "deadline_ms": 9_000}}))
    driver.pause()
    driver.succeed("a")
    driver.later(seconds=3_600)
    driver.resume()
    execute = driver.execute("b")
    assert (execute.timeout_ms, execute.clock_us) == (5_000, BEGIN_US + 3_600_000_000)
    assert driver.step("b").attempts[0].started_us == BEGIN_US + 3_600_000_000


def test_what_is_kept_back_cannot_be_answered() -> None:
    driver = Driver(draw(TWO))
    driver.pause()
    driver.succeed("a")
    now = driver.now_us
    driver.apply(AttemptSucceeded(at_us=now, node="b", attempt=1, output=1, started_us=now))
    assert not driver.ledger.seen[-1].expected


def test_a_retry_that_is_due_waits_for_the_run_to_go_on() -> None:
    driver = Driver(draw("a:work", {"a": {"retry": {"attempts": 2}, "deadline_ms": 60_000}}))
    driver.pause()
    driver.fail("a", retryable=True)
    assert driver.state("a") == "retrying"
    driver.fire("a")
    assert (driver.state("a"), driver.commands) == ("waiting", [])
    driver.later(seconds=3_600)
    driver.resume()
    assert driver.execute("a").attempt == 2
    driver.fail("a", retryable=True)
    assert driver.conclude().failure.details["node"] == "a"  # type: ignore[union-attr, index]


def test_the_deadline_of_a_step_does_not_count_the_pause() -> None:
    retry = {"attempts": 3, "delay_ms": 1_000, "jitter": False}
    driver = Driver(draw("a:work", {"a": {"retry": retry, "deadline_ms": 10_000}}))
    driver.later(seconds=4)
    driver.fail("a", retryable=True)
    driver.pause()
    driver.fire("a")
    driver.later(seconds=3_600)
    driver.resume()
    assert driver.execute("a").timeout_ms == 5_000
    driver.later(seconds=6)
    driver.fail("a", retryable=True)
    assert driver.step("a").error()["code"] == "deadline"


def test_a_call_is_made_when_the_run_goes_on_with_the_time_that_was_left() -> None:
    driver = Driver(draw("a:work", {"a": {"timeout_ms": 10_000}}))
    driver.later(seconds=2)
    driver.pause()
    driver.call("a", {"op": "http_request"}, began_ago_ms=2_000)
    assert driver.commands == []
    driver.later(seconds=3_600)
    driver.resume()
    assert driver.perform("a").timeout_ms == 8_000
    driver.answer("a", {"ok": True})
    assert driver.execute("a").timeout_ms == 8_000
    driver.check_replays()


def test_a_call_that_is_pending_is_answered_and_its_part_waits() -> None:
    driver = Driver(draw("a:work"))
    driver.call("a", {"op": "http_request"})
    driver.pause()
    driver.answer("a", {"ok": True})
    assert (driver.commands, driver.state("a")) == ([], "waiting")
    driver.resume()
    assert len(driver.execute("a").tape) == 1


def test_timers_callbacks_and_the_ends_of_children_are_heard_in_a_pause() -> None:
    drawing = "w:wait\nc:wait_for_callback\nt:trigger_workflow"
    nodes = {"w": {"inputs": {"seconds": "5"}}, "t": {"inputs": {"workflow": '"x"', "wait": "true"}}}
    driver = Driver(draw(drawing, {**nodes, "c": {"inputs": {}}}))
    driver.child_started("t")
    driver.pause()
    driver.fire("w")
    driver.call_back("c", "yes")
    assert not driver.run.paused, "a child is no pause"
    driver.child_ended("t", "succeeded")
    assert driver.conclude().state == "succeeded", "there is nothing that a pause could keep back"


def test_children_are_not_started_in_a_pause() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> t:trigger_workflow", {"t": {"inputs": {"workflow": '"x"'}}}))
    driver.pause()
    driver.succeed("a")
    assert driver.run.outstanding == ()
    assert [command.node for command in driver.run.withheld] == ["t"]  # type: ignore[union-attr]
    driver.resume()
    driver.child_started("t")
    assert driver.conclude().state == "succeeded"


def test_a_loop_begins_its_next_items_when_the_run_goes_on() -> None:
    recipe = draw("begin -FOR_EACH-> each:work concurrency=2\neach -COLLECT-> all")
    driver = Driver(recipe, {"list": [1, 2, 3, 4]})
    driver.pause()
    driver.succeed("each[1]", "each[0]")
    assert driver.working() == set()
    driver.resume()
    assert driver.working() == {"each[2]", "each[3]"}
    driver.succeed("each[3]", "each[2]")
    assert driver.conclude().state == "succeeded"


def test_the_time_of_the_run_stands_still_in_a_pause() -> None:
    driver = Driver(draw(TWO, timeout_ms=10_000))
    driver.later(seconds=4)
    driver.pause()
    driver.later(seconds=3_600)
    assert driver.run.outstanding == (driver.execute("a"),)
    driver.resume()
    assert driver.timer().due_us == BEGIN_US + 3_610_000_000
    driver.fire()
    assert driver.conclude().state == "failed"


def test_cancelling_a_paused_run_ends_it_and_lets_it_clean_up() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work\nb -ON_COMPLETE-> clean:work"))
    driver.pause()
    driver.succeed("a")
    driver.cancel()
    assert (driver.working(), driver.run.held) == ({"clean"}, False)
    driver.succeed("clean")
    assert driver.conclude().state == "cancelled"
    driver.check_replays()


def test_a_failure_ends_the_pause_of_a_run_that_fails_fast() -> None:
    driver = Driver(draw("a:work\nb:work -ON_COMPLETE-> clean:work", fail_fast=True))
    driver.pause()
    driver.fail("a")
    driver.succeed("clean")
    assert driver.conclude().state == "failed"


def test_a_run_that_has_ended_cannot_be_paused() -> None:
    driver = Driver(draw("a:work"))
    driver.succeed("a")
    driver.pause()
    assert not driver.ledger.seen[-1].expected, "it is about to end"
    driver.conclude()
    driver.pause()
    driver.resume()


def test_a_worker_that_is_lost_in_a_pause_is_replaced_when_the_run_goes_on() -> None:
    driver = Driver(draw("a:work"))
    driver.pause()
    driver.lose("a")
    assert driver.working() == set()
    driver.resume()
    driver.succeed("a")
    assert driver.conclude().state == "succeeded"
