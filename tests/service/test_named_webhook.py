"""The named webhook: any recipe, triggered under its name."""

from __future__ import annotations

import pytest

from tests.service.support import ECHO, FAILS, LASTS, Ask, body, refused


async def test_the_answer_is_the_run_with_its_result(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    answer = await ask.post(f"/webhooks/named/{name}/trigger", {"x": {"deep": [1]}})
    run = body(answer)
    assert (answer.status_code, run["state"], run["result"]) == (200, "succeeded", {"x": {"deep": [1]}})
    assert answer.headers["location"] == f"/runs/{run['id']}"
    assert body(await ask.get(f"/runs/{run['id']}")) == run


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/xml", "", "nonsense"]
)
async def test_json_is_read_whatever_the_content_type_says(ask: Ask, name: str, content_type: str) -> None:
    await ask.store(name, ECHO)
    answer = await ask.send(f"/webhooks/named/{name}/trigger", '{"x": "y"}', content_type)
    assert body(answer)["result"] == {"x": "y"}


async def test_a_key_in_the_body_or_the_query_never_becomes_input(ask: Ask, name: str) -> None:
    await ask.store(name, "CREATE (a {t: $trigger}) RETURN a.t AS t")
    path = f"/webhooks/named/{name}/trigger?api_key=ak_query&x=1"
    secrets = {"x_arcrun_api_key": "ak_header", "authorization": "Bearer ak_bearer", "x_api_key": "ak_key"}
    answer = await ask.post(path, {"api_key": "ak_body", "text": "t"}, **secrets, cookie="session=ak_cookie")
    run = body(answer)
    assert run["input"] == {"text": "t", "x": "1"}
    assert "ak_" not in answer.text
    assert run["result"]["t"]["kind"] == "named_webhook"
    assert run["result"]["t"]["query"] == {"x": "1"}
    assert run["result"]["t"]["headers"]["content-type"] == "application/json"


async def test_body_and_query_become_the_input_and_the_body_wins(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    path = f"/webhooks/named/{name}/trigger?x=query&tag=a&tag=b&empty=&语言=中文"
    run = body(await ask.post(path, {"x": "body"}))
    assert run["input"] == {"x": "body", "tag": ["a", "b"], "empty": "", "语言": "中文"}


@pytest.mark.parametrize("content", ["", "  \n", "{}"])
async def test_nothing_at_all_is_an_empty_input(ask: Ask, name: str, content: str) -> None:
    await ask.store(name, ECHO)
    run = body(await ask.send(f"/webhooks/named/{name}/trigger", content))
    assert (run["input"], run["result"]) == ({}, {"x": None})


@pytest.mark.parametrize("content", ["[1]", "5", '"text"', "null", "true"])
async def test_a_body_that_is_not_an_object_is_refused(ask: Ask, name: str, content: str) -> None:
    await ask.store(name, ECHO)
    refused(await ask.send(f"/webhooks/named/{name}/trigger", content), 422, "request_invalid")


async def test_a_run_that_fails_is_answered_with_500_and_itself(ask: Ask, name: str) -> None:
    await ask.store(name, FAILS)
    answer = await ask.post(f"/webhooks/named/{name}/trigger", {})
    assert (answer.status_code, body(answer)["state"]) == (500, "failed")
    assert answer.headers["content-type"] == "application/json"
    assert body(answer)["error"]["code"] == "expression_error"


@pytest.mark.parametrize("flag", ["async=1", "async=true", "async"])
async def test_async_answers_at_once(ask: Ask, name: str, flag: str) -> None:
    await ask.store(name, LASTS)
    answer = await ask.post(f"/webhooks/named/{name}/trigger?{flag}", {"x": 1})
    run = body(answer)
    assert (answer.status_code, run["ended_at"], run["input"]) == (202, None, {"x": 1})
    await ask.post(f"/runs/{run['id']}/cancel")


async def test_async_may_be_asked_for_by_preference(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    answer = await ask.post(f"/webhooks/named/{name}/trigger", {}, prefer="respond-async")
    assert answer.status_code == 202
    await ask.post(f"/runs/{body(answer)['id']}/cancel")


async def test_a_run_that_goes_on_is_answered_with_202(ask: Ask, name: str, wait_at_most: None) -> None:
    await ask.store(name, LASTS)
    answer = await ask.post(f"/webhooks/named/{name}/trigger", {})
    assert (answer.status_code, body(answer)["state"]) == (202, "waiting")
    await ask.post(f"/runs/{body(answer)['id']}/cancel")


async def test_async_off_waits(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    assert (await ask.post(f"/webhooks/named/{name}/trigger?async=0", {})).status_code == 200
    refused(await ask.post(f"/webhooks/named/{name}/trigger?async=perhaps", {}), 422, "request_invalid")


async def test_an_unknown_recipe_is_not_found(ask: Ask) -> None:
    await ask.store("weekly_digest", ECHO)
    problem = refused(await ask.post("/webhooks/named/weekly_digst/trigger", {}), 404, "unknown_recipe")
    assert problem["did_you_mean"] == "weekly_digest"


async def test_a_child_of_an_unknown_recipe_fails_its_step_with_the_nearest_name(ask: Ask) -> None:
    await ask.store("weekly_digest", ECHO)
    text = "CREATE (a:trigger_workflow {workflow: $name})"
    asked = {"cypher": text, "input": {"name": "weekly_digst"}}
    error = body(await ask.post("/runs", asked, prefer="wait=20"))["error"]
    assert error["code"] == "unknown_recipe" and "did you mean 'weekly_digest'?" in error["message"]
