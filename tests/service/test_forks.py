"""Forks, and runs of a part of a recipe, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.service.support import Ask, body, refused

UPPER = "CREATE (a:string_ops {operation: 'upper', text: $x})-[:ON_SUCCESS]->(b:merge {inputs: [{a: a.result, y: $y}]})"
ONLY = "MATCH (a:Node {name: 'b'})-[*0..]->(b) RETURN b"


async def ended(ask: Ask, run: dict[str, Any]) -> dict[str, Any]:
    while (seen := body(await ask.get(f"/runs/{run['id']}")))["ended_at"] is None:
        await asyncio.sleep(0)
    return seen


@pytest_asyncio.fixture(loop_scope="session")
async def first(ask: Ask, name: str) -> dict[str, Any]:
    await ask.store(name, UPPER)
    return await ask.run(name, {"x": "one", "y": 1})


async def test_a_fork_has_the_results_before_its_step_and_another_input(ask: Ask, first: dict[str, Any]) -> None:
    answer = await ask.post(f"/runs/{first['id']}/fork", {"step": "b", "input": {"x": "two", "y": 2}})
    assert answer.status_code == 202 and answer.headers["location"] == f"/runs/{body(answer)['id']}"
    run = await ended(ask, body(answer))
    assert run["state"] == "succeeded", run
    assert run["result"] == {"b": {"result": {"a": "ONE", "y": 2}}}
    assert run["origin"] == {"run": first["id"], "step": "b", "item": [], "only": None}
    assert [(step["name"], step["inherited"], step["attempts"]) for step in run["steps"]] == [
        ("a", True, 0),
        ("b", False, 1),
    ]
    assert first["origin"] is None


async def test_a_fork_without_a_step_runs_all_of_it_again(ask: Ask, first: dict[str, Any]) -> None:
    run = await ended(ask, body(await ask.post(f"/runs/{first['id']}/fork")))
    assert run["result"] == first["result"] and run["id"] != first["id"]
    assert not any(step["inherited"] for step in run["steps"])


async def test_the_same_key_gives_the_same_fork(ask: Ask, first: dict[str, Any]) -> None:
    path, wish = f"/runs/{first['id']}/fork", {"step": "b"}
    one = body(await ask.post(path, wish, idempotency_key="k"))
    again = body(await ask.post(path, wish, idempotency_key="k"))
    assert one["id"] == again["id"]
    refused(await ask.post(path, {"step": "a"}, idempotency_key="k"), 422, "idempotency_conflict")


async def test_a_fork_on_a_newer_version_is_refused_where_it_does_not_fit(ask: Ask, first: dict[str, Any]) -> None:
    name = first["recipe"]
    path = f"/runs/{first['id']}/fork"
    await ask.store(name, UPPER.replace("y: $y", "z: $y"))
    newer = await ended(ask, body(await ask.post(path, {"step": "b", "version": "newest"})))
    assert (newer["version"], newer["result"]) == (2, {"b": {"result": {"a": "ONE", "z": 1}}})
    same = await ended(ask, body(await ask.post(path, {"step": "b"})))
    assert (same["version"], same["result"]) == (1, first["result"])
    await ask.store(name, UPPER.replace("upper", "lower"))
    problem = refused(await ask.post(path, {"step": "b", "version": 3}), 422, "fork_misfit")
    assert "'a' changed since run" in problem["detail"]
    refused(await ask.post(path, {"step": "b", "version": 9}), 404, "unknown_version")


async def test_a_fork_may_bring_its_recipe(ask: Ask, first: dict[str, Any]) -> None:
    changed = UPPER.replace("y: $y", "w: $y")
    run = await ended(ask, body(await ask.post(f"/runs/{first['id']}/fork", {"step": "b", "cypher": changed})))
    assert run["result"] == {"b": {"result": {"a": "ONE", "w": 1}}}


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"step": "c"}, 404, "unknown_step"),
        ({"step": "b", "item": [1]}, 404, "unknown_step"),
        ({"item": [1]}, 422, "request_invalid"),
        ({"step": "b", "version": "old"}, 422, "request_invalid"),
        ({"step": "b", "version": 1, "cypher": "CREATE (a)"}, 422, "request_invalid"),
        ({"step": "b", "cypher": "CREATE (b"}, 422, "recipe_invalid"),
        ({"from": "b"}, 422, "request_invalid"),
    ],
)
async def test_a_wrong_wish_is_refused(
    ask: Ask, first: dict[str, Any], wish: dict[str, Any], status: int, code: str
) -> None:
    refused(await ask.post(f"/runs/{first['id']}/fork", wish), status, code)


async def test_what_fits_none_of_several_alternatives_is_one_misfit(ask: Ask, first: dict[str, Any]) -> None:
    told = refused(
        await ask.post(f"/runs/{first['id']}/fork", {"version": "old", "item": [0, -1]}), 422, "request_invalid"
    )
    assert [problem["path"] for problem in told["problems"]] == ["/item/1", "/version"]
    assert "valid integer; or: " in told["problems"][1]["message"] and "'newest'" in told["problems"][1]["message"]


async def test_an_unknown_run_has_no_forks_and_no_values(ask: Ask, first: dict[str, Any]) -> None:
    refused(await ask.post("/runs/run_0/fork", {"step": "b"}), 404, "unknown_run")
    wish = {"recipe": first["recipe"], "only": ONLY, "values_from": "run_0"}
    refused(await ask.post("/runs", wish), 404, "unknown_run")


async def test_a_part_of_a_recipe_runs_with_the_values_of_another_run(ask: Ask, first: dict[str, Any]) -> None:
    wish = {"recipe": first["recipe"], "only": ONLY, "values_from": first["id"]}
    answer = await ask.post("/runs", wish, prefer="wait=20")
    run = body(answer)
    assert (answer.status_code, run["state"]) == (200, "succeeded"), run
    assert run["input"] == first["input"] and run["result"] == first["result"]
    assert run["origin"] == {"run": first["id"], "step": None, "item": [], "only": ["b"]}


async def test_a_part_that_begins_at_the_beginning_leaves_out_the_rest(ask: Ask, first: dict[str, Any]) -> None:
    wish = {"recipe": first["recipe"], "input": {"x": "q"}, "only": "MATCH (n:Node {name: 'a'}) RETURN n"}
    run = body(await ask.post("/runs", wish, prefer="wait=20"))
    assert run["result"] == {"a": {"result": "Q"}}
    assert [step["state"] for step in run["steps"]] == ["succeeded", "skipped"]


async def test_what_cannot_be_a_part_is_refused(ask: Ask, first: dict[str, Any]) -> None:
    missing = refused(await ask.post("/runs", {"recipe": first["recipe"], "only": ONLY}), 422, "value_missing")
    assert "'a'" in missing["detail"]
    nothing = {"recipe": first["recipe"], "only": "MATCH (p:Part) RETURN p"}
    refused(await ask.post("/runs", nothing), 422, "selection_invalid")
    wrong = {"recipe": first["recipe"], "only": "MATCH (n RETURN n"}
    told = refused(await ask.post("/runs", wrong), 422, "selection_invalid")
    assert told["where"]["column"] == 7 and told["problems"][0]["code"] == "bracket_unclosed"
    refused(await ask.post("/runs", {"recipe": first["recipe"], "values_from": first["id"]}), 422, "request_invalid")


async def test_a_part_under_one_key_is_one_run(ask: Ask, first: dict[str, Any]) -> None:
    wish = {"recipe": first["recipe"], "only": ONLY, "values_from": first["id"]}
    ids = {body(await ask.post("/runs", wish, idempotency_key="p"))["id"] for _ in range(3)}
    assert len(ids) == 1
    refused(await ask.post("/runs", {"recipe": first["recipe"]}, idempotency_key="p"), 422, "idempotency_conflict")
