"""HTTP for parts, over real sockets: what is sent, what comes back, and what is never connected to."""

from __future__ import annotations

import asyncio
import base64
import socket
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.abc import ResolveResult

from cypher_executor.adapters.egress import Egress
from cypher_executor.adapters.egress.answer import retry_after_ms
from tests.egress.conftest import CONTEXT, Canary, resolve


async def ask(egress: Egress, url: str, **more: Any) -> Any:
    return await egress.http_request({"op": "http_request", "url": url, **more}, CONTEXT)


def code(answer: Any) -> str:
    assert answer["ok"] is False and answer["error"]["message"]
    return str(answer["error"]["code"])


@pytest.mark.parametrize("host", ["canary.test", "mixed.test", "mapped.test", "localhost", "0x7f.1"])
async def test_a_name_with_one_refused_address_is_refused(canary: Canary, host: str) -> None:
    egress = Egress(allow=[f"8.8.8.8:{canary.port}"], resolve=resolve)
    assert code(await ask(egress, f"http://{host}:{canary.port}/")) == "egress_refused"
    await egress.close()
    assert canary.connections == 0


async def test_an_open_address_does_not_open_a_name_that_has_another_one(opened: Egress, canary: Canary) -> None:
    assert code(await ask(opened, f"http://half.test:{canary.port}/")) == "egress_refused"
    assert canary.connections == 0


@pytest.mark.parametrize("who", ["user", "user:password", ":password", ":", ""])
async def test_a_name_or_password_in_a_url_is_refused_or_is_none(opened: Egress, canary: Canary, who: str) -> None:
    answer = await ask(opened, f"http://{who}@127.0.0.1:{canary.port}/")
    if who.strip(":"):
        assert code(answer) == "egress_refused" and canary.connections == 0
    assert all("Authorization" not in request.headers for request in canary.requests)


async def test_a_name_is_looked_up_once_for_a_connection(canary: Canary) -> None:
    looked_up: list[str] = []

    async def look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        looked_up.append(host)
        return await resolve("canary.test" if len(looked_up) == 1 else "10.0.0.1", port, family)

    egress = Egress(allow=[f"127.0.0.1:{canary.port}"], resolve=look_up)
    assert (await ask(egress, f"http://changing.test:{canary.port}/"))["status"] == 200
    await egress.close()
    assert looked_up == ["changing.test"]


async def test_a_checked_connection_is_used_again_for_the_same_host_only(canary: Canary) -> None:
    egress = Egress(allow=[f"canary.test:{canary.port}"], resolve=resolve)
    for _ in range(3):
        await ask(egress, f"http://canary.test:{canary.port}/")
    assert canary.connections == 1
    assert code(await ask(egress, f"http://localhost:{canary.port}/")) == "egress_refused"
    await egress.close()


async def test_the_proxies_of_the_environment_are_not_asked(
    closed: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url())
    assert code(await ask(closed, "http://unknown.test/")) == "connection_failed"
    assert canary.connections == 0


async def test_a_name_that_the_operator_opened_is_connected_to(canary: Canary) -> None:
    egress = Egress(allow=[f"canary.test:{canary.port}"], resolve=resolve)
    assert (await ask(egress, f"http://canary.test:{canary.port}/"))["status"] == 200
    assert code(await ask(egress, canary.url())) == "egress_refused"
    await egress.close()


async def test_an_answer_has_status_headers_and_the_json_value(opened: Egress, canary: Canary) -> None:
    answer = await ask(opened, canary.url())
    assert (answer["ok"], answer["status"], answer["body"]) == (True, 200, {"n": 2**53 + 1})
    assert answer["headers"]["content-type"] == "application/json; charset=utf-8"


async def test_the_idempotency_key_is_sent_in_a_form_that_headers_can_hold(opened: Egress, canary: Canary) -> None:
    await ask(opened, canary.url(), method="post", body={"a": [1, "ü"]})
    [request] = canary.requests
    assert request.method == "POST"
    assert request.headers["Idempotency-Key"] == "run_1:%E5%90%8D::0"
    assert request.headers["Content-Type"] == "application/json"
    assert canary.bodies == ['{"a":[1,"ü"]}'.encode()]


async def test_a_part_may_set_headers_of_its_own(opened: Egress, canary: Canary) -> None:
    headers = {"Idempotency-Key": "mine", "CONTENT-TYPE": "text/csv", "X-N": 5, "X-B": True, "X-None": None}
    await ask(opened, canary.url(), method="PUT", body="a,b", headers=headers)
    [request] = canary.requests
    assert request.headers.getall("Idempotency-Key") == ["mine"] and request.headers["Content-Type"] == "text/csv"
    assert (request.headers["X-N"], request.headers["X-B"], "X-None" in request.headers) == ("5", "true", False)
    assert canary.bodies == [b"a,b"]


async def test_query_and_binary_bodies(opened: Egress, canary: Canary) -> None:
    body = base64.b64encode(b"\0\xff").decode()
    query = {"a": [1, "ü&="], "b": None, "c": False}
    await ask(opened, canary.url("/?x=1"), method="POST", query=query, body=body, body_base64=True)
    assert list(canary.requests[0].query.items()) == [("x", "1"), ("a", "1"), ("a", "ü&="), ("c", "false")]
    assert canary.bodies == [b"\0\xff"]


