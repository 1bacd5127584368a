"""What a node is given when it has no map, what expressions see, and what a run gives in the end."""

from __future__ import annotations

import pytest

from cypher_executor.errors import Failure
from tests.core.driver import Driver
from tests.core.support import draw


def test_a_node_without_a_map_and_without_a_predecessor_gets_the_input_of_the_run() -> None:
    driver = Driver(draw("a\nb:work"), {"text": "hi"})
    assert driver.step("a").output == {"text": "hi"}
    assert driver.execute("b").input == {"text": "hi"}


@pytest.mark.parametrize("given", [None, 7, "text", [1, 2], {}])
def test_the_input_of_a_run_may_be_any_value(given: object) -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work", {"b": {"inputs": {"x": "$x"}}}), given)
    assert driver.execute("a").input == given
    driver.succeed("a")
    assert driver.execute("b").input == {"x": None}


def test_a_node_without_a_map_gets_the_output_of_its_only_predecessor() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work\na -ON_COMPLETE-> b"))
    driver.succeed("a", output=[1, {"deep": None}])
    assert driver.execute("b").input == [1, {"deep": None}]


def test_a_node_behind_several_gets_a_map_in_the_order_of_the_recipe() -> None:
    driver = Driver(draw("b:work -ON_SUCCESS-> j:work\na:work -ON_SUCCESS-> j\nb -ON_COMPLETE-> j"))
    driver.succeed("a", output=1)
    driver.succeed("b", output=2)
    assert list(driver.execute("j").input.items()) == [("b", 2), ("a", 1)]


def test_a_node_behind_several_drawn_gets_all_of_them_though_one_was_skipped_and_one_failed() -> None:
    drawing = """
    gate:work -ON_FAIL->    skipped:work
    skipped   -ON_SUCCESS-> j:work
    failed:work -ON_FAIL->  j
    fine:work -ON_SUCCESS-> j
    """
    driver = Driver(draw(drawing))
    driver.succeed("gate")
    driver.fail("failed")
    driver.succeed("fine", output=1)
    failure = {"code": "part:broken", "message": "it broke", "retryable": False, "attempts": 1}
    assert driver.execute("j").input == {"skipped": None, "failed": {"error": failure}, "fine": 1}


def test_a_handler_without_a_map_gets_the_error() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> h:work", {"a": {"retry": {"attempts": 2}}}))
    driver.fail("a", retryable=True)
    driver.fire("a")
    driver.fail("a", retryable=True, details={"status": 503})
    error = driver.execute("h").input["error"]
    assert error["attempts"] == 2
    assert error["details"] == {"status": 503}


def test_an_empty_map_is_not_no_map() -> None:
    empty: dict[str, dict[str, str]] = {"inputs": {}}
    driver = Driver(draw("a -ON_SUCCESS-> b\na -ON_SUCCESS-> c:work", {"b": empty, "c": empty}), {"x": 1})
    assert driver.step("b").output == {}
    assert driver.execute("c").input == {}


def test_a_node_without_a_part_gives_its_map() -> None:
    driver = Driver(draw("a", {"a": {"inputs": {"x": "$text", "y": "[1]"}}}), {"text": "hi"})
    assert driver.conclude().result == {"a": {"x": "hi", "y": [1]}}


def test_an_input_that_cannot_be_evaluated_fails_the_step_before_its_part_begins() -> None:
    driver = Driver(draw("a:work", {"a": {"inputs": {"x": "!broken"}, "retry": {"attempts": 3}}}))
    assert driver.step("a").attempt == 0
    end = driver.conclude()
    assert end.failure is not None and end.failure.code == "expression_error"
    assert end.failure.details == {"reason": "wrong_type", "node": "a", "item": []}


def test_expressions_see_the_error_of_a_failed_node_and_null_for_a_skipped_one() -> None:
    drawing = "a:work -ON_FAIL-> h:work\na -ON_SUCCESS-> s:work\ns -ON_SUCCESS-> j:work\nh -ON_SUCCESS-> j"
    inputs = {"code": "a.error.code", "s": "s", "h": "h"}
    driver = Driver(draw(drawing, {"j": {"inputs": inputs}}))
    driver.fail("a")
    driver.succeed("h", output="ok")
    assert driver.execute("j").input == {"code": "part:broken", "s": None, "h": "ok"}


def test_every_expression_has_a_seed_of_its_own_and_always_the_same() -> None:
    """Two `uuid()` of one run are two, also when nodes are called like something else in it."""
    inputs = {"inputs": {"one": "seed()", "two": "seed()"}}
    recipe = draw("return\na\na.one", {"return": inputs, "a": inputs, "a.one": inputs}, returns={"one": "seed()"})
    driver = Driver(recipe)
    seeds = [seed for name in ("return", "a", "a.one") for seed in driver.step(name).output.values()]
    seeds.append(driver.end.result["one"])
    assert len(set(seeds)) == 7
    assert Driver(recipe).step("a").output == driver.step("a").output


def test_expressions_see_the_time_at_which_their_step_begins() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b", {"b": {"inputs": {"at": "now()"}}}))
    driver.later(seconds=5)
    driver.succeed("a")
    assert driver.step("b").output == {"at": driver.now_us}


# --- the result -------------------------------------------------------------------------------------------------------


def test_the_result_is_what_the_last_nodes_gave_without_the_skipped_ones() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work\na -ON_SUCCESS-> c:work when=false\nd"), 1)
    driver.succeed("a")
    driver.succeed("b", output="last")
    assert driver.conclude().result == {"b": "last", "d": 1}


def test_return_gives_the_result() -> None:
    recipe = draw("a:work -ON_SUCCESS-> b:work when=false", returns={"x": "a.x", "b": "b", "text": "$text"})
    driver = Driver(recipe, {"text": "hi"})
    driver.succeed("a", output={"x": [1]})
    assert driver.conclude().result == {"x": [1], "b": None, "text": "hi"}


def test_a_return_that_cannot_be_evaluated_fails_the_run() -> None:
    driver = Driver(draw("a", returns={"fine": "1", "x": "!broken"}))
    end = driver.conclude()
    assert (end.state, end.result) == ("failed", None)
    assert end.failure == Failure("expression_error", "broken", details={"reason": "wrong_type"})


def test_a_run_that_failed_has_no_result_and_says_which_step_failed_first() -> None:
    driver = Driver(draw("a:work\nb:work\nc:work", returns={"x": "!never evaluated"}))
    driver.fail("b", "a")
    driver.succeed("c")
    end = driver.conclude()
    assert (end.state, end.result) == ("failed", None)
    assert end.failure is not None
    assert end.failure.message == "step 'b' failed: it broke"
    assert end.failure.details == {"node": "b", "item": []}


def test_an_empty_recipe_succeeds_at_once() -> None:
    assert Driver(draw("")).conclude().result == {}


def test_a_recipe_of_nodes_without_parts_ends_in_its_first_event() -> None:
    driver = Driver(draw("a -ON_SUCCESS-> b\nb -ON_SUCCESS-> c\na -ON_FAIL-> d"), 7)
    assert driver.conclude().result == {"c": 7}
