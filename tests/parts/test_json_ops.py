"""`json_ops`: JSON Patch as RFC 6902 has it, and inputs that would grow without bound."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Call = Callable[..., Any]


@pytest.fixture
def patched(call: Call) -> Call:
    def run(value: Any, *patch: dict[str, Any]) -> Any:
        got = call("json_ops", operation="patch", value=value, patch=list(patch))
        return got["result"] if "result" in got else got["error"]["code"]

    return run


@pytest.mark.parametrize(
    ("value", "step", "output"),
    [
        ({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux"}, {"foo": "bar", "baz": "qux"}),
        ({"foo": ["bar", "baz"]}, {"op": "add", "path": "/foo/1", "value": "qux"}, {"foo": ["bar", "qux", "baz"]}),
        ({"foo": ["bar"]}, {"op": "add", "path": "/foo/-", "value": ["abc"]}, {"foo": ["bar", ["abc"]]}),
        ({"baz": 1, "foo": 2}, {"op": "remove", "path": "/baz"}, {"foo": 2}),
        ({"foo": [1, 2, 3]}, {"op": "remove", "path": "/foo/1"}, {"foo": [1, 3]}),
        ({"baz": 1, "foo": 2}, {"op": "replace", "path": "/baz", "value": [3]}, {"baz": [3], "foo": 2}),
        ({"foo": [1, 2, 3]}, {"op": "move", "from": "/foo/0", "path": "/foo/2"}, {"foo": [2, 3, 1]}),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"}, {"a": {}, "c": {"d": 1}}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/a/c"}, {"a": {"b": 1, "c": {"b": 1}}}),
        ({"foo": "bar"}, {"op": "add", "path": "/child", "value": {"a": {}}}, {"foo": "bar", "child": {"a": {}}}),
        ({"a": 1}, {"op": "add", "path": "", "value": [2]}, [2]),
        ({"a": 1}, {"op": "replace", "path": "", "value": 2}, 2),
        ({"": {"a/b": 1, "m~n": 2}}, {"op": "remove", "path": "//a~1b"}, {"": {"m~n": 2}}),
        ({"~1": 10}, {"op": "test", "path": "/~01", "value": 10.0}, {"~1": 10}),
        ({"a": [1, {"b": None}]}, {"op": "test", "path": "/a", "value": [1.0, {"b": None}]}, {"a": [1, {"b": None}]}),
        ({"a": None}, {"op": "replace", "path": "/a", "value": 1}, {"a": 1}),
        ({"baz": "qux"}, {"op": "add", "path": "/bar/x", "value": 1}, "patch_failed"),
        ({"baz": "qux"}, {"op": "add", "path": "/baz/x", "value": 1}, "patch_failed"),
        ({"a": [1]}, {"op": "add", "path": "/a/2", "value": 1}, "patch_failed"),
        ({"a": [1]}, {"op": "add", "path": "/a/00", "value": 1}, "patch_failed"),
        ({"a": [1]}, {"op": "remove", "path": "/a/-1"}, "patch_failed"),
        ({"a": [1]}, {"op": "remove", "path": "/a/1"}, "patch_failed"),
        ({"a": [1]}, {"op": "replace", "path": "/b", "value": 1}, "patch_failed"),
        ({"a": {"b": {}}}, {"op": "move", "from": "/a", "path": "/a/b/c"}, "patch_failed"),
        ({"a": 1}, {"op": "test", "path": "/a", "value": "1"}, "patch_failed"),
        ({"a": {"x": 1}}, {"op": "test", "path": "/a", "value": {"x": 1, "y": 2}}, "patch_failed"),
        ({"a": 1}, {"op": "increment", "path": "/a"}, "bad_input"),
        ({"a": 1}, {"op": "add", "path": "a", "value": 1}, "bad_input"),
    ],
)
def test_a_patch_does_what_its_specification_says(value: Any, step: dict[str, Any], output: Any, patched: Call) -> None:
    assert patched(value, step) == output


def test_steps_see_what_the_steps_before_them_did_and_copies_go_on_by_themselves(patched: Call) -> None:
    assert patched(
        {"a": {"n": [1]}},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "add", "path": "/b/n/0", "value": 0},
        {"op": "copy", "from": "/b", "path": "/c"},
        {"op": "remove", "path": "/b/n"},
        {"op": "test", "path": "/b", "value": {}},
        {"op": "add", "path": "/b/n", "value": 9},
    ) == {"a": {"n": [1]}, "b": {"n": 9}, "c": {"n": [0, 1]}}  # fmt: skip


def test_copies_of_copies_are_refused_before_nothing_could_hold_them(patched: Call) -> None:
    doubling = [{"op": "copy", "from": "/a", "path": f"/a/{i}"} for i in range(60)]
    assert patched({"a": {"text": "x" * 1000}}, *doubling) == "too_large"
    nested = [{"op": "copy", "from": "/a", "path": "/a/a"} for i in range(80)]
    assert patched({"a": {}}, *nested) in ("too_deep", "too_large")


def test_nothing_can_be_moved_or_added_deeper_than_all_may_read(patched: Call) -> None:
    chain: Any = 1
    for _ in range(60):
        chain = {"a": chain}
    moved = {"op": "move", "from": "/x", "path": "/y/b/c/d/e"}
    assert patched({"x": chain, "y": {"b": {"c": {"d": {}}}}}, moved) == "too_deep"
    emptied = {"op": "replace", "path": "/x/a/a/a/a", "value": 1}
    assert patched({"x": chain, "y": {"b": {"c": {"d": {}}}}}, emptied, moved) != "too_deep"
    deeper = [{"op": "add", "path": "/a" * n, "value": {}} for n in range(1, 70)]
    assert patched({}, *deeper) == "too_deep"


def test_long_patches_of_large_values_fit_into_the_memory(patched: Call) -> None:
    value = {f"k{i}": i for i in range(5_000)}
    assert set(patched(value, *({"op": "replace", "path": f"/{key}", "value": 0} for key in value)).values()) == {0}
    assert patched([], *({"op": "add", "path": "/0", "value": i} for i in range(5_000))) == list(range(4_999, -1, -1))
    assert patched(value, *({"op": "remove", "path": f"/{key}"} for key in value)) == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "~", "/", "é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "~0", "x/y", ""]), inner),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(a=VALUES, b=VALUES)
def test_what_diff_finds_patch_makes(call: Call, patched: Call, a: Any, b: Any) -> None:
    steps = call("json_ops", operation="diff", value=a, **{"with": b})["result"]
    assert json.dumps(patched(a, *steps), sort_keys=True) == json.dumps(b, sort_keys=True)


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ({"a.1000000000": 1}, {"a": {"1000000000": 1}}),
        ({"a.0": 1, "a.1000000000": 2}, {"a": {"0": 1, "1000000000": 2}}),
        ({"a.1": "y", "a.0": "x"}, {"a": ["x", "y"]}),
        ({"a.00": 1}, {"a": {"00": 1}}),
        ({"a.-1": 1, "a.0": 2}, {"a": {"-1": 1, "0": 2}}),
        ({"99999999999999999999999": 1}, {"99999999999999999999999": 1}),
        ({"0": {"0": 1}}, [[1]]),
    ],
)
def test_numbers_in_keys_make_lists_only_where_there_is_no_gap(value: Any, output: Any, call: Call) -> None:
    assert call("json_ops", operation="unflatten", value=value)["result"] == output


def test_many_and_deep_keys_are_unflattened_or_refused(call: Call) -> None:
    many = {f"a.b{i}.c": i for i in range(20_000)}
    assert len(call("json_ops", operation="unflatten", value=many)["result"]["a"]) == 20_000
    assert call("json_ops", operation="unflatten", value={".".join("a" * 64): 1})["error"]["code"] == "too_deep"
    assert call("json_ops", operation="unflatten", value={"a" + ".a" * 100_000: 1})["error"]["code"] == "too_deep"
    message = call("json_ops", operation="unflatten", value={"a": 1, "a.b": 2})["error"]["message"]
    assert "`a.b` in `value` leads through a number" in message
