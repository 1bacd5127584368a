"""Waits for a callback: as a node that does nothing else, and as a call in which any part pauses its step."""

from __future__ import annotations

import pytest

from cypher_executor.core.callbacks import Wait, token_of, wait_of
from cypher_executor.core.commands import AwaitCallback
from cypher_executor.core.events import CallAnswered, CallbackChecked, RunId
from tests.core.driver import BEGIN_US, Driver
from tests.core.support import draw

ASK = {"op": "wait_for_callback"}


def waiting(drawing: str = "w:wait_for_callback", inputs: dict[str, str] | None = None, **settings: object) -> Driver:
    return Driver(draw(drawing, {"w": {"inputs": inputs or {}, **settings}}))


# --- one callback -----------------------------------------------------------------------------------------------------


def test_a_step_waits_for_a_callback_without_holding_anything() -> None:
    driver = waiting()
    assert driver.run.outstanding == (driver.wait("w"),)
    assert (driver.run.state, driver.run.paused) == ("waiting", True)
    driver.call_back("w", {"yes": True})
    assert driver.conclude().result == {"w": {"yes": True}}


@pytest.mark.parametrize("body", [None, False, 0, "", [], {}, [1, "é"]])
def test_any_body_is_the_output_of_the_wait(body: object) -> None:
    driver = waiting()
    driver.call_back("w", body)
    assert driver.state("w") == "succeeded"
    assert driver.step("w").output == body


def test_a_second_callback_changes_nothing() -> None:
    driver = waiting("w:wait_for_callback -ON_SUCCESS-> next:work")
    driver.call_back("w", 1)
    driver.call_back("w", 2)
    assert not driver.ledger.seen[-1].expected
    assert driver.execute("next").input == 1


def test_the_wait_says_what_it_waits_for() -> None:
    wait = waiting(inputs={"schema": '{"type": "object"}', "note": '"please"'}).wait("w")
    assert (wait.schema, wait.note, wait.turn, wait.number) == ({"type": "object"}, "please", 1, 0)


@pytest.mark.parametrize(
    "inputs", [{"schema": "7"}, {"schema": '"x"'}, {"note": "7"}, {"on_timeout": '"shrug"'}, {"on_timeout": "true"}]
)
def test_a_wait_whose_input_does_not_fit_fails(inputs: dict[str, str]) -> None:
    assert waiting(inputs=inputs).step("w").error()["code"] == "input_invalid"


# --- time -------------------------------------------------------------------------------------------------------------


def test_nobody_calls_in_time() -> None:
    driver = waiting(timeout_ms=2_000)
    assert driver.timer("w").due_us == BEGIN_US + 2_000_000
    driver.fire("w")
    assert driver.step("w").error()["code"] == "timeout"
    driver.call_back("w", "too late")
    assert not driver.ledger.seen[-1].expected
    assert driver.conclude().state == "failed"


def test_a_wait_may_succeed_with_nothing_when_its_time_is_over() -> None:
    driver = waiting(inputs={"on_timeout": '"partial"'}, timeout_ms=2_000)
    driver.fire("w")
    assert driver.conclude().result == {"w": None}


def test_a_deadline_is_never_a_partial_success() -> None:
    driver = waiting(inputs={"on_timeout": '"partial"'}, timeout_ms=5_000, deadline_ms=2_000)
    driver.fire("w")
    assert driver.step("w").error()["code"] == "deadline"


def test_a_callback_between_two_attempts_is_kept_for_the_next() -> None:
    driver = waiting(timeout_ms=2_000, retry={"attempts": 2, "delay_ms": 1_000})
    driver.fire("w")
    driver.call_back("w", "just late")
    assert driver.state("w") == "retrying"
    driver.fire("w")
    assert driver.conclude().result == {"w": "just late"}


def test_nobody_waits_after_a_cancel() -> None:
    driver = waiting()
    driver.cancel()
    driver.call_back("w", 1)
    assert not driver.ledger.seen[-1].expected
    assert driver.conclude().state == "cancelled"
    driver.call_back("w", 1)


# --- early ------------------------------------------------------------------------------------------------------------


def test_an_early_callback_is_kept_until_the_wait_begins() -> None:
    driver = waiting("a:work -ON_SUCCESS-> w:wait_for_callback")
    driver.call_back("w", "early")
    assert driver.commands == []
    driver.call_back("w", "second")
    assert not driver.ledger.seen[-1].expected
    driver.succeed("a")
    assert driver.conclude().result == {"w": "early"}


def early_with_schema() -> Driver:
    driver = waiting("a:work -ON_SUCCESS-> w:wait_for_callback", {"schema": '{"type": "object"}'})
    driver.call_back("w", "no map")
    driver.succeed("a")
    return driver


