"""The input of a run against the schema of its recipe."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.errors import RequestInvalid
from cypher_executor.inputs import LONGEST_MESSAGE, MOST_TOLD, admit, cost, schema_problem

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


# --- schemas that would take too long ---------------------------------------------------------------------------------


def doubling(steps: int, keyword: str) -> dict[str, Any]:
    """Definitions of which each refers to the next one twice."""
    definitions: dict[str, Any] = {f"d{n}": twice(f"#/$defs/d{n + 1}", keyword) for n in range(steps)}
    return {"$ref": "#/$defs/d0", "$defs": definitions | {f"d{steps}": {"type": "string"}}}


def twice(target: str, keyword: str) -> dict[str, Any]:
    reference = {"$ref": target}
    if keyword == "dependentSchemas":
        return {keyword: {"a": reference, "b": dict(reference)}}
    if keyword == "if":
        return {"if": reference, "then": dict(reference)}
    return {keyword: [reference, dict(reference)]}


def nested_unevaluated(steps: int) -> dict[str, Any]:
    """The library goes through a branch again to see what it left over: tripled at every step."""
    schema: dict[str, Any] = {"properties": {"a": True}}
    for _ in range(steps):
        schema = {"unevaluatedProperties": {"type": "integer"}, "anyOf": [schema]}
    return schema


NODE = {"$ref": "#/$defs/node"}
BOMBS: dict[str, Any] = {
    **{f"doubling by {keyword}": doubling(24, keyword) for keyword in ("allOf", "anyOf", "oneOf", "if")},
    "doubling by dependentSchemas": doubling(24, "dependentSchemas"),
    "recursion with two branches": {"items": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}},
    "recursion by two patterns that fit the same name": {
        "patternProperties": {"a": {"$ref": "#"}, "^a": {"$ref": "#"}}
    },
    "recursion by items and contains": {"items": {"$ref": "#"}, "contains": {"$ref": "#"}},
    "recursion by way of another schema": {
        "$defs": {
            "a": {"items": {"$ref": "#/$defs/b"}},
            "b": {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]},
        },
        "$ref": "#/$defs/a",
    },
    "recursion by anchors": {
        "$defs": {"a": {"$anchor": "a", "items": {"allOf": [{"$ref": "#a"}, {"$ref": "#a"}]}}},
        "$ref": "#a",
    },
    "recursion by addresses": {
        "$id": "http://x.example/root",
        "items": {"allOf": [{"$ref": "root"}, {"$ref": "http://x.example/root#"}]},
    },
    "recursion inside a schema with a name": {
        "$id": "urn:example:a",
        "items": {"allOf": [{"$ref": "#"}, {"$ref": "urn:example:a"}]},
    },
    "recursion by dynamic references": {
        "$dynamicAnchor": "node",
        "items": {"allOf": [{"$dynamicRef": "#node"}, {"$dynamicRef": "#node"}]},
    },
    "recursion from where no schema is expected": {
        "x": {"items": {"allOf": [NODE, NODE]}},
        "$defs": {"node": {"$ref": "#/x"}},
        "$ref": "#/x",
    },
    "a schema that applies itself": {"$ref": "#"},
    "two that apply each other": {
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}},
        "$ref": "#/$defs/a",
    },
    "what is left over, nested": nested_unevaluated(16),
    "lists to compare with, repeated": {"items": {"enum": [[n] for n in range(2_000)]}},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_schema_that_could_take_for_ever_is_refused(name: str) -> None:
    problem = schema_problem(BOMBS[name])
    assert problem is not None and problem[0] == "schema_too_complex", problem


def test_what_is_refused_is_told_with_its_place() -> None:
    problem = schema_problem({"properties": {"fine": {"type": "string"}, "bomb": {"items": nested_unevaluated(16)}}})
    assert problem is not None and "/properties/bomb/items" in problem[1]


FINE: dict[str, Any] = {
    "a person": PERSON,
    "a tree": {
        "$ref": "#/$defs/n",
        "$defs": {"n": {"properties": {"left": {"$ref": "#/$defs/n"}, "right": {"$ref": "#/$defs/n"}}}},
    },
    "a list of lists": {"anyOf": [{"type": "number"}, {"type": "array", "items": {"$ref": "#"}}]},
    "a hundred kinds": {"items": {"oneOf": [{"properties": {"kind": {"const": n}}} for n in range(100)]}},
    "a thousand properties, each a map": {
        "properties": {f"p{n}": {"properties": {"x": {}, "y": {}}} for n in range(1_000)}
    },
    "a long chain of references": {
        "$ref": "#/$defs/d0",
        "$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(2_000)} | {"d2000": {}},
    },
    "a long list of words": {"enum": [f"word {n}" for n in range(5_000)]},
    "a property that is called like a keyword": {
        "properties": {"$ref": {"type": "string"}, "allOf": {"type": "array"}}
    },
    "words that look like references": {"enum": [{"$ref": "#"}], "default": {"allOf": [{"$ref": "#"}]}},
}


@pytest.mark.parametrize("name", FINE)
def test_a_large_schema_is_no_bomb(name: str) -> None:
    assert schema_problem(FINE[name]) is None


def test_a_reference_that_leads_nowhere_is_told() -> None:
    problem = schema_problem({"items": {"$ref": "#/$defs/missing"}})
    assert problem is not None and problem[0] == "invalid_schema" and "#/$defs/missing" in problem[1]


def test_counting_grows_with_the_schema_and_not_with_what_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels, not paths: the work of a bomb is found by as many sums as a harmless schema of its size takes."""
    passes: list[int] = []
    level = cost._level
    monkeypatch.setattr(cost, "_level", lambda *of: passes.append(1) or level(*of))
    assert schema_problem(doubling(2_000, "anyOf")) is not None
    assert len(passes) <= cost.DEEPEST + 1


