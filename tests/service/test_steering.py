"""Cancel, pause, resume and retry over HTTP: what fits, what does not, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cypher_executor.core.events import RunId
from cypher_executor.errors import Unavailable
from cypher_executor.wiring import House
from tests.service.support import ECHO, FAILS, LASTS, Ask, body, refused

HEALS = "CREATE (a:validate_json {value: $x, schema: {}})-[:ON_SUCCESS]->(b:number_ops {operation: 'sqrt', value: $x})"
SOON = "CREATE (ask:wait_for_callback)-[:ON_SUCCESS]->(after:string_ops {operation: 'upper', text: 'x'})"
PARENT = "CREATE (a:trigger_workflow {workflow: '%s', wait: false})-[:ON_SUCCESS]->(b:wait {seconds: 3600})"


async def until(ask: Ask, run: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while not holds(seen := body(await ask.get(f"/runs/{run}"))):
        await asyncio.sleep(0)
    return seen


async def waiting(ask: Ask, text: str) -> dict[str, Any]:
    run = body(await ask.post("/runs", {"cypher": text}))
    return await until(ask, run["id"], lambda seen: seen["state"] == "waiting")


@pytest.mark.parametrize("wish", ["cancel", "pause", "resume", "retry"])
async def test_an_unknown_run_is_not_found(ask: Ask, wish: str) -> None:
    refused(await ask.post(f"/runs/run_0/{wish}"), 404, "unknown_run")


@pytest.mark.parametrize("wish", ["cancel", "pause", "resume"])
async def test_a_run_that_has_ended_is_not_steered_any_more(ask: Ask, wish: str) -> None:
    run = body(await ask.post("/runs", {"cypher": "CREATE (a)"}, prefer="wait=20"))
    problem = refused(await ask.post(f"/runs/{run['id']}/{wish}"), 409, "run_ended")
    assert "succeeded" in problem["detail"]


@pytest.mark.parametrize("wish", ["cancel", "pause", "resume", "retry"])
@pytest.mark.parametrize("content", ['{"nonsense": 1}', '{"reason": 5}', "[]", '{"tree": "yes"}'])
async def test_a_wrong_body_is_refused(ask: Ask, wish: str, content: str) -> None:
    refused(await ask.send(f"/runs/run_0/{wish}", content, "application/json"), 422, "request_invalid")


async def test_a_paused_run_begins_nothing_until_it_is_resumed(ask: Ask, house: House) -> None:
    run = await waiting(ask, SOON)
    url = run["steps"][0]["wait"]["callback_url"]
    paused = await ask.post(f"/runs/{run['id']}/pause", {"reason": "look first"})
    assert (paused.status_code, body(paused)["paused"], run["paused"]) == (202, True, False)
    assert (await ask.post(url.removeprefix("http://127.0.0.1:8080"), {})).status_code == 200
    held = await until(ask, run["id"], lambda seen: bool(seen["steps"][0]["state"] == "succeeded"))
    assert held["steps"][1]["output"] is None and held["ended_at"] is None and held["paused"]
    resumed = await ask.post(f"/runs/{run['id']}/resume")
    assert (resumed.status_code, body(resumed)["paused"]) == (202, False)
    assert await house.engine.wait(RunId(run["id"]), 20)
    assert body(await ask.get(f"/runs/{run['id']}"))["result"] == {"after": {"result": "X"}}


async def test_a_paused_run_may_be_paused_again_and_one_that_is_not_cannot_be_resumed(ask: Ask) -> None:
    run = await waiting(ask, LASTS)
    problem = refused(await ask.post(f"/runs/{run['id']}/resume"), 409, "run_not_paused")
    assert "waiting" in problem["detail"]
    for _ in range(2):
        assert (await ask.post(f"/runs/{run['id']}/pause")).status_code == 202
    await ask.post(f"/runs/{run['id']}/cancel")


async def test_a_failed_run_goes_on_from_what_failed_under_the_same_id(ask: Ask, house: House) -> None:
    run = body(await ask.post("/runs", {"cypher": FAILS}, prefer="wait=20"))
    again = await ask.post(f"/runs/{run['id']}/retry", {"reason": "once more"})
    assert (again.status_code, body(again)["id"]) == (202, run["id"])
    assert await house.engine.wait(RunId(run["id"]), 20)
    assert body(await ask.get(f"/runs/{run['id']}"))["state"] == "failed"
    kinds = [type(event).__name__ for event in await house.journal.read(RunId(run["id"]))]
    assert kinds.count("RunReopened") == 1 and kinds[-1] == "RunEnded"


async def test_a_cancelled_run_can_be_retried(ask: Ask, house: House) -> None:
    run = await waiting(ask, LASTS)
    await ask.post(f"/runs/{run['id']}/cancel")
    assert await house.engine.wait(RunId(run["id"]), 20)
    assert (await ask.post(f"/runs/{run['id']}/retry")).status_code == 202
    await until(ask, run["id"], lambda seen: bool(seen["state"] == "waiting"))
    await ask.post(f"/runs/{run['id']}/cancel")


async def test_a_run_that_goes_on_or_has_succeeded_has_nothing_to_retry(ask: Ask) -> None:
    lasting = await waiting(ask, LASTS)
    refused(await ask.post(f"/runs/{lasting['id']}/retry"), 409, "run_not_ended")
    await ask.post(f"/runs/{lasting['id']}/cancel")
    done = body(await ask.post("/runs", {"cypher": ECHO}, prefer="wait=20"))
    refused(await ask.post(f"/runs/{done['id']}/retry"), 409, "run_succeeded")


@pytest.mark.parametrize(("query", "sent"), [("?tree=1", None), ("", {"tree": True})])
async def test_with_tree_everything_that_descends_from_a_run_is_cancelled(
    ask: Ask, house: House, name: str, query: str, sent: Any
) -> None:
    await ask.store(name, LASTS)
    run = await waiting(ask, PARENT % name)
    child = run["steps"][0]["output"]["run_id"]
    assert (await ask.post(f"/runs/{run['id']}/cancel{query}", sent)).status_code in (200, 202)
    assert await house.engine.wait(RunId(child), 20)
    assert body(await ask.get(f"/runs/{child}"))["state"] == "cancelled"


async def test_without_tree_a_child_that_nobody_waits_for_goes_on(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    run = await waiting(ask, PARENT % name)
    child = run["steps"][0]["output"]["run_id"]
    await ask.post(f"/runs/{run['id']}/cancel")
    assert body(await ask.get(f"/runs/{child}"))["state"] == "waiting"
    await ask.post(f"/runs/{child}/cancel")


async def test_readiness_tells_how_many_open_runs_cannot_be_read(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert body(await ask.get("/readyz")) == {"status": "ready", "unreadable_runs": 0}
    run = await waiting(ask, LASTS)
    monkeypatch.setattr(type(house.engine), "unreadable", {run["id"]: "damaged"})

    async def unreadable(*asked: object) -> None:
        raise Unavailable("damaged", code="run_unreadable")

    assert body(await ask.get("/readyz"))["unreadable_runs"] == 1
    with monkeypatch.context() as damaged:
        damaged.setattr(house.engine, "inspect", unreadable)
        listed = body(await ask.get("/runs?limit=200"))["runs"]
    assert run["id"] in [line["id"] for line in listed]
    await ask.post(f"/runs/{run['id']}/cancel")
