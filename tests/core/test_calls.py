"""The calls of a part: requests are answered once and kept on the tape of their attempt; `sleep` is a timer."""

from __future__ import annotations

import pytest

from cypher_executor.core.events import CallAnswered, CallRequested, TimerFired
from tests.core.driver import Driver
from tests.core.support import draw

GET = {"op": "http_request", "method": "GET", "url": "https://example.com/"}
OK = {"ok": True, "status": 200}


def one(**settings: object) -> Driver:
    return Driver(draw("a:work", {"a": settings}))


def test_a_call_is_carried_out_and_its_answer_is_on_the_tape_of_the_next_execution() -> None:
    driver = one()
    driver.call("a", GET)
    assert driver.perform("a").request == GET
    driver.answer("a", OK)
    assert driver.execute("a").tape == ((GET, OK),)
    driver.call("a", {"op": "now"})
    driver.answer("a", {"ok": True, "unix_ms": 5})
    assert driver.execute("a").tape == ((GET, OK), ({"op": "now"}, {"ok": True, "unix_ms": 5}))


def test_a_part_sees_the_same_clock_and_chance_in_every_execution_of_an_attempt() -> None:
    driver = one()
    first = driver.execute("a")
    driver.later(seconds=2)
    driver.call("a", GET, began_ago_ms=1500)
    driver.answer("a", OK)
    again = driver.execute("a")
    assert (again.clock_us, again.seed, again.input) == (first.clock_us, first.seed, first.input)


def test_a_failed_call_is_an_answer_like_any_other() -> None:
    driver = one()
    driver.call("a", GET)
    answer = {"ok": False, "error": {"code": "http_5xx", "message": "no", "retryable": True}}
    driver.answer("a", answer)
    assert driver.execute("a").tape == ((GET, answer),)


def test_an_attempt_begins_with_an_empty_tape() -> None:
    driver = one(retry={"attempts": 2})
    driver.call("a", GET)
    driver.answer("a", OK)
    driver.fail("a", retryable=True)
    driver.fire("a")
    assert driver.execute("a").tape == ()


def test_the_key_of_a_call_is_the_same_in_every_attempt_and_another_for_every_call() -> None:
    driver = one(retry={"attempts": 2})
    keys = []
    for _ in range(2):
        driver.call("a", GET)
        keys.append(driver.perform("a").key)
        driver.answer("a", OK)
        driver.call("a", GET)
        keys.append(driver.perform("a").key)
        driver.answer("a", OK)
        driver.fail("a", retryable=True)
        if driver.state("a") == "retrying":
            driver.fire("a")
    assert keys == ["run_1:a::1", "run_1:a::1:1"] * 2


def test_the_key_of_a_node_with_a_strange_name_fits_into_a_header() -> None:
    driver = Driver(draw("摘要:work"))
    driver.call("摘要", GET)
    assert driver.perform("摘要").key.isascii()


def test_a_call_out_of_order_is_not_accepted() -> None:
    driver = one()
    now = driver.now_us
    driver.apply(CallRequested(at_us=now, node="a", attempt=1, number=1, request=GET, started_us=now))
    assert driver.execute("a").tape == ()
    driver.call("a", GET)
    driver.apply(CallAnswered(at_us=now, node="a", attempt=1, number=1, answer=OK))
    assert driver.perform("a").number == 0


def test_a_call_is_answered_once() -> None:
    driver = one()
    driver.call("a", GET)
    driver.answer("a", OK)
    driver.apply(CallAnswered(at_us=driver.now_us, node="a", attempt=1, number=0, answer={"ok": False}))
    assert driver.execute("a").tape == ((GET, OK),)


def test_many_calls_keep_their_order() -> None:
    driver = one()
    for number in range(40):
        driver.call("a", {"op": "kv_get", "key": number})
        driver.answer("a", {"ok": True, "value": number})
    tape = driver.execute("a").tape
    assert [(request["key"], answer["value"]) for request, answer in tape] == [(n, n) for n in range(40)]


# --- sleep ------------------------------------------------------------------------------------------------------------


def test_sleep_holds_no_worker() -> None:
    driver = one()
    driver.call("a", {"op": "sleep", "ms": 1500})
    assert (driver.state("a"), driver.run.state) == ("waiting", "waiting")
    assert driver.timer("a").due_us == driver.now_us + 1_500_000
    assert driver.run.outstanding == (driver.timer("a"),)
    driver.fire("a")
    assert driver.execute("a").tape == (({"op": "sleep", "ms": 1500}, {"ok": True}),)
    driver.succeed("a")
    assert driver.conclude().state == "succeeded"


@pytest.mark.parametrize("ms", [-1, "100", None, True, float("nan"), 10**18, [1]])
def test_a_sleep_that_is_no_time_is_answered_at_once(ms: object) -> None:
    driver = one()
    driver.call("a", {"op": "sleep", "ms": ms})
    ((_, answer),) = driver.execute("a").tape
    assert answer["ok"] is False
    assert answer["error"]["code"] == "request_invalid"


def test_a_sleep_does_not_outlast_the_time_out() -> None:
    driver = one(timeout_ms=1_000)
    driver.call("a", {"op": "sleep", "ms": 60_000})
    assert driver.timer("a").due_us == driver.now_us + 1_000_000
    driver.fire("a")
    assert driver.step("a").error()["code"] == "timeout"


def test_a_sleep_that_ends_the_deadline_ends_the_step() -> None:
    driver = one(timeout_ms=5_000, deadline_ms=2_000, retry={"attempts": 3})
    driver.call("a", {"op": "sleep", "ms": 60_000})
    driver.fire("a")
    assert driver.step("a").error()["message"] == "the step took longer than 2000 ms"
    assert driver.step("a").error()["code"] == "deadline"


def test_the_timer_of_one_sleep_does_not_end_the_next() -> None:
    driver = one()
    driver.call("a", {"op": "sleep", "ms": 1000})
    driver.fire("a")
    driver.call("a", {"op": "sleep", "ms": 5000})
    driver.apply(TimerFired(at_us=driver.now_us, node="a", attempt=1))
    assert driver.state("a") == "waiting"
    driver.fire("a")
    assert len(driver.execute("a").tape) == 2


def test_the_timer_of_a_sleep_does_not_bring_the_next_attempt_forward() -> None:
    driver = one(retry={"attempts": 2, "delay_ms": 60_000, "jitter": False})
    driver.call("a", {"op": "sleep", "ms": 1000})
    driver.fire("a")
    driver.fail("a", retryable=True)
    driver.apply(TimerFired(at_us=driver.now_us, node="a", attempt=1))
    assert driver.state("a") == "retrying"


def test_a_sleep_that_timed_out_leaves_nothing_behind_for_the_next_attempt() -> None:
    driver = one(timeout_ms=1_000, retry={"attempts": 2})
    driver.call("a", {"op": "sleep", "ms": 60_000})
    driver.fire("a")
    driver.fire("a")
    assert driver.execute("a").tape == ()
    assert driver.step("a").calling is None
