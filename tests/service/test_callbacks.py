"""Waits for callbacks over HTTP: who may answer one, once, and what everybody else is told."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from cypher_executor.core.callbacks import Wait, token_of
from cypher_executor.core.events import RunId
from cypher_executor.wiring import House
from tests.service.support import Ask, body, refused

APPROVAL = """
CREATE (ask:wait_for_callback {note: 'ship it?', timeout: '1h',
  schema: {type: 'object', required: ['ok'], properties: {ok: {type: 'boolean'}, by: {type: 'string'}}}})
CREATE (ask)-[:ON_SUCCESS]->(done {ok: ask.ok}) RETURN done.ok AS ok
"""

EARLY = """
CREATE (pause:wait {seconds: 3600})-[:ON_SUCCESS]->(ask:wait_for_callback), (tell {url: callbackUrl('ask')})
RETURN ask AS got
"""

LOOP = """CREATE (a {})-[:FOR_EACH {in: $items, concurrency: 9}]->(ask:wait_for_callback {note: 'no {{ item }}'})
RETURN ask AS all"""


async def begun(ask: Ask, text: str, given: Any = None) -> dict[str, Any]:
    """A run as it is once something of it waits."""
    run = body(await ask.post("/runs", {"cypher": text, "input": given or {}}))
    while (seen := body(await ask.get(f"/runs/{run['id']}")))["state"] != "waiting":
        await asyncio.sleep(0)
    return seen


async def ended(ask: Ask, house: House, run: str) -> dict[str, Any]:
    assert await house.engine.wait(RunId(run), 20)
    return body(await ask.get(f"/runs/{run}"))


def path_of(url: str) -> str:
    return urlsplit(url).path


def wait_of(run: dict[str, Any], step: str = "ask") -> dict[str, Any]:
    found = next(s["wait"] for s in run["steps"] if s["name"] == step)
    assert isinstance(found, dict)
    return found


async def test_the_wait_of_a_step_is_told_with_the_address_that_answers_it(ask: Ask, house: House) -> None:
    run = await begun(ask, APPROVAL)
    wait = wait_of(run)
    assert wait.keys() == {"note", "schema", "since", "until", "callback_url"}
    assert (wait["note"], wait["schema"]["required"]) == ("ship it?", ["ok"])
    assert run["started_at"] <= wait["since"] < wait["until"]
    assert wait["callback_url"].startswith("http://127.0.0.1:8080/callbacks/")
    assert body(await ask.get(f"/runs/{run['id']}/steps/ask"))["wait"] == wait
    assert [s["wait"] for s in run["steps"] if s["name"] != "ask"] == [None]
    await house.engine.cancel(RunId(run["id"]))


async def test_a_callback_is_the_output_of_its_wait_and_the_run_goes_on(ask: Ask, house: House) -> None:
    run = await begun(ask, APPROVAL)
    answer = await ask.post(path_of(wait_of(run)["callback_url"]), {"ok": True, "by": "eva"})
    told = body(answer)
    assert (answer.status_code, told.keys()) == (200, {"accepted", "run", "step", "received_at"})
    assert (told["accepted"], told["run"], told["step"]) == (True, run["id"], "ask")
    after = await ended(ask, house, run["id"])
    assert (after["state"], after["result"]) == ("succeeded", {"ok": True})
    assert after["steps"][0]["output"] == {"ok": True, "by": "eva"} and after["steps"][0]["wait"] is None


@pytest.mark.parametrize("second", [b'{"ok": false}', b'"anything"', b"", b"{not json", b'{"ok": "misfit"}'])
async def test_a_second_call_gets_the_answer_of_the_first_whatever_it_sends(
    ask: Ask, house: House, second: bytes
) -> None:
    run = await begun(ask, APPROVAL)
    path = path_of(wait_of(run)["callback_url"])
    first = await ask.post(path, {"ok": True})
    again = await ask.send(path, second)
    await ended(ask, house, run["id"])
    after_the_end = await ask.send(path, second)
    assert first.status_code == again.status_code == after_the_end.status_code == 200
    assert first.content == again.content == after_the_end.content


async def test_of_many_who_call_at_once_one_is_heard_and_all_get_its_answer(ask: Ask, house: House) -> None:
    run = await begun(ask, "CREATE (ask:wait_for_callback) RETURN ask AS got")
    path = path_of(wait_of(run)["callback_url"])
    answers = await asyncio.gather(*(ask.post(path, {"caller": n}) for n in range(8)))
    assert {a.status_code for a in answers} == {200} and len({a.content for a in answers}) == 1
    after = await ended(ask, house, run["id"])
    assert after["result"]["got"]["caller"] in range(8)
    assert sum(type(e).__name__ == "CallbackReceived" for e in await house.journal.read(RunId(run["id"]))) == 1


@pytest.mark.parametrize("sent", [{}, {"ok": "yes"}, [], None, 5])
async def test_a_body_that_does_not_fit_is_refused_place_by_place_and_the_wait_goes_on(
    ask: Ask, house: House, sent: Any
) -> None:
    run = await begun(ask, APPROVAL)
    path = path_of(wait_of(run)["callback_url"])
    problem = refused(await ask.post(path, sent), 422, "callback_misfit")
    assert problem["problems"] and all(p.keys() == {"path", "message"} for p in problem["problems"])
    assert body(await ask.get(f"/runs/{run['id']}"))["state"] == "waiting"
    assert (await ask.post(path, {"ok": False})).status_code == 200
    assert (await ended(ask, house, run["id"]))["result"] == {"ok": False}


async def test_a_schema_that_is_none_fits_nothing_and_says_so(ask: Ask, house: House) -> None:
    run = await begun(ask, "CREATE (ask:wait_for_callback {schema: $schema})", {"schema": {"type": "nonsense"}})
    problem = refused(await ask.post(path_of(wait_of(run)["callback_url"]), {}), 422, "callback_misfit")
    assert "cannot be checked" in problem["problems"][0]["message"]
    await house.engine.cancel(RunId(run["id"]))


async def test_nothing_at_all_is_null(ask: Ask, house: House) -> None:
    run = await begun(ask, "CREATE (ask:wait_for_callback) RETURN ask AS got")
    assert (await ask.send(path_of(wait_of(run)["callback_url"]), b"")).status_code == 200
    assert (await ended(ask, house, run["id"]))["result"] == {"got": None}


async def test_a_body_that_is_no_json_is_refused_and_the_wait_goes_on(ask: Ask, house: House) -> None:
    run = await begun(ask, APPROVAL)
    refused(await ask.send(path_of(wait_of(run)["callback_url"]), b'{"ok": true,'), 400, "json_invalid")
    refused(await ask.send(path_of(wait_of(run)["callback_url"]), b'{"ok": 1, "ok": 2}'), 400, "json_duplicate_key")
    assert body(await ask.get(f"/runs/{run['id']}"))["state"] == "waiting"
    await house.engine.cancel(RunId(run["id"]))


async def test_an_early_callback_is_kept_for_the_wait(ask: Ask, house: House) -> None:
    run = await begun(ask, EARLY)
    url = next(s["output"]["url"] for s in run["steps"] if s["name"] == "tell")
    first = await ask.post(path_of(url), {"early": 1})
    assert first.status_code == 200
    assert (await ask.post(path_of(url), {"early": 2})).content == first.content
    assert [c.body for c in (await house.engine.inspect(RunId(run["id"]), lambda r: r.callbacks) or {}).values()] == [
        {"early": 1}
    ]
    await house.engine.cancel(RunId(run["id"]))


async def test_an_early_callback_that_cannot_fit_is_told_where_it_does_not(ask: Ask, house: House) -> None:
    schema = "{type: 'object', required: ['ok']}"
    run = await begun(ask, EARLY.replace("ask:wait_for_callback", f"ask:wait_for_callback {{schema: {schema}}}"))
    url = next(s["output"]["url"] for s in run["steps"] if s["name"] == "tell")
    problem = refused(await ask.post(path_of(url), {"no": 1}), 422, "callback_misfit")
    assert ["ok" in one["message"] for one in problem["problems"]] == [True]
    assert (await ask.post(path_of(url), {"ok": 1})).status_code == 200
    await house.engine.cancel(RunId(run["id"]))


@pytest.mark.parametrize("token", ["x", "a.b", "a.", ".b", "é", "🙂", "run_01", "a" * 3000])
async def test_a_token_that_was_made_up_is_unknown(ask: Ask, token: str) -> None:
    refused(await ask.post(f"/callbacks/{token}", {}), 404, "unknown_wait")


async def test_a_token_of_another_key_or_that_was_changed_is_unknown(ask: Ask, house: House) -> None:
    run = await begun(ask, APPROVAL)
    path = path_of(wait_of(run)["callback_url"])
    forged = token_of(b"another key", Wait(RunId(run["id"]), "ask"))
    refused(await ask.post(f"/callbacks/{forged}", {"ok": True}), 404, "unknown_wait")
    refused(await ask.post(path[:-1] + ("A" if path[-1] != "A" else "B"), {"ok": True}), 404, "unknown_wait")
    assert body(await ask.get(f"/runs/{run['id']}"))["state"] == "waiting"
    await house.engine.cancel(RunId(run["id"]))


async def test_a_genuine_token_of_a_run_that_was_forgotten_looks_like_one_that_was_made_up(
    ask: Ask, house: House
) -> None:
    token = token_of(house.callback_key, Wait(RunId("run_forgotten"), "ask"))
    made_up = refused(await ask.post("/callbacks/x.y", {}), 404, "unknown_wait")
    assert refused(await ask.post(f"/callbacks/{token}", {}), 404, "unknown_wait")["detail"] == made_up["detail"]


async def test_after_a_cancel_the_wait_is_over(ask: Ask, house: House) -> None:
    run = await begun(ask, APPROVAL)
    await ask.post(f"/runs/{run['id']}/cancel")
    await ended(ask, house, run["id"])
    refused(await ask.post(path_of(wait_of(run)["callback_url"]), {"ok": True}), 410, "wait_over")


async def test_a_wait_that_a_retry_goes_on_with_has_waited_since_then(ask: Ask, house: House) -> None:
    run = await begun(ask, APPROVAL)
    await ask.post(f"/runs/{run['id']}/cancel")
    cancelled = await ended(ask, house, run["id"])
    again = body(await ask.post(f"/runs/{run['id']}/retry"))
    assert wait_of(again)["since"] > cancelled["ended_at"]
    assert (await ask.post(path_of(wait_of(again)["callback_url"]), {"ok": True})).status_code == 200
    assert (await ended(ask, house, run["id"]))["state"] == "succeeded"


async def test_after_its_time_the_wait_is_over_while_the_run_goes_on(ask: Ask, house: House) -> None:
    text = "CREATE (ask:wait_for_callback {timeout: '1ms'})-[:ON_FAIL]->(late:wait {seconds: 3600})"
    run = body(await ask.post("/runs", {"cypher": text}))
    token = token_of(house.callback_key, Wait(RunId(run["id"]), "ask"))
    while body(await ask.get(f"/runs/{run['id']}"))["steps"][0]["state"] != "failed":
        await asyncio.sleep(0)
    refused(await ask.post(f"/callbacks/{token}", {}), 410, "wait_over")
    await house.engine.cancel(RunId(run["id"]))


@pytest.mark.parametrize(
    "headers", [{"host": "flows.example.com"}, {"origin": "https://mail.example"}, {"sec-fetch-site": "cross-site"}]
)
async def test_whoever_has_the_token_may_call_from_anywhere(ask: Ask, house: House, headers: dict[str, str]) -> None:
    run = await begun(ask, APPROVAL)
    path = path_of(wait_of(run)["callback_url"])
    answer = await ask.request("POST", path, json={"ok": True}, headers=headers)
    assert answer.status_code == 200, answer.text
    await ended(ask, house, run["id"])


async def test_all_waits_are_listed_with_their_items_and_addresses(ask: Ask, house: House, name: str) -> None:
    await ask.store(name, LOOP)
    run = body(await ask.post("/runs", {"recipe": name, "input": {"items": [1, 2, 3]}}))
    while body(await ask.get(f"/runs/{run['id']}"))["state"] != "waiting":
        await asyncio.sleep(0)
    waits = body(await ask.get(f"/waits?recipe={name}"))["waits"]
    assert [(w["run"], w["recipe"], w["step"], w["item"]) for w in waits] == [
        (run["id"], name, "ask", [n]) for n in range(3)
    ]
    assert len({w["callback_url"] for w in waits}) == 3
    await ask.post(path_of(waits[1]["callback_url"]), "second")
    left = body(await ask.get(f"/waits?recipe={name}"))["waits"]
    assert [w["item"] for w in left] == [[0], [2]]
    for wait in left:
        await ask.post(path_of(wait["callback_url"]), "other")
    assert (await ended(ask, house, run["id"]))["result"] == {"all": ["other", "second", "other"]}


async def test_a_page_of_waits_ends_with_a_whole_run(ask: Ask, house: House, name: str) -> None:
    await ask.store(name, LOOP)
    runs = [body(await ask.post("/runs", {"recipe": name, "input": {"items": [1, 2]}}))["id"] for _ in range(3)]
    while len(body(await ask.get(f"/waits?recipe={name}"))["waits"]) < 6:
        await asyncio.sleep(0)
    first = body(await ask.get(f"/waits?recipe={name}&limit=3"))
    assert [w["run"] for w in first["waits"]] == [runs[0]] * 2 + [runs[1]] * 2
    second = body(await ask.get(f"/waits?recipe={name}&limit=3&after={first['next_after']}"))
    assert ([w["run"] for w in second["waits"]], second["next_after"]) == ([runs[2]] * 2, None)
    for run in runs:
        await house.engine.cancel(RunId(run))
    assert body(await ask.get(f"/waits?recipe={name}"))["waits"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "nonsense=1"])
async def test_a_wrong_query_for_waits_is_refused(ask: Ask, query: str) -> None:
    refused(await ask.get(f"/waits?{query}"), 422, "request_invalid")


async def test_a_wait_survives_the_service(tmp_path: Any) -> None:
    from cypher_executor.settings import Settings
    from tests.service.test_life import living

    settings = Settings(data_dir=tmp_path, workers=1, seeds=False, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    async with living(settings) as ask:
        run = await begun(ask, APPROVAL)
        path = path_of(wait_of(run)["callback_url"])
    async with living(settings) as ask:
        first = await ask.post(path, {"ok": True})
        assert first.status_code == 200
    async with living(settings) as ask:
        again = await ask.post(path, {"ok": False})
        assert again.content == first.content


async def test_without_the_look_at_the_first_call_a_second_one_would_be_refused(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: the promise above is kept by that look, and not by chance."""
    from cypher_executor.service.routes import callbacks

    run = await begun(ask, APPROVAL)
    path = path_of(wait_of(run)["callback_url"])
    first = await ask.post(path, {"ok": True})

    async def forgetful(*asked: object) -> None:
        return None

    monkeypatch.setattr(callbacks, "_first_call", forgetful)
    refused(await ask.send(path, b"{not json"), 400, "json_invalid")
    monkeypatch.undo()
    assert (await ask.send(path, b"{not json")).content == first.content


async def test_with_a_key_that_is_not_looked_at_a_forged_token_would_be_heard(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: the signature is what keeps others out."""
    from cypher_executor.core import callbacks

    run = await begun(ask, APPROVAL)
    forged = token_of(b"another key", Wait(RunId(run["id"]), "ask"))
    refused(await ask.post(f"/callbacks/{forged}", {"ok": True}), 404, "unknown_wait")
    monkeypatch.setattr(callbacks.hmac, "compare_digest", lambda *given: True)
    assert (await ask.post(f"/callbacks/{forged}", {"ok": True})).status_code == 200
    monkeypatch.undo()
    await ended(ask, house, run["id"])
