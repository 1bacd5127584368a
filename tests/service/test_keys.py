"""API keys: whoever has none is kept out, whoever has one is let in for what it is for, and as its tenant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from cypher_executor.core.keys import Key, digest_of, id_of, written
from cypher_executor.keys import Keys
from cypher_executor.service.app import create_app
from cypher_executor.service.families import ENDPOINTS
from cypher_executor.settings import Settings
from cypher_executor.wiring import House, open_house
from tests.service.support import ECHO, Ask, body, refused

HOOK = "CREATE (h:webhook {path: '%s', auth: '%s'})-[:STARTS]->(a {x: $x}) RETURN a.x AS x"


@asynccontextmanager
async def asked_of(house: House, key: str | None = None) -> AsyncIterator[Ask]:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    transport = httpx2.ASGITransport(app=create_app(house.settings, house=house))
    async with httpx2.AsyncClient(transport=transport, base_url="http://flows.example.com", headers=headers) as client:
        yield Ask(client)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def locked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house of its own, as its keys shut out everybody else."""
    folder = tmp_path_factory.mktemp("locked")
    settings = Settings(data_dir=folder, workers=1, seeds=False, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    async with open_house(settings) as house:
        await house.keys.make("default", "operator", ["admin"])
        yield house


async def made(house: House, *scopes: str, tenant: str = "default") -> str:
    return (await house.keys.make(tenant, "test", scopes))[1]


async def test_every_endpoint_that_needs_a_key_refuses_who_has_none(locked: House) -> None:
    guarded = [each for each in ENDPOINTS if each.needs is not None]
    assert len(guarded) > 20
    async with asked_of(locked) as ask:
        for each in guarded:
            answer = await ask.request(each.method, each.path.replace("{", "").replace("}", ""))
            refused(answer, 401, "key_missing")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_what_tells_of_nobody_needs_no_key(locked: House) -> None:
    async with asked_of(locked) as ask:
        for path in ("/healthz", "/readyz", "/version", "/openapi.json"):
            assert (await ask.get(path)).status_code == 200
        for path in ("/healthz/", "/x/healthz", "/keys/healthz", "http://flows.example.com//healthz"):
            assert (await ask.get(path)).status_code in (401, 404, 405)


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "X-Arcrun-API-Key"])
async def test_a_key_is_taken_from_each_of_its_headers(locked: House, header: str) -> None:
    key = await made(locked, "read")
    presented = f"bearer  {key}" if header == "Authorization" else key
    async with asked_of(locked) as ask:
        assert (await ask.get("/recipes", headers={header: presented})).status_code == 200


async def wrong_keys(house: House) -> Iterable[str]:
    key = await made(house, "admin")
    other = await made(house, "admin")
    yielded = ["cx_", "nonsense", key.upper(), key[:-1], f"{key}a", key[:14] + other[14:], f" {key} x", "ключ"]
    return [*yielded, written(b"\0" * 6, b"\0" * 20)]


async def test_a_key_that_is_wrong_anywhere_opens_nothing(locked: House) -> None:
    async with asked_of(locked) as ask:
        for key in await wrong_keys(locked):
            answer = await ask.get("/recipes", headers={"x-api-key": key.encode()})  # type: ignore[dict-item]
            refused(answer, 401, "key_invalid")


@pytest.mark.parametrize(
    ("scope", "method", "path", "allowed"),
    [
        ("read", "GET", "/runs", True),
        ("read", "POST", "/runs", False),
        ("run", "POST", "/runs", True),
        ("run", "GET", "/runs", False),
        ("run", "PUT", "/recipes/x", False),
        ("write", "PUT", "/recipes/x", True),
        ("write", "GET", "/secrets", False),
        ("write", "POST", "/keys", False),
        ("admin", "GET", "/secrets", True),
        ("admin", "GET", "/runs", True),
        ("admin", "POST", "/runs", True),
    ],
)
async def test_a_key_does_what_its_scopes_say(locked: House, scope: str, method: str, path: str, allowed: bool) -> None:
    async with asked_of(locked, await made(locked, scope)) as ask:
        answer = await ask.request(method, path, json={"cypher": ECHO} if method != "GET" else None)
        if allowed:
            assert answer.status_code < 400, answer.text
        else:
            assert repr(path) not in refused(answer, 403, "scope_missing")["detail"]