def test_an_early_callback_is_held_against_the_schema_when_the_wait_begins() -> None:
    driver = early_with_schema()
    assert driver.wait("w").body == ("no map",)
    driver.check_callback("w")
    assert driver.conclude().result == {"w": "no map"}


def test_an_early_callback_that_does_not_fit_is_as_if_it_had_never_come() -> None:
    driver = early_with_schema()
    driver.check_callback("w", "it is no map")
    assert driver.wait("w").body == ()
    assert driver.run.state == "waiting"
    driver.call_back("w", {"good": True})
    assert driver.conclude().result == {"w": {"good": True}}
    driver.check_replays()


def test_a_check_that_nobody_asked_for_changes_nothing() -> None:
    driver = waiting()
    driver.apply(CallbackChecked(at_us=driver.now_us, node="w", attempt=1, problem=None))
    assert not driver.ledger.seen[-1].expected


def test_a_check_that_comes_after_the_time_out_changes_nothing() -> None:
    driver = waiting("a:work -ON_SUCCESS-> w:wait_for_callback", {"schema": "true"}, timeout_ms=1_000)
    driver.call_back("w", 1)
    driver.succeed("a")
    driver.fire("w")
    driver.apply(CallbackChecked(at_us=driver.now_us, node="w", attempt=1, problem=None))
    assert driver.step("w").error()["code"] == "timeout"


def test_an_early_callback_of_a_branch_that_is_skipped_is_never_missed() -> None:
    driver = waiting("a:work -ON_FAIL-> w:wait_for_callback")
    driver.call_back("w", 1)
    driver.succeed("a")
    driver.call_back("w", 2)
    assert not driver.ledger.seen[-1].expected
    assert driver.conclude().state == "succeeded"


# --- others go on -----------------------------------------------------------------------------------------------------


def test_siblings_go_on_and_the_join_waits() -> None:
    driver = waiting(
        "begin\nbegin -ON_SUCCESS-> w:wait_for_callback\nbegin -ON_SUCCESS-> b:work\n"
        "w -ON_SUCCESS-> both:work\nb -ON_SUCCESS-> both"
    )
    assert not driver.run.paused
    driver.succeed("b", output="b")
    assert driver.run.paused
    assert driver.state("both") == "pending"
    driver.call_back("w", "called")
    assert driver.execute("both").input == {"w": "called", "b": "b"}


def test_the_rest_of_a_loop_goes_on_while_one_item_waits() -> None:
    drawing = (
        "begin -FOR_EACH-> a:work concurrency=2\na -ON_SUCCESS-> w:wait_for_callback when=a.ask\n"
        "a -ON_SUCCESS-> b:work otherwise\nw -COLLECT-> end\nb -COLLECT-> end"
    )
    driver = Driver(draw(drawing, {"w": {"inputs": {}}}), {"list": [1, 2, 3]})
    driver.succeed("a[0]", output={"ask": True})
    driver.succeed("a[1]", "b[1]", "a[2]", "b[2]")
    assert driver.run.paused
    driver.call_back("w[1]", "nobody asked")
    driver.call_back("w[0]", "yes")
    assert driver.conclude().result == {
        "end": {"w": ["yes", None, None], "b": [None, {"from": "b[1]"}, {"from": "b[2]"}]}
    }


def test_every_item_of_a_node_has_a_wait_of_its_own() -> None:
    driver = Driver(
        draw("w:wait_for_callback", {"w": {"inputs": {}, "for_each": {"items": "$list"}}}), {"list": [1, 2]}
    )
    assert (driver.run.state, driver.run.paused) == ("waiting", True)
    driver.call_back("w[1]", "second")
    driver.call_back("w[0]", "first")
    assert driver.conclude().result == {"w": ["first", "second"]}


def test_every_turn_of_a_repetition_has_a_wait_of_its_own() -> None:
    driver = waiting(repeat={"until": "w.done", "every_ms": 1_000})
    driver.call_back("w", {"done": False})
    driver.call_back("w", {"done": True}, turn=1)
    assert not driver.ledger.seen[-1].expected
    driver.call_back("w", {"done": True}, turn=2)
    driver.fire("w")
    assert driver.conclude().result == {"w": {"done": True}}
    assert driver.step("w").turn == 2


def test_between_two_turns_nobody_waits_for_the_one_that_is_over() -> None:
    driver = waiting(
        inputs={"on_timeout": '"partial"'}, timeout_ms=1_000, repeat={"until": "w.done", "every_ms": 1_000, "times": 2}
    )
    driver.fire("w")
    assert driver.step("w").resting
    driver.call_back("w", {"done": True}, turn=1)
    assert not driver.ledger.seen[-1].expected
    driver.call_back("w", {"done": True}, turn=2)
    assert driver.ledger.seen[-1].expected


# --- parts that wait --------------------------------------------------------------------------------------------------


def calling(**request: object) -> Driver:
    driver = Driver(draw("a:work", {"a": {"timeout_ms": 60_000}}))
    driver.call("a", {**ASK, **request})
    return driver


