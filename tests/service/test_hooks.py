"""Declared webhooks: who may call them, what becomes of a delivery, and what nobody gets to see."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx2
import pytest

from cypher_executor.core.events import RunId
from cypher_executor.wiring import House
from tests.service.support import ECHO, Ask, body, refused

SEEN = "CREATE (h:webhook {path: '%s', %s})-[:STARTS]->(a {i: $input, t: $trigger}), (other) RETURN a AS a"
SECRET = "it is a secret"


async def hooked(ask: Ask, name: str, more: str) -> str:
    """The path of the hook of a new recipe."""
    stored = await ask.store(name, SEEN % (f"{name}/in", more))
    assert stored["hooks"][0]["url"] == f"http://127.0.0.1:8080/hooks/{name}/in"
    return f"/hooks/{name}/in"


async def signed(ask: Ask, path: str, content: bytes, delivery: str, secret: str = SECRET) -> httpx2.Response:
    """A delivery as GitHub sends it."""
    mac = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={mac}", "x-github-delivery": delivery, "x-kind": "push"}
    return await ask.request("POST", path, content=content, headers=headers)


async def test_a_hook_answers_with_the_result_of_what_it_starts(ask: Ask, name: str) -> None:
    path = await hooked(ask, name, "auth: 'none', respond: 'result'")
    answer = await ask.post(f"{path}?q=1&q=2&both=query", {"both": "body", "n": 1})
    told = body(answer)
    assert (answer.status_code, told["accepted"], told["state"], told["error"]) == (200, True, "succeeded", None)
    seen = told["result"]["a"]
    assert seen["i"] == {"q": ["1", "2"], "both": "body", "n": 1}
    trigger = seen["t"]
    assert (trigger["kind"], trigger["node"], trigger["method"]) == ("webhook", "h", "POST")
    assert trigger["query"] == {"q": ["1", "2"], "both": "query"}
    run = body(await ask.get(f"/runs/{told['run']}"))
    assert [(s["name"], s["state"]) for s in run["steps"]] == [("a", "succeeded"), ("other", "skipped")]


async def test_a_hook_that_accepts_tells_the_run_and_nothing_else(ask: Ask, house: House, name: str) -> None:
    path = await hooked(ask, name, "auth: 'none'")
    answer = await ask.post(path, {"private": 1})
    assert answer.status_code == 202 and body(answer).keys() == {"accepted", "run"}
    assert await house.engine.wait(RunId(body(answer)["run"]), 20)


async def test_a_run_that_fails_is_no_fault_of_the_service(ask: Ask, name: str) -> None:
    text = "CREATE (:webhook {path: '%s', auth: 'none', respond: 'result'})-[:STARTS]->(a {x: 1 / 0})"
    await ask.store(name, text % name)
    answer = await ask.post(f"/hooks/{name}", {})
    assert (answer.status_code, body(answer)["state"]) == (200, "failed")
    assert body(answer)["error"]["code"] == "expression_error"


@pytest.mark.parametrize(
    ("content", "content_type", "given"),
    [
        (b"", "", {}),
        (b"[1, 2]", "application/json", [1, 2]),
        (b'{"a": 1}', "application/x-www-form-urlencoded", {"a": 1}),
        (b"a=1&b=x+y&b=z", "application/x-www-form-urlencoded", {"a": "1", "b": ["x y", "z"]}),
        (b"hello", "text/plain", "hello"),
        (b'"text"', "application/octet-stream", "text"),
    ],
)
async def test_what_is_sent_becomes_the_input(
    ask: Ask, name: str, content: bytes, content_type: str, given: Any
) -> None:
    path = await hooked(ask, name, "auth: 'none', respond: 'result'")
    answer = await ask.send(path, content, content_type)
    assert body(answer)["result"]["a"]["i"] == given


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{", "application/json", "json_invalid"),
        (b'{"a": 1, "a": 2}', "text/plain", "json_duplicate_key"),
        (b"hello", "", "json_invalid"),
        (b"\xff", "text/plain", "text_invalid"),
        (b"a=%ff", "application/x-www-form-urlencoded", "text_invalid"),
        (b"&".join([b"a=1"] * 501), "application/x-www-form-urlencoded", "text_invalid"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    ask: Ask, name: str, content: bytes, content_type: str, code: str
) -> None:
    path = await hooked(ask, name, "auth: 'none', respond: 'result'")
    refused(await ask.send(path, content, content_type), 400, code)


async def test_a_path_or_a_method_that_nobody_declares_starts_nothing(ask: Ask, name: str) -> None:
    path = await hooked(ask, name, "auth: 'none', method: ['POST', 'PATCH']")
    refused(await ask.post(f"{path}/more", {}), 404, "unknown_hook")
    refused(await ask.post("/hooks/", {}), 404, "unknown_hook")
    answer = await ask.request("GET", path)
    assert (refused(answer, 405, "method_not_allowed"), answer.headers["allow"])[1] == "PATCH, POST"
    assert (await ask.request("PATCH", path, json={})).status_code == 202
    await ask.store(name, ECHO)
    refused(await ask.post(path, {}), 404, "unknown_hook")


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
async def test_a_hook_that_asks_for_a_key_is_guarded_like_everything_else(
    ask: Ask, name: str, headers: dict[str, str]
) -> None:
    path = await hooked(ask, name, "auth: 'key'")
    answer = await ask.request("POST", path, json={}, headers=headers)
    refused(answer, 403, "host_refused" if "host" in headers else "origin_refused")


async def test_neither_a_key_nor_a_signature_is_seen_by_the_run(ask: Ask, house: House, name: str) -> None:
    path = await hooked(ask, name, "auth: 'key', respond: 'result'")
    sent = {"authorization": "Bearer cx_1", "x_api_key": "cx_2", "x_hub_signature_256": "cx_3", "x_kind": "push"}
    answer = await ask.post(f"{path}?api_key=cx_4", {"api_key": "cx_5", "n": 1}, **sent)
    assert body(answer)["result"]["a"]["t"]["headers"]["x-kind"] == "push"
    assert "cx_" not in answer.text and "cx_" not in (await ask.get(f"/runs/{body(answer)['run']}")).text


async def test_a_signed_delivery_starts_one_run_however_often_it_comes(ask: Ask, house: House, name: str) -> None:
    await house.vault.put("default", name, SECRET)
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github', respond: 'result'")
    first = await signed(ask, path, b'{"n": 1}', "one")
    again = await signed(ask, path, b'{"n": 1, "retries": 1}', "one")
    other = await signed(ask, path, b'{"n": 2}', "two")
    assert first.status_code == again.status_code == other.status_code == 200
    assert body(first)["run"] == body(again)["run"] != body(other)["run"]
    assert body(first)["result"]["a"]["i"] == {"n": 1}


async def test_a_delivery_that_is_not_genuine_starts_nothing(ask: Ask, house: House, name: str) -> None:
    await house.vault.put("default", name, SECRET)
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github'")
    refused(await ask.post(path, {"n": 1}), 401, "signature_missing")
    refused(await signed(ask, path, b'{"n": 1}', "one", "another secret"), 401, "signature_invalid")
    refused(await signed(ask, path, b"{ no json", "one", "another secret"), 401, "signature_invalid")
    assert body(await ask.get(f"/runs?recipe={name}"))["runs"] == []


async def test_an_old_delivery_is_refused(ask: Ask, house: House, name: str) -> None:
    await house.vault.put("default", name, SECRET)
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'stripe'")
    content, sent = json.dumps({"id": "evt_1"}).encode(), house.clock.now_us() // 1_000_000 - 3600
    mac = hmac.new(SECRET.encode(), f"{sent}.".encode() + content, hashlib.sha256).hexdigest()
    answer = await ask.request("POST", path, content=content, headers={"stripe-signature": f"t={sent},v1={mac}"})
    refused(answer, 401, "delivery_expired")


async def test_a_hook_whose_secret_is_not_stored_says_so(ask: Ask, name: str) -> None:
    path = await hooked(ask, name, "auth: 'hmac', secret: 'NOWHERE', signature: 'github'")
    refused(await signed(ask, path, b"{}", "one"), 503, "hook_secret_unusable")


async def test_one_address_starts_one_recipe(ask: Ask, name: str) -> None:
    await hooked(ask, name, "auth: 'none'")
    taken = await ask.request("PUT", f"/recipes/{name}_b", content=SEEN % (f"{name}/in", "auth: 'none'"))
    assert name in refused(taken, 409, "hook_taken")["detail"]
    await ask.store(f"{name}_b", SEEN % (f"{name}/in", "method: 'GET'"))
    await ask.store(name, SEEN % (f"{name}/in", "respond: 'result'"))


async def test_a_recipe_lists_its_schedules(ask: Ask, name: str) -> None:
    stored = await ask.store(name, "CREATE (c:cron {schedule: '@daily', timezone: 'Europe/Zurich'})-[:STARTS]->(a)")
    assert stored["hooks"] == []
    assert [(s["node"], s["timezone"], s["overlap"]) for s in stored["schedules"]] == [("c", "Europe/Zurich", "skip")]


async def test_a_hook_that_looks_at_no_signature_would_start_what_was_forged(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: what keeps strangers out is the signature."""
    from cypher_executor.service import deliveries
    from cypher_executor.triggers.signatures import Signed

    await house.vault.put("default", name, SECRET)
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github'")
    monkeypatch.setattr(deliveries, "verify", lambda *asked: Signed("forged"))
    assert (await signed(ask, path, b"{}", "one", "another secret")).status_code == 202


async def test_a_delivery_without_a_claim_would_start_two_runs(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: what keeps a delivery to one run is the claim of its id."""
    from cypher_executor.service import deliveries

    await house.vault.put("default", name, SECRET)
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github'")
    monkeypatch.setattr(deliveries, "_claim", lambda *asked: None)
    assert body(await signed(ask, path, b"{}", "one"))["run"] != body(await signed(ask, path, b"{}", "one"))["run"]