async def test_a_page_of_another_site_cannot_borrow_a_key(locked: House) -> None:
    """Its request has no key: browsers add none by themselves."""
    async with asked_of(locked) as ask:
        answer = await ask.request("POST", "/runs", json={"cypher": ECHO}, headers={"origin": "http://evil.example"})
        refused(answer, 401, "key_missing")


async def test_a_key_opens_what_is_its_tenants_and_nothing_else(locked: House) -> None:
    mine, theirs = await made(locked, "admin", tenant="mine"), await made(locked, "admin", tenant="theirs")
    async with asked_of(locked, mine) as ask, asked_of(locked, theirs) as other:
        await ask.store("secretive", ECHO)
        run = await ask.run("secretive", {"x": 1})
        for path in (f"/runs/{run['id']}", f"/runs/{run['id']}/steps/a", "/recipes/secretive"):
            assert (await ask.get(path)).status_code == 200
            theirs_told = (await other.get(path)).json()
            unknown = (await other.get(path.replace(run["id"], "run_0").replace("secretive", "none"))).json()
            assert (theirs_told["status"], theirs_told["code"]) == (unknown["status"], unknown["code"])
        assert body(await other.get("/runs"))["runs"] == []
        assert body(await other.get("/recipes"))["recipes"] == []
        assert [k["tenant"] for k in body(await other.get("/keys"))["keys"]] == ["theirs"]


async def test_keys_of_other_tenants_are_made_by_who_runs_the_service_alone(locked: House) -> None:
    async with asked_of(locked, await made(locked, "admin", tenant="guest")) as ask:
        refused(await ask.post("/keys", {"name": "k", "tenant": "default", "scopes": ["admin"]}), 403, "tenant_refused")
        told = await ask.post("/keys", {"name": "k"})
        assert told.status_code == 201 and body(told)["tenant"] == "guest"
        assert body(told)["scopes"] == ["read", "run", "write"]
        operators = next(key for key in locked.keys.of_tenant("default"))
        refused(await ask.request("DELETE", f"/keys/{operators.id}"), 404, "unknown_key")
    async with asked_of(locked, await made(locked, "admin")) as ask:
        told = await ask.post("/keys", {"name": "k", "tenant": "new", "scopes": ["read"]})
        assert told.status_code == 201 and body(told)["tenant"] == "new"


async def test_a_revoked_key_opens_nothing_from_then_on(locked: House) -> None:
    key = await made(locked, "admin")
    async with asked_of(locked, key) as ask:
        assert (await ask.get("/runs")).status_code == 200
        revoked = await ask.request("DELETE", f"/keys/{id_of(key)}")
        assert revoked.status_code == 200 and body(revoked)["revoked_at"]
        refused(await ask.get("/runs"), 401, "key_invalid")


