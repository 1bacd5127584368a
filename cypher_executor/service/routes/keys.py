"""API keys: made and shown once, listed by their ids, revoked. Whoever runs the service makes keys for every tenant."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cypher_executor.core.durations import duration_ms
from cypher_executor.core.keys import SCOPES, Key
from cypher_executor.errors import RequestInvalid
from cypher_executor.service import answers
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, in_path, reply
from cypher_executor.service.problems import Refusal
from cypher_executor.service.requests import MakeKey
from cypher_executor.service.times import iso

FAMILY = "keys"


async def list_keys(exchange: Exchange) -> Response:
    """The keys of the caller's tenant; those of everybody for whoever runs the service."""
    keys, caller = exchange.house.keys, exchange.caller
    found = keys.all() if caller.operates else keys.of_tenant(caller.tenant)
    return reply(200, {"keys": [_told(key) for key in found]})


async def make_key(exchange: Exchange) -> Response:
    """A new key. From the first one on, every request needs one."""
    asked: MakeKey = exchange.body
    caller = exchange.caller
    tenant = caller.tenant if asked.tenant is None else asked.tenant
    if tenant != caller.tenant and not caller.operates:
        raise Refusal(f"you may make keys of {caller.tenant!r}, not of {tenant!r}", code="tenant_refused")
    lasts_ms = None if asked.expires_in is None else _lasts_ms(asked.expires_in)
    key, text = await exchange.house.keys.make(tenant, asked.name, asked.scopes, lasts_ms=lasts_ms)
    return reply(201, {**_told(key), "key": text}, location=f"/keys/{in_path(key.id)}")


async def revoke_key(exchange: Exchange) -> Response:
    """Let a key open nothing from now on."""
    caller = exchange.caller
    key = await exchange.house.keys.revoke(None if caller.operates else caller.tenant, exchange.path["key"])
    return reply(200, _told(key))


def _lasts_ms(given: str | int) -> int:
    try:
        lasts_ms = duration_ms(given)
    except ValueError as wrong:
        problems = [{"path": "/expires_in", "message": str(wrong)}]
        raise RequestInvalid(f"expires_in: {wrong}", problems=problems) from None
    if lasts_ms == 0:
        problems = [{"path": "/expires_in", "message": "a key that never opens anything is of no use"}]
        raise RequestInvalid("expires_in: a key that never opens anything is of no use", problems=problems)
    return lasts_ms


def _told(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "scopes": [scope for scope in SCOPES if scope in key.scopes],
        "created_at": iso(key.created_us),
        "expires_at": None if key.expires_us is None else iso(key.expires_us),
        "revoked_at": None if key.revoked_us is None else iso(key.revoked_us),
    }


ENDPOINTS = (
    Endpoint(
        name="list_keys",
        method="GET",
        path="/keys",
        summary="Every key, without what opens anything",
        family=FAMILY,
        handler=list_keys,
        needs="admin",
        answers={200: Told("the keys, oldest first", answers.KeyList)},
    ),
    Endpoint(
        name="make_key",
        method="POST",
        path="/keys",
        summary="Make a key; from the first one on, every request needs one",
        family=FAMILY,
        handler=make_key,
        needs="admin",
        body=json_body(MakeKey),
        answers={201: Told("the key, shown this once", answers.KeyMade, ("location",))},
        errors=("invalid_name", "scope_invalid", "first_key_not_admin", "tenant_refused", "journal_unavailable"),
    ),
    Endpoint(
        name="revoke_key",
        method="DELETE",
        path="/keys/{key}",
        summary="Revoke a key: it opens nothing any more",
        family=FAMILY,
        handler=revoke_key,
        needs="admin",
        answers={200: Told("it opens nothing any more", answers.KeyAnswer)},
        errors=("unknown_key", "journal_unavailable"),
    ),
)
