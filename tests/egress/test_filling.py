"""Handles become values on the way out, where they may stand and where they may go, and names on the way back."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import aiohttp
import pytest
from aiohttp import web

from cypher_executor.adapters.egress import Egress, connection, permission
from cypher_executor.adapters.egress.redaction import Redaction
from cypher_executor.core.grants import read_grants
from cypher_executor.core.parts import Grants
from cypher_executor.core.secret_handles import handle
from cypher_executor.errors import Unavailable
from cypher_executor.ports import CallContext, OpenSecret
from tests.egress.conftest import ANSWERS, CONTEXT, Canary, resolve

VALUE = 'cAnarY "quoted" <ü&=+/\\%> 4711'
TOKEN = "tok-CANARY-0123456789"


class Held:
    """Secrets that this test has; `asked` is which were opened."""

    def __init__(self, secrets: Mapping[str, OpenSecret]) -> None:
        self.secrets = secrets
        self.asked: list[str] = []

    async def reveal(self, tenant: str, names: Iterable[str]) -> Mapping[str, OpenSecret]:
        self.asked += sorted(names)
        if "BROKEN" in names:
            raise Unavailable("the secret BROKEN does not open", code="secret_damaged")
        return {name: self.secrets[name] for name in names if name in self.secrets and tenant == "default"}


@pytest.fixture
def held() -> Held:
    return Held(
        {
            "VALUE": OpenSecret(VALUE),
            "TOKEN": OpenSecret(TOKEN),
            "KEPT": OpenSecret(TOKEN, ("https://elsewhere.test/*",)),
            "LINES": OpenSecret("two\r\nlines"),
        }
    )


@pytest.fixture
async def egress(canary: Canary, held: Held) -> AsyncIterator[Egress]:
    one = Egress(allow=[f"127.0.0.1:{canary.port}"], secrets=held, resolve=resolve)
    yield one
    await one.close()


def context(canary: Canary, **grants: Any) -> CallContext:
    site = f"http://127.0.0.1:{canary.port}/*"
    given = {"http": [site], "secrets": ["VALUE", "TOKEN", "KEPT", "LINES", "MISSING", "BROKEN"]} | grants
    return replace(CONTEXT, seed="seed", allowed=read_grants(given))


def secret(name: str, seed: str = "seed", run: str = "run_1") -> str:
    return handle(seed, run, name)


async def ask(egress: Egress, canary: Canary, path: str = "/", about: CallContext | None = None, **more: Any) -> Any:
    request = {"op": "http_request", "url": canary.url(path), **more}
    return await egress.http_request(request, about or context(canary))


async def test_a_handle_in_a_header_is_filled_in(egress: Egress, canary: Canary) -> None:
    await ask(egress, canary, headers={"Authorization": f"Bearer {secret('TOKEN')}", "X-Two": secret("TOKEN") * 2})
    [request] = canary.requests
    assert request.headers["Authorization"] == f"Bearer {TOKEN}" and request.headers["X-Two"] == TOKEN * 2


async def test_a_handle_inside_of_basic_credentials_is_filled_in(egress: Egress, canary: Canary) -> None:
    credentials = base64.b64encode(f"user:{secret('VALUE')}".encode()).decode()
    await ask(egress, canary, headers={"Authorization": f"Basic {credentials}"})
    sent = canary.requests[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == f"user:{VALUE}"


@pytest.mark.parametrize("by_map", [True, False])
async def test_a_handle_in_the_query_is_filled_in(egress: Egress, canary: Canary, by_map: bool) -> None:
    if by_map:
        await ask(egress, canary, "/?a=1&a=2", query={"key": f"x{secret('VALUE')}y"})
    else:
        await ask(egress, canary, f"/?a=1&a=2&key=x{quote(secret('VALUE'))}y")
    assert list(canary.requests[0].query.items()) == [("a", "1"), ("a", "2"), ("key", f"x{VALUE}y")]


async def test_a_handle_in_a_json_body_is_quoted_as_json(egress: Egress, canary: Canary) -> None:
    await ask(egress, canary, method="POST", body={"deep": [{"key": f"<{secret('VALUE')}>"}]})
    assert json.loads(canary.bodies[0]) == {"deep": [{"key": f"<{VALUE}>"}]}


async def test_a_handle_in_a_form_is_quoted_as_forms_are(egress: Egress, canary: Canary) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    await ask(egress, canary, method="POST", headers=headers, body=f"a=1&key={secret('VALUE')}")
    assert parse_qs(canary.bodies[0].decode()) == {"a": ["1"], "key": [VALUE]}


@pytest.mark.parametrize("as_base64", [True, False])
async def test_a_handle_in_any_other_body_is_replaced_as_it_stands(
    egress: Egress, canary: Canary, as_base64: bool
) -> None:
    body = b"\xff\x00" + secret("VALUE").encode() + b"\xfe" if as_base64 else secret("VALUE").encode()
    given = base64.b64encode(body).decode() if as_base64 else body.decode()
    await ask(egress, canary, method="POST", body=given, body_base64=as_base64)
    assert canary.bodies == [body.replace(secret("VALUE").encode(), VALUE.encode())]


@pytest.mark.parametrize("where", ["/{}", "/a/{}?x=1", "/%73ecret{}", "/x#{}"])
async def test_a_handle_in_the_path_is_refused(egress: Egress, canary: Canary, held: Held, where: str) -> None:
    text = secret("TOKEN").removeprefix("secret") if "%73" in where else secret("TOKEN")
    answer = await ask(egress, canary, where.format(text))
    assert answer["error"]["code"] == "request_invalid" and "TOKEN" in answer["error"]["message"]
    assert canary.connections == 0 and held.asked == []


@pytest.mark.parametrize("run", [{"run": "run_2"}, {"seed": "another"}])
async def test_a_handle_of_another_run_is_a_text_like_any_other(
    egress: Egress, canary: Canary, held: Held, run: dict[str, str]
) -> None:
    await ask(egress, canary, headers={"X-Key": secret("TOKEN", **run)})
    assert canary.requests[0].headers["X-Key"] == secret("TOKEN", **run) and held.asked == []


@pytest.mark.parametrize(
    ("grants", "says"),
    [
        ({"secrets": []}, "the recipe does not grant the secret TOKEN"),
        ({"secrets": ["OTHER"]}, "the recipe does not grant the secret TOKEN"),
        ({"secrets": {"TOKEN": ["https://elsewhere.test/*"]}}, "the recipe does not grant the secret TOKEN"),
        ({"http": ["*"]}, "the recipe does not grant the secret TOKEN"),
    ],
)
async def test_a_secret_goes_only_where_the_recipe_grants_it(
    egress: Egress, canary: Canary, held: Held, grants: dict[str, Any], says: str
) -> None:
    answer = await ask(egress, canary, about=context(canary, **grants), headers={"X-Key": secret("TOKEN")})
    assert answer["error"]["code"] == "grant_missing" and says in answer["error"]["message"]
    assert canary.connections == 0 and held.asked == []


async def test_a_secret_goes_only_where_the_operator_keeps_it(egress: Egress, canary: Canary) -> None:
    answer = await ask(egress, canary, headers={"X-Key": secret("KEPT")})
    assert answer["error"]["code"] == "grant_missing" and "https://elsewhere.test/*" in answer["error"]["message"]
    assert canary.connections == 0


async def test_a_part_that_was_not_granted_secrets_sends_none(egress: Egress, canary: Canary) -> None:
    about = replace(context(canary), grants=Grants(http=("*",), secrets=("OTHER",)))
    answer = await ask(egress, canary, about=about, headers={"X-Key": secret("TOKEN")})
    assert answer["error"]["code"] == "grant_missing" and "part.toml" in answer["error"]["message"]
    assert canary.connections == 0


SIGN = {"scheme": "standard_webhooks"}


async def test_a_secret_that_signs_needs_the_same_grants_and_is_not_sent(egress: Egress, canary: Canary) -> None:
    sign = {**SIGN, "secret": secret("TOKEN")}
    refused = await ask(egress, canary, about=context(canary, secrets=[]), method="POST", sign=sign)
    assert refused["error"]["code"] == "grant_missing" and canary.connections == 0
    assert (await ask(egress, canary, method="POST", sign=sign))["status"] == 200
    [request] = canary.requests
    assert request.headers["Webhook-Signature"].startswith("v1,") and TOKEN not in str(dict(request.headers))


@pytest.mark.parametrize(
    "sign",
    [
        {**SIGN, "secret": "x", "id": "a\r\nb: c"},
        {"scheme": "aws_sigv4", "access_key": "{LINES}", "secret_key": "x", "region": "r"},
        {"scheme": "aws_sigv4", "access_key": "x", "secret_key": "x", "region": "r\nx"},
    ],
)
async def test_a_signature_cannot_end_its_header(egress: Egress, canary: Canary, sign: dict[str, str]) -> None:
    sign = {name: value.replace("{LINES}", secret("LINES")) for name, value in sign.items()}
    told = await ask(egress, canary, method="POST", sign=sign)
    assert told["error"]["code"] == "request_invalid" and "lines" not in told["error"]["message"]
    assert canary.connections == 0


async def test_a_secret_that_is_not_stored_is_told(egress: Egress, canary: Canary) -> None:
    answer = await ask(egress, canary, headers={"X-Key": secret("MISSING")})
    assert answer["error"]["code"] == "unknown_secret" and "secrets set MISSING" in answer["error"]["message"]


async def test_a_secret_that_cannot_be_opened_fails_the_request_in_a_way_that_may_pass(
    egress: Egress, canary: Canary
) -> None:
    answer = await ask(egress, canary, headers={"X-Key": secret("BROKEN")})
    assert answer["error"]["code"] == "secret_damaged" and answer["error"]["retryable"] is True


async def test_a_value_that_would_end_a_header_is_refused_without_being_told(egress: Egress, canary: Canary) -> None:
    answer = await ask(egress, canary, headers={"X-Key": secret("LINES")})
    assert answer["error"]["code"] == "request_invalid" and "lines" not in answer["error"]["message"]
    assert canary.connections == 0


async def test_the_request_that_was_journaled_stays_as_it_was(egress: Egress, canary: Canary) -> None:
    request = {"op": "http_request", "url": canary.url(), "headers": {"X": secret("TOKEN")}, "body": secret("TOKEN")}
    before = json.dumps(request)
    await egress.http_request({**request, "method": "POST"}, context(canary))
    assert json.dumps(request) == before


FORMS = {
    "as it is": VALUE,
    "json": json.dumps(VALUE),
    "json without escapes": json.dumps(VALUE, ensure_ascii=False),
    "json with slashes quoted": json.dumps(VALUE).replace("/", "\\/"),
    "json in capitals": json.dumps(VALUE).replace("\\u00fc", "\\u00FC"),
    "html": html.escape(VALUE),
    "percent": quote(VALUE, safe=""),
    "percent in small letters": quote(VALUE, safe="").replace("%C3%BC", "%c3%bc"),
    "form": quote_plus(VALUE),
    "base64": base64.b64encode(VALUE.encode()).decode(),
    "base64 behind one": base64.b64encode(b"x" + VALUE.encode() + b"yz").decode(),
    "base64 behind two": base64.b64encode(b"xy" + VALUE.encode() + b"z").decode(),
    "base64 for addresses": base64.urlsafe_b64encode(b"user:" + VALUE.encode()).decode(),
    "in capitals": VALUE.upper(),
    "in small letters": VALUE.lower(),
    "hexadecimal": VALUE.encode().hex(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_taken_out_in_every_form_that_servers_give_it(form: str) -> None:
    redaction = Redaction({"V": VALUE})
    told = redaction.text(f"before {FORMS[form]} behind")
    assert "[secret V]" in told and told.startswith("before") and told.endswith("behind")
    assert "4711" not in told and "canary" not in told.lower()


def test_a_value_is_taken_out_of_keys_and_numbers() -> None:
    redaction = Redaction({"PIN": "12345678"})
    assert redaction.value({"12345678": [12345678, 9123456780, 5, True, None]}) == {
        "[secret PIN]": ["[secret PIN]", "9[secret PIN]0", 5, True, None]
    }


def test_the_longer_of_two_values_is_taken_out_first() -> None:
    assert Redaction({"A": "token", "B": "token-and-more"}).text("token-and-more token") == "[secret B] [secret A]"


def test_without_secrets_nothing_is_touched() -> None:
    value = {"a": ["[secret X]", 1.5, None]}
    assert Redaction({}).value(value) is value


async def _echo(request: web.Request) -> web.StreamResponse:
    headers = {"X-Echo": request.headers["X-Key"], f"X-{TOKEN}": "1", "Location": f"/x?key={quote(TOKEN)}"}
    told = {"headers": dict(request.headers), "query": request.query_string, "body": (await request.read()).decode()}
    return web.json_response(told, status=302 if "redirect" in request.query_string else 200, headers=headers)


async def _echo_bytes(request: web.Request) -> web.StreamResponse:
    body = b"\xff\x00" + TOKEN.encode() + b"\xfe" + TOKEN.encode("utf-16-le")
    return web.Response(body=body, content_type="application/octet-stream")


async def _echo_text(request: web.Request) -> web.StreamResponse:
    body = f"{TOKEN} {base64.b64encode(TOKEN.encode()).decode()}".encode("utf-16")
    return web.Response(body=body, headers={"Content-Type": "text/plain; charset=utf-16"}, status=500)


@pytest.mark.parametrize("path", ["/echo", "/echo?redirect=1", "/echo_bytes", "/echo_text"])
async def test_what_a_server_repeats_is_taken_out(
    egress: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for name, answer in (("echo", _echo), ("echo_bytes", _echo_bytes), ("echo_text", _echo_text)):
        monkeypatch.setitem(ANSWERS, f"/{name}", answer)
    key = secret("TOKEN")
    told = await ask(
        egress, canary, path, method="POST", headers={"X-Key": key}, query={"k": key}, body={"k": key, "n": 1}
    )
    assert told["ok"] is True and "CANARY" not in json.dumps(told) and TOKEN.encode().hex() not in json.dumps(told)
    if told.get("body_base64"):
        raw = base64.b64decode(told["body"])
        assert b"CANARY" not in raw and "CANARY".encode("utf-16-le") not in raw
    assert TOKEN in canary.requests[0].headers["X-Key"]


async def test_an_error_of_the_client_has_no_value(
    egress: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(self: object, *_: object) -> None:
        raise RuntimeError(f"could not send {TOKEN}")

    monkeypatch.setattr(connection.Connections, "_send", breaks)
    told = await ask(egress, canary, headers={"X-Key": secret("TOKEN")})
    assert told["error"]["code"] == "internal_error"
    assert "CANARY" not in json.dumps(told) and "CANARY" not in caplog.text and "breaks" in caplog.text


async def test_without_redaction_the_value_would_come_back(
    egress: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: the tests above see it."""
    monkeypatch.setitem(ANSWERS, "/echo", _echo)
    monkeypatch.setattr(Redaction, "value", lambda _self, value: value)
    told = await ask(egress, canary, "/echo", headers={"X-Key": secret("TOKEN")})
    assert "CANARY" in json.dumps(told)


async def test_without_the_check_the_value_would_go_anywhere(
    egress: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another."""
    monkeypatch.setattr(connection, "check_secret", lambda *_: None)
    await ask(egress, canary, about=context(canary, secrets=[]), headers={"X-Key": secret("TOKEN")})
    assert canary.requests[0].headers["X-Key"] == TOKEN
    assert permission.check_secret is not connection.check_secret


async def test_following_redirects_would_send_the_value_on(
    egress: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another: a redirect is an answer, and nothing is sent after it."""
    request = aiohttp.ClientSession.request

    def follow(self: aiohttp.ClientSession, *args: Any, **more: Any) -> Any:
        return request(self, *args, **{**more, "allow_redirects": True})

    about = {"headers": {"X-Key": secret("TOKEN")}}
    await ask(egress, canary, "/redirect", **about)
    assert [r.headers["X-Key"] for r in canary.requests] == [TOKEN]
    monkeypatch.setattr(aiohttp.ClientSession, "request", follow)
    await ask(egress, canary, "/redirect", **about)
    assert [r.headers["X-Key"] for r in canary.requests] == [TOKEN] * 3