def files_with(folder: Path, secret: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


async def test_a_key_is_told_once_and_kept_nowhere(locked: House) -> None:
    async with asked_of(locked, await made(locked, "admin")) as ask:
        told = body(await ask.post("/keys", {"name": "once", "scopes": ["read"]}))
        assert told["key"].split("_")[1] == told["id"]
        listed = await ask.get("/keys")
        assert told["id"] in listed.text and told["key"] not in listed.text
    secret = told["key"].rpartition("_")[2].encode()
    assert not await asyncio.to_thread(files_with, locked.settings.data_dir, secret)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"name": ""}, "invalid_name"),
        ({"name": "a\nb"}, "invalid_name"),
        ({"name": "k", "tenant": "\u202edefault"}, "invalid_name"),
        ({"name": "k", "scopes": []}, "scope_invalid"),
        ({"name": "k", "scopes": ["reed"]}, "scope_invalid"),
        ({"name": "k", "expires_in": "soon"}, "request_invalid"),
        ({"name": "k", "expires_in": 0}, "request_invalid"),
        ({"scopes": ["read"]}, "request_invalid"),
    ],
)
async def test_what_cannot_be_a_key_is_refused(locked: House, asked: dict[str, Any], code: str) -> None:
    async with asked_of(locked, await made(locked, "admin")) as ask:
        problem = refused(await ask.post("/keys", asked), 422, code)
        if asked.get("scopes") == ["reed"]:
            assert problem["did_you_mean"] == "read"


async def test_the_first_key_is_an_administrators(house: House, ask: Ask) -> None:
    refused(await ask.post("/keys", {"name": "k", "scopes": ["read"]}), 422, "first_key_not_admin")
    refused(await ask.post("/keys", {"name": "k", "scopes": ["admin"], "tenant": "x"}), 422, "first_key_not_admin")
    assert not house.keys.exist


async def test_keys_are_still_there_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, workers=1, seeds=False, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    async with open_house(settings) as house:
        key, text = await house.keys.make("default", "operator", ["admin"])
        await house.keys.revoke(None, key.id)
    async with open_house(settings) as house:
        assert house.keys.exist, "a service that ever had keys never opens by itself"
        assert house.keys.find(text) is None
        async with asked_of(house) as ask:
            refused(await ask.get("/recipes"), 401, "key_missing")


async def test_a_hook_starts_the_recipe_of_whoever_has_it(locked: House) -> None:
    mine, theirs = await made(locked, "admin", tenant="hooked"), await made(locked, "admin", tenant="other")
    async with asked_of(locked, mine) as ask, asked_of(locked, theirs) as other, asked_of(locked) as nobody:
        await ask.store("open", HOOK % ("anybody", "none"))
        await ask.store("shut", HOOK % ("keyed", "key"))
        taken = refused(
            await other.request("PUT", "/recipes/same", content=HOOK % ("anybody", "none")), 409, "hook_taken"
        )
        assert "open" not in taken["detail"]
        told = await nobody.post("/hooks/anybody", {"x": 7})
        assert told.status_code == 202
        run = body(await ask.get(f"/runs/{body(told)['run']}"))
        assert (run["recipe"], run["input"]) == ("open", {"x": 7})
        refused(await nobody.post("/hooks/keyed", {"x": 7}), 401, "key_missing")
        refused(await other.post("/hooks/keyed", {"x": 7}), 404, "unknown_hook")
        assert (await ask.post("/hooks/keyed", {"x": 7})).status_code == 202


class MemoryKeys:
    """`ports.KeyStore`, kept as long as the test."""

    def __init__(self) -> None:
        self.kept: dict[str, Key] = {}

    async def add(self, key: Key) -> None:
        self.kept[key.id] = key

    async def revoke(self, key: str, at_us: int) -> None:
        raise NotImplementedError

    async def all(self) -> list[Key]:
        return [*self.kept.values()]


class Wound:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.us = 1_000_000

    def now_us(self) -> int:
        return self.us


async def test_an_expired_key_opens_nothing() -> None:
    clock = Wound()
    keys = Keys(MemoryKeys(), clock)  # type: ignore[arg-type]
    _, text = await keys.make("default", "k", ["admin"], lasts_ms=5)
    clock.us += 4_999
    assert keys.find(text)
    clock.us += 1
    assert keys.find(text) is None and keys.exist


async def test_what_is_kept_does_not_tell_the_key() -> None:
    store = MemoryKeys()
    key, text = await Keys(store, Wound()).make("default", "k", ["admin"])  # type: ignore[arg-type]
    assert text not in repr(key) and key.digest == digest_of(text) and key.digest.hex() not in repr(key)
