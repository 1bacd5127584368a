"""Secrets: values go in, names come out. No answer, and no error, has a value in it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cypher_executor.adapters.secrets import SecretInfo
from cypher_executor.errors import NotFound, nearest
from cypher_executor.service import answers
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.requests import PutSecret
from cypher_executor.service.times import iso

FAMILY = "secrets"


async def list_secrets(exchange: Exchange) -> Response:
    """The names of all secrets."""
    found = await exchange.house.vault.list(exchange.caller.tenant)
    return reply(200, {"secrets": [_told(secret) for secret in found]})


async def show_secret(exchange: Exchange) -> Response:
    """What may be said of one secret."""
    name = exchange.path["name"]
    found = await exchange.house.vault.find(exchange.caller.tenant, name)
    if found is None:
        raise await _unknown(exchange, name)
    return reply(200, _told(found))


async def put_secret(exchange: Exchange) -> Response:
    """Store a value, in the place of an earlier one."""
    name, given = exchange.path["name"], exchange.body
    stored = await exchange.house.vault.put(
        exchange.caller.tenant, name, given.value.get_secret_value(), tuple(given.hosts)
    )
    return reply(200, _told(stored))


async def delete_secret(exchange: Exchange) -> Response:
    """Forget a secret."""
    name = exchange.path["name"]
    if not await exchange.house.vault.delete(exchange.caller.tenant, name):
        raise await _unknown(exchange, name)
    return reply(200, {"name": name, "deleted": True})


async def rotate_keys(exchange: Exchange) -> Response:
    """Seal everything with a new key."""
    return reply(200, {"sealed": await exchange.house.vault.rotate()})


def _told(secret: SecretInfo) -> dict[str, Any]:
    return {
        "name": secret.name,
        "hosts": list(secret.hosts),
        "key_id": secret.key_id,
        "changed_at": iso(secret.changed_us),
    }


async def _unknown(exchange: Exchange, name: str) -> NotFound:
    known = [secret.name for secret in await exchange.house.vault.list(exchange.caller.tenant)]
    return NotFound(f"there is no secret {name!r}", code="unknown_secret", did_you_mean=nearest(name, known))


ENDPOINTS = (
    Endpoint(
        name="list_secrets",
        method="GET",
        path="/secrets",
        summary="The names of all secrets",
        family=FAMILY,
        handler=list_secrets,
        needs="admin",
        answers={200: Told("the secrets, by name, without their values", answers.SecretList)},
    ),
    Endpoint(
        name="show_secret",
        method="GET",
        path="/secrets/{name}",
        summary="What may be said of a secret",
        family=FAMILY,
        handler=show_secret,
        needs="admin",
        answers={200: Told("the secret, without its value", answers.SecretAnswer)},
        errors=("unknown_secret",),
    ),
    Endpoint(
        name="put_secret",
        method="PUT",
        path="/secrets/{name}",
        summary="Store the value of a secret",
        family=FAMILY,
        handler=put_secret,
        needs="admin",
        body=json_body(PutSecret),
        answers={200: Told("it is stored", answers.SecretAnswer)},
        errors=("request_invalid", "invalid_name", "secret_key_missing", "secret_key_exposed"),
    ),
    Endpoint(
        name="delete_secret",
        method="DELETE",
        path="/secrets/{name}",
        summary="Forget a secret",
        family=FAMILY,
        handler=delete_secret,
        needs="admin",
        answers={200: Told("it is no more", answers.SecretForgotten)},
        errors=("unknown_secret",),
    ),
    Endpoint(
        name="rotate_secret_key",
        method="POST",
        path="/secret-keys",
        summary="Seal all secrets with a new key",
        family=FAMILY,
        handler=rotate_keys,
        needs="admin",
        answers={200: Told("they are sealed with a new key, and the old one is forgotten", answers.SecretsRotated)},
        errors=("keys_are_given", "secret_key_missing", "secret_key_exposed", "secret_damaged"),
    ),
)
