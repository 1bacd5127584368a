"""One key, one run."""

from __future__ import annotations

import asyncio

import pytest

from tests.service.support import ECHO, LASTS, Ask, body, refused


async def test_the_same_request_under_the_same_key_is_the_same_run(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    start = {"recipe": name, "input": {"x": 1, "y": 2}}
    first = body(await ask.post("/runs", start, prefer="wait=20", idempotency_key="k1"))
    again = await ask.post("/runs", {"input": {"y": 2, "x": 1}, "recipe": name}, idempotency_key="k1")
    assert (again.status_code, body(again)) == (200, first)


async def test_two_requests_at_the_same_moment_are_one_run(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    start = {"recipe": name, "input": {"x": 1}}
    answers = await asyncio.gather(*(ask.post("/runs", start, idempotency_key="at once") for _ in range(20)))
    assert len({body(answer)["id"] for answer in answers}) == 1
    assert len(body(await ask.get(f"/runs?recipe={name}"))["runs"]) == 1


async def test_another_request_under_the_same_key_is_refused(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    await ask.post("/runs", {"recipe": name, "input": {"x": 1}}, idempotency_key="k2")
    problem = refused(
        await ask.post("/runs", {"recipe": name, "input": {"x": 2}}, idempotency_key="k2"), 422, "idempotency_conflict"
    )
    assert "run_" in problem["detail"]
    answers = await asyncio.gather(
        *(ask.post("/runs", {"recipe": name, "input": {"x": x}}, idempotency_key="k3") for x in range(10))
    )
    assert sorted(a.status_code for a in answers) == [202] + [422] * 9


async def test_the_repeat_gives_the_run_as_it_is_now(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    first = await ask.post("/runs", {"recipe": name}, idempotency_key="k4")
    again = await ask.post("/runs", {"recipe": name}, idempotency_key="k4")
    assert (again.status_code, body(again)["id"]) == (202, body(first)["id"])
    await ask.post(f"/runs/{body(first)['id']}/cancel")
    ended = await ask.post("/runs", {"recipe": name}, idempotency_key="k4")
    assert (ended.status_code, body(ended)["state"]) == (200, "cancelled")


async def test_a_key_belongs_to_its_recipe(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    await ask.store(f"{name}_b", ECHO)
    one = await ask.post("/runs", {"recipe": name}, idempotency_key="k5")
    other = await ask.post("/runs", {"recipe": f"{name}_b"}, idempotency_key="k5")
    assert body(one)["id"] != body(other)["id"]


async def test_another_text_under_the_same_key_is_refused(ask: Ask, name: str) -> None:
    first = await ask.post("/runs", {"cypher": f"CREATE ({name})"}, idempotency_key=name)
    again = await ask.post("/runs", {"cypher": f"CREATE ({name})"}, idempotency_key=name)
    assert body(first)["id"] == body(again)["id"]
    refused(await ask.post("/runs", {"cypher": "CREATE (b)"}, idempotency_key=name), 422, "idempotency_conflict")


async def test_a_refused_start_binds_nothing(ask: Ask, name: str) -> None:
    refused(await ask.post("/runs", {"recipe": name}, idempotency_key="k6"), 404, "unknown_recipe")
    await ask.store(name, ECHO)
    assert (await ask.post("/runs", {"recipe": name, "input": {"x": 1}}, idempotency_key="k6")).status_code == 202


async def test_the_repeat_finds_its_run_when_the_recipe_has_changed_or_is_gone(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    first = body(await ask.post("/runs", {"recipe": name}, idempotency_key="k7"))
    await ask.store(name, "CREATE (:Recipe {input: {type: 'object', required: ['z']}}) CREATE (a)")
    assert body(await ask.post("/runs", {"recipe": name}, idempotency_key="k7"))["id"] == first["id"]
    await ask.request("DELETE", f"/recipes/{name}")
    assert body(await ask.post("/runs", {"recipe": name}, idempotency_key="k7"))["id"] == first["id"]


async def test_the_named_webhook_knows_keys_too(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    path = f"/webhooks/named/{name}/trigger"
    first = body(await ask.post(path, {"x": 1}, idempotency_key="k8"))
    again = await ask.post(path, {"x": 1, "api_key": "ignored"}, idempotency_key="k8")
    assert (again.status_code, body(again)) == (200, first)
    refused(await ask.post(path, {"x": 2}, idempotency_key="k8"), 422, "idempotency_conflict")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb"])
async def test_a_key_that_cannot_be_kept_is_refused(ask: Ask, name: str, key: str) -> None:
    await ask.store(name, ECHO)
    problem = refused(await ask.post("/runs", {"recipe": name}, idempotency_key=key), 400, "header_invalid")
    assert "Idempotency-Key" in problem["detail"]
    assert body(await ask.get(f"/runs?recipe={name}"))["runs"] == []


@pytest.mark.parametrize("headers", [[("idempotency-key", "clé".encode())], [("idempotency-key", "a")] * 2])
async def test_a_key_that_is_not_ascii_or_not_one_is_refused(ask: Ask, headers: object) -> None:
    answer = await ask.request("POST", "/runs", json={"cypher": "CREATE (a)"}, headers=headers)
    refused(answer, 400, "header_invalid")


async def test_the_longest_key_works(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    assert (await ask.post("/runs", {"recipe": name}, idempotency_key="x" * 255)).status_code == 202
