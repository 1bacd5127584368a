"""`array_ops`: two lists as one, against what a few lines of Python make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Call = Callable[..., Any]
KEYS = st.sampled_from([None, 1, 1.0, "1", "a", True, [1], {"x": 1}])
LEFT = st.lists(st.builds(lambda key, n: {"k": key, "n": n}, KEYS, st.integers(0, 9)), max_size=6)
RIGHT = st.lists(st.builds(lambda key, m: {"id": key, "m": m, "n": "other"}, KEYS, st.integers(0, 9)), max_size=6)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


@MANY
@given(items=LEFT, others=RIGHT, how=st.sampled_from(["left", "inner", "full"]), into=st.sampled_from([None, "with"]))
def test_items_are_joined_as_sql_does_it(call: Call, items: Any, others: Any, how: str, into: str | None) -> None:
    expected: list[Any] = []
    met = set()
    for item in items:
        partners = [i for i, other in enumerate(others) if item["k"] is not None and same(item["k"], other["id"])]
        met.update(partners)
        expected += [{**item, into: others[i]} if into else {**others[i], **item} for i in partners]
        if not partners and how != "inner":
            expected.append({**item, into: None} if into else item)
    if how == "full":
        expected += [{into: other} if into else other for i, other in enumerate(others) if i not in met]
    asked = {
        "operation": "join_by",
        "items": items,
        "with": others,
        "by": "k",
        "with_by": "id",
        "how": how,
        "into": into,
    }
    assert call("array_ops", **asked)["result"] == expected


@MANY
@given(items=LEFT, others=LEFT)
def test_sets_by_a_path_hold_the_first_item_of_each_value(call: Call, items: Any, others: Any) -> None:
    def unique(found: list[Any]) -> list[Any]:
        return [one for i, one in enumerate(found) if not any(same(one["k"], other["k"]) for other in found[:i])]

    def known(item: Any, where: Any) -> bool:
        return any(same(item["k"], other["k"]) for other in where)

    expected = {
        "union": unique(items + others),
        "intersection": unique([item for item in items if known(item, others)]),
        "difference": unique([item for item in items if not known(item, others)]),
    }
    for operation, output in expected.items():
        asked = {"operation": operation, "items": items, "with": others, "path": "k"}
        assert call("array_ops", **asked)["result"] == output


@pytest.mark.parametrize("operation", ["join_by", "product"])
def test_what_would_become_too_long_is_refused(operation: str, call: Call) -> None:
    items = [{"id": 1}] * 400
    error = call("array_ops", operation=operation, items=items, by="id", **{"with": items})["error"]
    assert error["message"] == "the result would have more than 100000 items"


@pytest.mark.parametrize(
    ("op", "value", "kept"),
    [
        ("matches", "^a", ["ab", "a"]),
        ("not_matches", "^a", ["Ab", "b", 1, None]),
        ("matches", "", ["ab", "Ab", "a", "b"]),
        ("matches", r"^\w$", ["a", "b"]),
    ],
)
def test_conditions_may_be_regular_expressions(op: str, value: str, kept: list[Any], call: Call) -> None:
    items = ["ab", "Ab", "a", "b", 1, None]
    assert call("filter", items=items, where={"op": op, "value": value})["items"] == kept
    assert call("array_ops", operation="where", items=items, where={"op": op, "value": value})["result"] == kept


def test_conditions_by_regular_expression_may_ignore_case_and_must_be_written_well(call: Call) -> None:
    where = {"op": "matches", "value": r"^A\W$", "ignore_case": True}
    assert call("filter", items=["a!", "A?", "ab"], where=where)["items"] == ["a!", "A?"]
    for value, message in ((1, "needs a regular expression"), ("(?=a)", "look-around")):
        assert message in call("filter", items=[], where={"op": "matches", "value": value})["error"]["message"]
