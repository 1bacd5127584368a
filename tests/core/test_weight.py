"""How heavy a value is, whatever is shared in it, and what a run does with one that is too heavy."""

from __future__ import annotations

import pytest

from cypher_executor.core import weight
from cypher_executor.core.recipe import Value
from cypher_executor.core.weight import MAX_BYTES, MAX_DEPTH, Scales
from cypher_executor.errors import ExpressionError
from tests.core.driver import Driver
from tests.core.support import draw


def deep(levels: int) -> Value:
    """A scalar in so many lists."""
    value: Value = 1
    for _ in range(levels):
        value = [value]
    return value


def doubled(times: int) -> Value:
    """A map that holds itself twice, so many times: small in memory, long as JSON."""
    value: Value = "x" * 100
    for _ in range(times):
        value = {"v": value, "w": value}
    return value


def refused(value: Value) -> str:
    with pytest.raises(ExpressionError) as caught:
        Scales().check(value, "it")
    assert caught.value.message.startswith(("it ", "a value "))
    return caught.value.code


def test_what_is_as_deep_as_allowed_passes_and_one_deeper_is_refused() -> None:
    assert Scales().check(deep(MAX_DEPTH), "it") == deep(MAX_DEPTH)
    assert refused(deep(MAX_DEPTH + 1)) == "value_too_deep"


@pytest.mark.parametrize("levels", [150, 100_000])
def test_depth_without_end_is_refused_and_not_followed(levels: int) -> None:
    assert refused(deep(levels)) == "value_too_deep"


@pytest.mark.parametrize("times", [17, 40, 64])
def test_what_is_shared_counts_each_time_but_is_looked_into_once(times: int) -> None:
    assert refused(doubled(times)) == "value_too_large"


def test_a_text_is_weighed_in_bytes() -> None:
    assert Scales().length("x" * 10) == 12
    assert Scales().length("好" * 10) == 32
    assert refused("好" * (MAX_BYTES // 3 + 1)) == "value_too_large"


def test_the_length_is_that_of_the_json_text() -> None:
    assert Scales().length({"a": [1, True, None, "b"]}) == pytest.approx(len('{"a":[1,true,null,"b"]}'), abs=2)


def test_remembering_does_not_confuse_values() -> None:
    scales = Scales()
    assert [scales.length("y" * n + "") for n in (2000, 3000)] == [2002, 3002]
    assert [scales.length(["y" * n]) for n in (2000, 3000, 2000)] == [2005, 3005, 2005]


def nested_chain(length: int) -> Driver:
    lines = ["a0", *(f"a{i} -ON_SUCCESS-> a{i + 1}" for i in range(length))]
    nodes = {f"a{i + 1}": {"inputs": {"v": f"a{i}"}} for i in range(length)}
    return Driver(draw("\n".join(lines), nodes), {"x": 1})


def test_a_chain_that_wraps_the_value_once_more_at_each_node_fails_where_it_is_too_deep() -> None:
    driver = nested_chain(1500)
    assert (driver.state(f"a{MAX_DEPTH - 1}"), driver.state(f"a{MAX_DEPTH}")) == ("succeeded", "failed")
    failure = driver.step(f"a{MAX_DEPTH}").failure
    assert failure is not None and failure.details == {"reason": "value_too_deep"}
    assert driver.conclude().state == "failed"


def test_a_chain_that_doubles_the_value_at_each_node_fails_where_it_is_too_large() -> None:
    lines = ["a0", *(f"a{i} -ON_SUCCESS-> a{i + 1}" for i in range(40))]
    nodes = {f"a{i + 1}": {"inputs": {"v": f"a{i}", "w": f"a{i}"}} for i in range(40)}
    driver = Driver(draw("\n".join(lines), nodes), {"x": "y" * 1000})
    assert driver.conclude().state == "failed"
    assert "value_too_large" in {
        (s.failure.details or {}).get("reason") for s in driver.run.steps.values() if s.failure
    }


def test_a_result_that_is_too_large_fails_the_run() -> None:
    driver = Driver(
        draw("a", {"a": {"inputs": {"v": "$x"}}}, returns={f"r{i}": "a" for i in range(9)}), {"x": "y" * 10**6}
    )
    ended = driver.conclude()
    assert ended.state == "failed" and ended.failure is not None
    assert ended.failure.details == {"reason": "value_too_large"}


def test_a_loop_over_more_items_than_a_run_may_have_steps_fails_before_the_first() -> None:
    driver = Driver(draw("begin\nbegin -FOR_EACH-> each:work in=$list"), {"list": [0] * 100_001})
    failure = driver.step("each").failure
    assert failure is not None and failure.code == "too_many_steps"


def test_without_the_check_the_value_would_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight, "MAX_DEPTH", 10_000)
    driver = nested_chain(100)
    assert driver.state("a100") == "succeeded"
