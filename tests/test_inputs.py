"""The input of a run against the schema of its recipe."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.errors import RequestInvalid
from cypher_executor.inputs import admit, schema_problem

PERSON: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "default": 18},
        "mail": {"type": "string", "format": "email"},
        "home": {"type": "object", "properties": {"city": {"type": "string", "default": "Ulm"}}},
    },
}


def test_defaults_are_filled_in_at_every_depth() -> None:
    given = {"name": "Ada", "home": {}}
    assert admit(PERSON, given) == {"name": "Ada", "age": 18, "home": {"city": "Ulm"}}
    assert given == {"name": "Ada", "home": {}}


def test_all_misfits_are_told_at_once_with_their_paths() -> None:
    with pytest.raises(RequestInvalid) as refused:
        admit(PERSON, {"age": "old", "mail": "nobody"})
    assert refused.value.code == "input_invalid"
    assert {problem["path"] for problem in refused.value.problems} == {"", "/age", "/mail"}
    assert "name" in refused.value.message


def test_without_a_schema_everything_fits() -> None:
    assert admit(None, [1, "two"]) == [1, "two"]


def test_a_schema_that_is_none_is_known() -> None:
    assert schema_problem({"type": "strng"}) is not None
    assert schema_problem(PERSON) is None


def test_a_reference_to_another_place_is_refused_and_not_fetched() -> None:
    problem = schema_problem({"$ref": "http://127.0.0.1:9/schema.json"})
    assert problem is not None


def test_a_pattern_takes_linear_time() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    with pytest.raises(RequestInvalid):
        admit(schema, "a" * 50_000 + "!")


def test_a_pattern_that_needs_backtracking_is_refused() -> None:
    assert schema_problem({"type": "string", "pattern": "(?=a)b"}) is not None
