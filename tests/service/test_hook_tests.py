"""Hooks as their authors see them: the list, trying a delivery, and looking on when one comes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from cypher_executor.service import onlooking
from cypher_executor.service.routes import hook_tests
from cypher_executor.triggers.signing import signed
from cypher_executor.wiring import House
from tests.service.support import ECHO, Ask, body, refused
from tests.service.test_hooks import SECRET, hooked
from tests.service.test_openapi import answer_model


async def seen(ask: Ask, path: str, deliver: Any, wait: str = "20") -> dict[str, Any]:
    """What somebody sees who looks on while this is delivered."""
    watching = asyncio.create_task(ask.get(f"/hooks-test/{path}?wait={wait}"))
    for _ in range(20):
        await asyncio.sleep(0)
    answer: httpx2.Response = await deliver
    found = body(await watching)
    answer_model("next_delivery", 200).validate(found)
    delivery = found["delivery"]
    assert delivery is not None and delivery["accepted"] is (answer.status_code < 300)
    return dict(delivery)


async def test_hooks_are_listed_with_what_a_sender_has_to_know(ask: Ask, house: House, name: str) -> None:
    await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github', tolerance: '1m'")
    (hook,) = body(await ask.get(f"/hooks?recipe={name}"))["hooks"]
    assert hook == {
        "recipe": name,
        "node": "h",
        "path": f"{name}/in",
        "url": f"http://127.0.0.1:8080/hooks/{name}/in",
        "test_url": f"http://127.0.0.1:8080/hooks-test/{name}/in",
        "methods": ["POST"],
        "auth": "hmac",
        "respond": "accepted",
        "signing": {"form": "github", "secret": name, "secret_stored": False, "tolerance_ms": 60_000},
    }
    await house.vault.put("default", name, SECRET)
    everything = body(await ask.get("/hooks"))
    answer_model("list_hooks", 200).validate(everything)
    assert next(h for h in everything["hooks"] if h["recipe"] == name)["signing"]["secret_stored"] is True
    assert [h["path"] for h in everything["hooks"]] == sorted(h["path"] for h in everything["hooks"])
    await ask.store(name, ECHO)
    assert body(await ask.get(f"/hooks?recipe={name}"))["hooks"] == []


async def test_a_delivery_that_is_tried_tells_what_it_would_begin_and_begins_nothing(ask: Ask, name: str) -> None:
    await hooked(ask, name, "auth: 'none', method: ['POST', 'PUT']")
    answer = await ask.request("PUT", f"/hooks-test/{name}/in?q=1", json={"n": 1})
    answer_model("put_hook_test", 200).validate(body(answer))
    told = body(answer)
    assert (told["accepted"], told["started"], told["run"]) == (True, False, None)
    assert told["input"] == {"q": "1", "n": 1}
    assert (told["trigger"]["kind"], told["trigger"]["method"], told["trigger"]["path"]) == (
        "webhook",
        "PUT",
        f"{name}/in",
    )
    assert body(await ask.get(f"/runs?recipe={name}"))["runs"] == []


async def test_what_is_tried_is_refused_as_the_real_one_would_be(ask: Ask, house: House, name: str) -> None:
    await house.vault.put("default", name, SECRET)
    await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github'")
    refused(await ask.post(f"/hooks-test/{name}/in", {}), 401, "signature_missing")
    refused(await ask.request("PATCH", f"/hooks-test/{name}/in"), 405, "method_not_allowed")
    refused(await ask.post(f"/hooks-test/{name}/nowhere", {}), 404, "unknown_hook")
    needs = "CREATE (:Recipe {input: {required: ['x']}}) CREATE (:webhook {path: '%s', auth: '%s'})-[:STARTS]->(a)"
    await ask.store(f"{name}_n", needs % (f"{name}/needs", "key"))
    refused(await ask.post(f"/hooks-test/{name}/needs", {}), 422, "input_invalid")
    foreign = await ask.post(f"/hooks-test/{name}/needs", {"x": 1}, origin="https://evil.example")
    refused(foreign, 403, "origin_refused")
    assert (await ask.post(f"/hooks-test/{name}/needs", {"x": 1})).status_code == 200


@pytest.mark.parametrize("form", ["standard", "github", "stripe"])
async def test_a_delivery_that_we_sign_is_genuine_in_every_form(ask: Ask, house: House, name: str, form: Any) -> None:
    await house.vault.put("default", name, "c2VjcmV0IHNlY3JldCBzZWNyZXQ=")
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: '{form}'")
    content = b'{"id": "evt_1", "n": 1}'
    headers = signed(form, "c2VjcmV0IHNlY3JldCBzZWNyZXQ=", content, "msg_1", house.clock.now_us())
    test_path = path.replace("/hooks/", "/hooks-test/")
    first = await ask.request("POST", test_path, content=content, headers=headers)
    assert (first.status_code, body(first)["run"]) == (200, None)
    real = body(await ask.request("POST", path, content=content, headers=headers))
    assert body(await ask.request("POST", test_path, content=content, headers=headers))["run"] == real["run"]


async def test_whoever_looks_on_sees_a_real_delivery_and_its_run(ask: Ask, name: str) -> None:
    path = await hooked(ask, name, "auth: 'key'")
    sent = {"api_key": "cx_1", "n": 1}
    found = await seen(ask, f"{name}/in", ask.post(f"{path}?q=1&api_key=cx_2", sent, x_api_key="cx_3", x_kind="push"))
    assert (found["recipe"], found["node"], found["tried"], found["error"]) == (name, "h", False, None)
    assert found["run"] == body(await ask.get(f"/runs?recipe={name}"))["runs"][0]["id"]
    assert (found["input"], found["query"]) == ({"q": "1", "n": 1}, {"q": "1"})
    assert found["headers"]["x-kind"] == "push" and "x-api-key" in found["withheld_headers"]
    assert "cx_" not in str(found)


async def test_whoever_looks_on_sees_why_a_delivery_was_refused(ask: Ask, house: House, name: str) -> None:
    await house.vault.put("default", name, SECRET)
    path = await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github'")
    headers = signed("github", "another secret", b"{}", "one", 0)
    found = await seen(ask, f"{name}/in", ask.request("POST", path, content=b"{}", headers=headers))
    assert found["error"]["code"] == "signature_invalid" and found["run"] is None
    assert headers["x-hub-signature-256"] not in str(found)
    found = await seen(ask, f"{name}/in", ask.post(f"/hooks-test/{name}/in", {}))
    assert (found["tried"], found["error"]["code"]) == (True, "signature_missing")


async def test_a_delivery_is_seen_before_any_recipe_declares_its_path(ask: Ask, name: str) -> None:
    found = await seen(ask, f"new/{name}", ask.send(f"/hooks/new/{name}", b"{ no json", ""))
    assert (found["error"]["code"], found["input"], found["body_bytes"]) == ("unknown_hook", None, 9)


async def test_who_waits_in_vain_is_told_so(ask: Ask, name: str) -> None:
    assert body(await ask.get(f"/hooks-test/{name}?wait=0")) == {"delivery": None}
    refused(await ask.get(f"/hooks-test/{name}?wait=601"), 422, "request_invalid")
    refused(await ask.get(f"/hooks-test/{name}", headers={"host": "evil.example"}), 403, "host_refused")


async def test_only_so_many_may_look_on(ask: Ask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onlooking, "MOST", 0)
    answer = await ask.get(f"/hooks-test/{name}?wait=1")
    refused(answer, 503, "too_many_waiting")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_hook_that_was_stored_or_moved_is_known_at_once(ask: Ask, name: str) -> None:
    await hooked(ask, name, "auth: 'none'")
    moved = await ask.store(name, f"CREATE (:webhook {{path: '{name}/moved', auth: 'none'}})-[:STARTS]->(a)")
    assert moved["hooks"][0]["test_url"].endswith(f"/hooks-test/{name}/moved")
    refused(await ask.post(f"/hooks/{name}/in", {}), 404, "unknown_hook")
    assert (await ask.post(f"/hooks/{name}/moved", {})).status_code == 202
    assert (await ask.post(f"/recipes/{name}/rollback", {"version": 1})).status_code == 200
    assert (await ask.post(f"/hooks/{name}/in", {})).status_code == 202
    await ask.request("DELETE", f"/recipes/{name}")
    refused(await ask.post(f"/hooks/{name}/in", {}), 404, "unknown_hook")


async def test_hooks_are_not_read_again_while_no_recipe_changes(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await hooked(ask, name, "auth: 'none'")
    assert (await ask.post(path, {})).status_code == 202
    monkeypatch.setattr(house.catalog, "list_current", None)
    assert (await ask.post(path, {})).status_code == 202


async def test_hooks_that_miss_a_change_would_start_what_is_gone(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: what keeps hooks right is that the catalog counts its changes."""
    path = await hooked(ask, name, "auth: 'none'")
    assert (await ask.post(path, {})).status_code == 202
    changes = house.catalog.changes
    await ask.store(name, ECHO)
    counted = house.catalog.changes
    monkeypatch.setattr(house.catalog, "changes", changes)
    assert (await ask.post(path, {})).status_code == 202
    monkeypatch.setattr(house.catalog, "changes", counted)
    refused(await ask.post(path, {}), 404, "unknown_hook")


async def test_trying_without_admission_would_tell_strangers(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: who may try is who may deliver, because trying asks the same questions."""
    from cypher_executor.service import deliveries

    async def everybody(exchange: Any, hook: Any) -> None: ...

    monkeypatch.setattr(deliveries, "_checked", everybody)
    await hooked(ask, name, f"auth: 'hmac', secret: '{name}', signature: 'github'")
    assert (await ask.post(f"/hooks-test/{name}/in", {})).status_code == 200
    assert hook_tests.admitted is deliveries.admitted
