"""Hooks as their authors see them: which there are, what a delivery would begin, and the next delivery that comes.

Trying a delivery takes the way of a real one, up to where the run would begin. Who may try is who may deliver.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from cypher_executor.core.events import RunId
from cypher_executor.errors import CypherExecutorError
from cypher_executor.service.answers import triggers
from cypher_executor.service.deliveries import Admitted, admitted, hook_of, on_behalf
from cypher_executor.service.delivery_view import delivery_view
from cypher_executor.service.endpoint import Endpoint, Exchange, Method, Told, reply
from cypher_executor.service.hooks import Hook
from cypher_executor.service.recipe_view import hook_view
from cypher_executor.service.requests_triggers import HooksQuery, NextDeliveryQuery
from cypher_executor.service.routes.hooks import BODY, FAMILY, REFUSED

METHODS: tuple[Method, ...] = ("POST", "PUT", "PATCH", "DELETE")


async def list_all(exchange: Exchange) -> Response:
    """Every hook, or those of one recipe."""
    query: HooksQuery = exchange.query
    hooks = await exchange.hooks.all(exchange.caller.tenant)
    stored = {secret.name for secret in await exchange.house.vault.list(exchange.caller.tenant)}
    shown = [_hook(hook, stored, exchange.base_url) for hook in hooks if query.recipe in (None, hook.recipe)]
    return reply(200, {"hooks": shown})


async def try_out(exchange: Exchange) -> Response:
    """What a delivery would begin. Whoever looks on sees it, too."""
    hook: Hook | None = None
    path, onlookers = exchange.path["path"], exchange.hooks.onlookers
    try:
        hook = await hook_of(exchange)
        exchange = on_behalf(exchange, hook)
        delivery = await admitted(exchange, hook)
        prepared = await exchange.house.library.prepare(hook.tenant, hook.recipe, delivery.asked.input)
        earlier = await _earlier(exchange, delivery)
    except CypherExecutorError as refused:
        onlookers.show(exchange.caller.tenant, path, partial(delivery_view, exchange, hook, refused, tried=True))
        raise
    onlookers.show(exchange.caller.tenant, path, partial(delivery_view, exchange, hook, earlier, tried=True))
    told = {"accepted": True, "started": False, "run": earlier}
    return reply(200, {**told, "input": prepared.input, "trigger": delivery.asked.trigger})


async def _earlier(exchange: Exchange, delivery: Admitted) -> RunId | None:
    """The run that this very delivery has begun before."""
    holder = None if delivery.claim is None else await exchange.house.journal.claimed(delivery.claim)
    return None if holder is None else holder.run


async def next_delivery(exchange: Exchange) -> Response:
    """Wait for a delivery, real or tried, and show it."""
    query: NextDeliveryQuery = exchange.query
    limit_s = min(query.wait, exchange.house.settings.wait_limit_s)
    coming = exchange.hooks.onlookers.next(exchange.caller.tenant, exchange.path["path"])
    return reply(200, {"delivery": await exchange.waiting.within(coming, limit_s)})


def _hook(hook: Hook, stored: set[str], base_url: str) -> dict[str, Any]:
    settings = hook.settings
    signing = {
        "form": settings.signature,
        "secret": settings.secret,
        "secret_stored": settings.secret in stored,
        "tolerance_ms": settings.tolerance_ms,
    }
    told = {"recipe": hook.recipe, "path": settings.path, **hook_view(hook.node, settings, base_url)}
    return {**told, "signing": signing if settings.auth == "hmac" else None}


def _trying(method: Method) -> Endpoint:
    return Endpoint(
        name=f"{method.lower()}_hook_test",
        method=method,
        path="/hooks-test/{path}",
        summary="What a delivery to a hook would begin; nothing begins",
        family=FAMILY,
        handler=try_out,
        needs=None,
        open=True,
        body=BODY,
        answers={200: Told("it would be accepted, and would begin this", triggers.HookTried)},
        errors=REFUSED,
    )


ENDPOINTS = (
    Endpoint(
        name="list_hooks",
        method="GET",
        path="/hooks",
        summary="Every hook that the stored recipes declare: where it is called, by whom, and how it is signed",
        family=FAMILY,
        handler=list_all,
        needs="read",
        query=HooksQuery,
        answers={200: Told("the hooks, by path", triggers.HookList)},
        errors=("journal_unavailable",),
    ),
    Endpoint(
        name="next_delivery",
        method="GET",
        path="/hooks-test/{path}",
        summary="Wait for the next delivery to this hook, real or tried, and show what came and what became of it",
        family=FAMILY,
        handler=next_delivery,
        needs="read",
        query=NextDeliveryQuery,
        answers={200: Told("the delivery; or null, when none came in time", triggers.NextDelivery)},
        errors=("too_many_waiting",),
    ),
    *map(_trying, METHODS),
)
