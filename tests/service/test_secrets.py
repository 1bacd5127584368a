"""Secrets over HTTP: names come out, values never do."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.wiring import House
from tests.service.support import Ask, body

VALUE = "a-value-that-nobody-else-has"


async def put(ask: Ask, name: str, given: Any) -> Any:
    return await ask.request("PUT", f"/secrets/{name}", json=given)


async def test_a_secret_is_stored_and_only_its_name_is_shown(ask: Ask, house: House) -> None:
    stored = await put(ask, "ONE", {"value": VALUE, "hosts": ["https://api.example.com/*"]})
    assert stored.status_code == 200
    shown = await ask.get("/secrets/ONE")
    listed = await ask.get("/secrets")
    assert body(shown) == body(stored) and body(shown) in body(listed)["secrets"]
    assert body(shown).keys() == {"name", "hosts", "key_id", "changed_at"}
    assert VALUE not in stored.text + shown.text + listed.text
    assert (await house.vault.reveal("default", ["ONE"]))["ONE"].value == VALUE


async def test_a_secret_can_be_changed_and_forgotten(ask: Ask, house: House) -> None:
    await put(ask, "TWO", {"value": VALUE})
    await put(ask, "TWO", {"value": "another value"})
    assert (await house.vault.reveal("default", ["TWO"]))["TWO"].value == "another value"
    assert body(await ask.request("DELETE", "/secrets/TWO")) == {"name": "TWO", "deleted": True}
    gone = await ask.request("DELETE", "/secrets/TWO")
    assert (gone.status_code, body(gone)["code"]) == (404, "unknown_secret")


async def test_an_unknown_secret_is_told_with_the_nearest_name(ask: Ask) -> None:
    await put(ask, "API_TOKEN", {"value": VALUE})
    answer = await ask.get("/secrets/API_TOKEM")
    assert (answer.status_code, body(answer)["did_you_mean"]) == (404, "API_TOKEN")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("A", {}),
        ("A", {"value": None}),
        ("A", {"value": [VALUE]}),
        ("A", {"value": "abc"}),
        ("A", {"value": VALUE, "hosts": "https://a.test/*"}),
        ("A", {"value": VALUE, "hosts": ["a.test"]}),
        ("A", {"value": VALUE, "host": []}),
        ("a-b", {"value": VALUE}),
        ("1A", {"value": VALUE}),
    ],
)
async def test_what_does_not_fit_is_refused_without_being_repeated(ask: Ask, name: str, given: dict[str, Any]) -> None:
    answer = await put(ask, name, given)
    assert answer.status_code == 422 and VALUE not in answer.text
    assert (await ask.get(f"/secrets/{name}")).status_code == 404


async def test_all_are_sealed_with_a_new_key(ask: Ask, house: House) -> None:
    before = body(await put(ask, "OLD", {"value": VALUE}))
    assert body(await ask.post("/secret-keys"))["sealed"] >= 1
    after = body(await ask.get("/secrets/OLD"))
    assert after["key_id"] != before["key_id"] and after["changed_at"] == before["changed_at"]
    assert (await house.vault.reveal("default", ["OLD"]))["OLD"].value == VALUE


async def test_a_recipe_that_uses_a_secret_shows_handles(ask: Ask, name: str) -> None:
    await put(ask, "SHOWN", {"value": VALUE})
    run = await ask.post("/runs", {"cypher": "CREATE (a {x: secret('SHOWN')}) RETURN a.x AS x"}, prefer="wait=20")
    assert run.status_code == 200 and VALUE not in run.text
    assert body(run)["result"]["x"].startswith("secret:SHOWN:")


async def test_a_refused_grant_says_what_to_write(ask: Ask) -> None:
    text = "CREATE (a:http_request {url: $url})"
    run = await ask.post("/runs", {"cypher": text, "input": {"url": "https://api.example.com/x"}}, prefer="wait=20")
    error = body(run)["error"]
    assert error["code"] == "grant_missing" and error["retryable"] is False
    assert "(:Recipe {grants: {http: ['https://api.example.com/*']}})" in error["message"]