def test_a_part_waits_in_a_call_and_finds_the_body_on_its_tape() -> None:
    driver = calling(schema={"type": "object"}, note="please", timeout_ms=5_000)
    wait = driver.wait("a")
    assert (wait.call, wait.digest, wait.schema, wait.note) == (0, "sha256:work", {"type": "object"}, "please")
    assert driver.timer("a").due_us == BEGIN_US + 5_000_000
    driver.call_back("a", {"n": 1})
    ((request, answer),) = driver.execute("a").tape
    assert (request["op"], answer) == ("wait_for_callback", {"ok": True, "body": {"n": 1}})


def test_a_part_that_waits_twice_has_two_waits() -> None:
    driver = calling()
    driver.call_back("a", "first")
    driver.call("a", {"op": "now"})
    driver.answer("a", {"ok": True})
    driver.call("a", ASK)
    assert (driver.wait("a").number, driver.wait("a").call) == (1, 2)
    driver.call_back("a", "again", number=0)
    assert not driver.ledger.seen[-1].expected
    driver.call_back("a", "second", number=1)
    assert [answer.get("body") for _, answer in driver.execute("a").tape] == ["first", None, "second"]


def test_the_second_wait_may_be_called_before_the_first() -> None:
    driver = calling()
    driver.call_back("a", "second", number=1)
    assert driver.state("a") == "waiting"
    driver.call_back("a", "first")
    driver.call("a", ASK)
    assert driver.wait("a").body == ("second",)
    driver.check_callback("a")
    assert [answer["body"] for _, answer in driver.execute("a").tape] == ["first", "second"]


def test_the_time_of_a_call_is_an_answer_and_that_wait_is_over() -> None:
    driver = calling(timeout_ms=1_000)
    driver.fire("a")
    ((_, answer),) = driver.execute("a").tape
    assert answer["error"]["code"] == "timeout"
    driver.call_back("a", "late")
    assert not driver.ledger.seen[-1].expected


def test_the_time_of_the_attempt_ends_a_call_that_waits_for_ever() -> None:
    driver = calling()
    driver.fire("a")
    assert driver.step("a").error()["code"] == "timeout"


@pytest.mark.parametrize("request_", [{"timeout_ms": "soon"}, {"timeout_ms": -1}, {"timeout_ms": True}, {"schema": 7}])
def test_a_call_that_makes_no_sense_is_answered_at_once(request_: dict[str, object]) -> None:
    ((_, answer),) = calling(**request_).execute("a").tape
    assert answer["error"]["code"] == "request_invalid"


def test_a_part_that_may_not_wait_is_told_so() -> None:
    driver = calling()
    refused = {"ok": False, "error": {"code": "grant_missing"}}
    driver.apply(CallAnswered(at_us=driver.now_us, node="a", attempt=1, number=0, answer=refused))
    assert driver.execute("a").tape[0][1] == refused
    assert not any(isinstance(command, AwaitCallback) for command in driver.run.outstanding)


def test_the_next_attempt_finds_the_callback_of_the_one_before() -> None:
    driver = Driver(draw("a:work", {"a": {"retry": {"attempts": 2}}}))
    driver.call("a", ASK)
    driver.call_back("a", "yes")
    driver.fail("a", retryable=True)
    driver.fire("a")
    driver.call("a", ASK)
    assert driver.wait("a").body == ("yes",)


# --- addresses --------------------------------------------------------------------------------------------------------

KEY = b"k" * 32


@pytest.mark.parametrize(
    "wait",
    [Wait(RunId("run_1"), "a"), Wait(RunId("run_1"), "摘要 \x00", (2, 0), 3, 4), Wait(RunId(""), "a.b", (10**12,))],
)
def test_a_token_says_which_wait_it_is_for(wait: Wait) -> None:
    assert wait_of(KEY, token_of(KEY, wait)) == wait


def test_nobody_can_make_up_a_token() -> None:
    token = token_of(KEY, Wait(RunId("run_1"), "a"))
    payload, _, tag = token.partition(".")
    other = token_of(KEY, Wait(RunId("run_2"), "a")).partition(".")[0]
    forged = ["", ".", payload, f"{payload}.", f".{tag}", f"{other}.{tag}", f"{payload}.{tag}=", f"{token}x", "é.é"]
    assert [wait_of(KEY, text) for text in forged] == [None] * len(forged)
    assert wait_of(b"x" * 32, token) is None


def test_one_wait_has_one_token_in_every_replay() -> None:
    wait = Wait(RunId("run_1"), "a", (1,), 2, 3)
    assert token_of(KEY, wait) == token_of(KEY, wait)
    assert len({token_of(KEY, w) for w in (wait, Wait(RunId("run_1"), "a", (1,), 3, 2))}) == 2