async def test_a_redirect_is_an_answer(opened: Egress, canary: Canary) -> None:
    answer = await ask(opened, canary.url("/redirect"))
    assert (answer["status"], answer["headers"]["location"]) == (302, "/elsewhere")
    assert len(canary.requests) == 1


@pytest.mark.parametrize("path", ["/too_large", "/bomb"])
async def test_an_answer_beyond_four_mebibytes_is_refused_also_when_it_was_packed(
    opened: Egress, canary: Canary, path: str
) -> None:
    assert code(await ask(opened, canary.url(path))) == "response_too_large"
    assert len((await ask(opened, canary.url("/largest")))["body"]) == 4 * 1024 * 1024


async def test_a_server_that_never_answers_times_out(opened: Egress, canary: Canary) -> None:
    answer = await ask(opened, canary.url("/never"), timeout_ms=20)
    assert code(answer) == "timeout" and answer["error"]["retryable"] is True
    context = replace(CONTEXT, timeout_ms=20)
    answer = await opened.http_request({"url": canary.url("/never"), "timeout_ms": 60_000}, context)
    assert code(answer) == "timeout" and "20 ms" in answer["error"]["message"]


async def test_a_handler_that_is_cancelled_ends(opened: Egress, canary: Canary) -> None:
    task = asyncio.create_task(ask(opened, canary.url("/never")))
    await canary.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_server_that_is_not_there_is_a_failure_worth_a_retry(canary: Canary) -> None:
    egress = Egress(allow=["127.0.0.1:1"], resolve=resolve)
    answer = await ask(egress, "http://127.0.0.1:1/")
    assert code(answer) == "connection_failed" and answer["error"]["retryable"] is True
    await egress.close()


async def test_an_answer_that_asks_for_a_pause_says_how_long(opened: Egress, canary: Canary) -> None:
    answer = await ask(opened, canary.url("/busy"))
    assert (answer["ok"], answer["status"], answer["retry_after_ms"]) == (True, 429, 3000)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/bad_json", {"body": '{"a":1,"a":2}'}),
        ("/binary", {"body": base64.b64encode(b"\x89PNG\xff").decode(), "body_base64": True}),
        ("/latin", {"body": "café"}),
        ("/empty", {"body": None}),
    ],
)
async def test_a_body_is_json_text_or_base64(opened: Egress, canary: Canary, path: str, body: dict[str, Any]) -> None:
    answer = await ask(opened, canary.url(path))
    assert {k: v for k, v in answer.items() if k.startswith("body")} == body


async def test_repeated_headers_are_joined_and_cookies_are_not_kept(opened: Egress, canary: Canary) -> None:
    answer = await ask(opened, canary.url("/cookies"))
    assert answer["headers"]["x-two"] == "a, b"
    assert answer["headers"]["set-cookie"].splitlines() == ["one=1; Path=/", "two=2; Path=/"]
    await ask(opened, canary.url())
    assert "Cookie" not in canary.requests[1].headers


@pytest.mark.parametrize(
    "more",
    [
        {"method": "TRACE"},
        {"method": "GET /\r\n"},
        {"method": 5},
        {"headers": []},
        {"headers": {"Host": "other"}},
        {"headers": {"Content-Length": "5"}},
        {"headers": {"Proxy-Authorization": "x"}},
        {"headers": {"transfer-encoding": "chunked"}},
        {"headers": {"a b": "c"}},
        {"headers": {"": "c"}},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"a": "b\0"}},
        {"headers": {"a": ["b"]}},
        {"query": "a=b"},
        {"query": {"a": {"b": 1}}},
        {"body": "not base64!", "body_base64": True},
        {"body": {"a": 1}, "body_base64": True},
        {"timeout_ms": 0},
        {"timeout_ms": "1"},
        {"timeout_ms": True},
        {"redirects": 3},
        {"url": None},
        {"url": "http://127.0.0.1/" + "x" * 20_000},
        {"url": "http://a..b/"},
        {"url": "http://.test/"},
        {"url": f"http://{'a' * 64}.test/"},
        {"url": f"http://{'a.' * 128}test/"},
        {"url": "http://xn--/"},
        {"body": "\ud800"},
    ],
)
async def test_a_request_that_cannot_be_understood_is_refused(
    opened: Egress, canary: Canary, more: dict[str, Any]
) -> None:
    request = {"op": "http_request", "url": canary.url()} | more
    assert code(await opened.http_request(request, CONTEXT)) == "request_invalid"
    assert canary.connections == 0


@pytest.mark.parametrize(
    ("retry_after", "date", "pause"),
    [
        ("0", "", 0),
        (" 120 ", "", 120_000),
        ("Wed, 21 Oct 2015 07:28:10 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 10_000),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:10 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00", None),
        ("-5", "", None),
        ("1.5", "", None),
        ("soon", "soon", None),
        ("9" * 30, "", None),
        ("", "", None),
    ],
)
def test_a_pause_is_seconds_or_a_date(retry_after: str, date: str, pause: int | None) -> None:
    assert retry_after_ms(retry_after, date) == pause
