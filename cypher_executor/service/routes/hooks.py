"""Declared webhooks: `/hooks/{path}`, with whatever method, starts the recipe that declares it (`deliveries`)."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from cypher_executor.core.events import FINAL_STATES
from cypher_executor.errors import CypherExecutorError
from cypher_executor.service import answers, starts
from cypher_executor.service.bodies import raw_body
from cypher_executor.service.deliveries import admitted, hook_of, on_behalf
from cypher_executor.service.delivery_view import delivery_view
from cypher_executor.service.endpoint import Endpoint, Exchange, Method, Told, reply
from cypher_executor.service.hooks import Hook

FAMILY = "webhooks"
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODY = raw_body(
    {
        "application/x-www-form-urlencoded": {"type": "object", "additionalProperties": {"type": "string"}},
        "text/plain": {"type": "string"},
    }
)
REFUSED = (
    *("unknown_hook", "method_not_allowed", "host_refused", "origin_refused", "text_invalid"),
    *("signature_missing", "signature_invalid", "delivery_expired", "hook_secret_unusable"),
    *("unknown_recipe", "input_invalid", "header_invalid", "journal_unavailable"),
    *("secret_key_missing", "secret_key_exposed", "secret_damaged"),
)
"""Why a delivery may be turned away."""


async def deliver(exchange: Exchange) -> Response:
    """Start the recipe whose hook this is. Whoever looks on sees the delivery, whatever becomes of it."""
    hook: Hook | None = None
    path, onlookers = exchange.path["path"], exchange.hooks.onlookers
    try:
        hook = await hook_of(exchange)
        exchange = on_behalf(exchange, hook)
        delivery = await admitted(exchange, hook)
        started = await starts.start(exchange, delivery.asked, delivery.claim)
    except CypherExecutorError as refused:
        onlookers.show(exchange.caller.tenant, path, partial(delivery_view, exchange, hook, refused, tried=False))
        raise
    onlookers.show(exchange.caller.tenant, path, partial(delivery_view, exchange, hook, started.run, tried=False))
    if hook.settings.respond == "result":
        limit_s = exchange.house.settings.wait_limit_s
        return _told(await starts.ended_within(exchange, started.run, limit_s), with_result=True)
    return _told(await starts.seen(exchange, started.run), with_result=False)


def _told(view: dict[str, Any], *, with_result: bool) -> Response:
    """Who calls a hook may be anybody, so a run is told by its id, and its result only where the recipe says so."""
    ended = with_result and view["state"] in FINAL_STATES
    told = {"accepted": True, "run": view["id"]}
    if with_result:
        error = view["error"]
        told |= {"state": view["state"], "result": view["result"]}
        told |= {"error": None if error is None else {name: error[name] for name in ("code", "message", "retryable")}}
    return reply(200 if ended else 202, told)


def _endpoint(method: Method) -> Endpoint:
    return Endpoint(
        name=f"{method.lower()}_hook",
        method=method,
        path="/hooks/{path}",
        summary="Call a hook that a recipe declares: body and query become the input of a run",
        family=FAMILY,
        handler=deliver,
        needs=None,
        open=True,
        body=BODY,
        headers=("idempotency-key",),
        answers={
            200: Told("the run has ended, in whatever state, and the hook answers with its result", answers.HookResult),
            202: Told("the run is on disk and goes on", answers.HookAccepted),
        },
        errors=(*REFUSED, "idempotency_conflict", "too_many_runs", "overloaded", "not_ready"),
    )


ENDPOINTS = tuple(map(_endpoint, METHODS))
