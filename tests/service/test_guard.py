"""Who may ask while there are no keys: this machine, and not the pages that it shows."""

from __future__ import annotations

import pytest

from cypher_executor.errors import RequestInvalid
from cypher_executor.loopback import is_loopback
from cypher_executor.service.auth import refuse_open_address
from tests.service.support import Ask, refused

LOOPBACK = ["localhost", "LOCALHOST", "localhost.", "app.localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]",
            "::ffff:127.0.0.1"]  # fmt: skip
OPEN = ["0.0.0.0", "", "::", "192.168.1.4", "10.0.0.1", "fe80::1", "::ffff:8.8.8.8", "127.1", "2130706433", "0x7f.1",
        "example.com", "localhost.example.com", "127.0.0.1.example.com", "evillocalhost"]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_addresses_are_told_by_what_they_are(host: str) -> None:
    assert is_loopback(host)
    refuse_open_address(host)


@pytest.mark.parametrize("host", OPEN)
def test_without_keys_the_service_does_not_listen_on_an_open_address(host: str) -> None:
    with pytest.raises(RequestInvalid) as refusal:
        refuse_open_address(host)
    assert refusal.value.code == "address_refused"
    assert refusal.value.next_actions


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1", "[::1]:8080", "[::1]", "a.localhost:1"])
async def test_a_request_under_a_loopback_name_is_let_in(ask: Ask, host: str) -> None:
    assert (await ask.get("/recipes", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[::2]", "", "127.0.0.1@evil"]
)
@pytest.mark.parametrize("path", ["/recipes", "/healthz", "/openapi.json", "/runs/x"])
async def test_a_page_that_points_its_own_name_at_this_machine_is_refused(ask: Ask, path: str, host: str) -> None:
    problem = refused(await ask.get(path, headers={"host": host}), 403, "host_refused")
    assert problem["next_actions"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": "http://localhost:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/runs"), ("POST", "/webhooks/named/x/trigger"), ("DELETE", "/recipes/x"), ("PUT", "/recipes/x")],
)
async def test_a_page_of_another_site_may_change_nothing(
    ask: Ask, method: str, path: str, headers: dict[str, str]
) -> None:
    refused(await ask.request(method, path, headers=headers), 403, "origin_refused")


@pytest.mark.parametrize("headers", [{"origin": "http://127.0.0.1:8080"}, {"sec-fetch-site": "same-origin"}, {}])
async def test_our_own_page_may(ask: Ask, headers: dict[str, str]) -> None:
    answer = await ask.request("POST", "/runs", json={"cypher": "CREATE (a)"}, headers=headers)
    assert answer.status_code == 202


async def test_no_answer_may_be_read_by_another_site(ask: Ask) -> None:
    answer = await ask.get("/recipes", headers={"origin": "http://evil.example"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("name", ["Authorization", "X-API-Key", "X-Arcrun-API-Key"])
async def test_a_key_that_is_presented_is_ignored_while_there_are_none(ask: Ask, name: str) -> None:
    assert (await ask.get("/recipes", headers={name: "Bearer nonsense"})).status_code == 200