def branches(inner: list[dict[str, Any]], below: bool) -> dict[str, Any]:
    return {"prefixItems": inner} if below and inner else {"allOf": inner}


@given(st.recursive(st.just({}), lambda inner: st.builds(branches, st.lists(inner, max_size=3), st.booleans())))
def test_the_work_is_what_applying_one_by_one_would_count(schema: dict[str, Any]) -> None:
    assert cost.work_of(schema) == max(counted(schema, depth) for depth in range(8))


def counted(schema: dict[str, Any], depth: int) -> int:
    """Applications to the worst value `depth` levels below, by going there."""
    own = 1 if depth == 0 else max((counted(one, depth - 1) for one in schema.get("prefixItems", ())), default=0)
    return own + sum(counted(one, depth) for one in schema.get("allOf", ()))


# --- what is told of misfits ------------------------------------------------------------------------------------------


def misfits(schema: dict[str, Any], given: Any) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as refused:
        admit(schema, given)
    assert refused.value.code == "input_invalid"
    return refused.value


def test_a_large_value_is_not_repeated_to_whoever_sent_it() -> None:
    refusal = misfits({"type": "object", "additionalProperties": False}, {"x" * 100_000: 1})
    assert len(refusal.message) < 1_000
    refusal = misfits({"properties": {"a": {"type": "string"}}}, {"a": list(range(100_000))})
    assert len(refusal.message) < 1_000


def test_a_long_name_in_a_path_is_cut_too() -> None:
    refusal = misfits({"additionalProperties": {"type": "string"}}, {"x" * 1_000: 1})
    assert len(str(refusal.problems[0]["path"])) <= LONGEST_MESSAGE


def test_at_most_twenty_misfits_are_told() -> None:
    assert len(misfits({"items": {"type": "string"}}, list(range(500))).problems) == MOST_TOLD


def test_of_very_many_misfits_the_first_is_told_because_finding_all_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(misfits({"items": {"type": "string"}}, list(range(100_000))).problems) == 1


def test_paths_are_json_pointers() -> None:
    assert misfits({"additionalProperties": {"type": "string"}}, {"a/b~c": 1}).problems[0]["path"] == "/a~1b~0c"


def test_an_input_with_too_many_values_for_its_schema_is_refused() -> None:
    schema = {"items": {"allOf": [{"minimum": 0}] * 5_000}}
    assert schema_problem(schema) is None
    assert admit(schema, [1] * 100) == [1] * 100
    assert "more values" in misfits(schema, [1] * 50_000).message
    assert "more values" in misfits(schema, ["x" * 1_000_000]).message


def test_a_schema_that_was_stored_under_older_rules_still_checks_small_inputs() -> None:
    schema = {"items": {"anyOf": [{"type": "string"}, {"$ref": "#"}, {"$ref": "#"}]}}
    assert schema_problem(schema) is not None
    assert admit(schema, ["a", ["b"]]) == ["a", ["b"]]
