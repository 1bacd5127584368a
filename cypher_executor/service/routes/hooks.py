"""Declared webhooks: `/hooks/{path}`, with whatever method, starts the recipe that declares it.

The hook says who may call it. `none`: everybody. `key`: whoever may start runs here. `hmac`: whoever signs with the
secret; then nothing of the body is looked at before the signature is found to be genuine, and a delivery that comes
again, under the id that its sender gives it, finds the run of the first time.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cypher_executor.core.events import FINAL_STATES
from cypher_executor.core.recipe import Value
from cypher_executor.core.triggers import Webhook
from cypher_executor.engine import Started
from cypher_executor.engine.children import KEEP_KEYS_US
from cypher_executor.errors import NotFound, Unavailable
from cypher_executor.ports import Claim
from cypher_executor.service import answers, starts
from cypher_executor.service.auth import admit
from cypher_executor.service.bodies import raw_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Method, Told, reply
from cypher_executor.service.hooks import Hook, harmless_headers, input_of
from cypher_executor.service.problems import Refusal
from cypher_executor.service.times import iso
from cypher_executor.triggers.signatures import Delivery, Signed, verify

FAMILY = "webhooks"
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEY_FIELD = "api_key"
"""Where callers who have a key may put it beside the input. It never becomes input."""


async def deliver(exchange: Exchange) -> Response:
    """Start the recipe whose hook this is."""
    hook = await _hook(exchange)
    delivery = await _admitted(exchange, hook)
    started = await _started(exchange, hook, delivery)
    if hook.settings.respond == "result":
        limit_s = exchange.house.settings.wait_limit_s
        return _told(await starts.ended_within(exchange, started.run, limit_s), with_result=True)
    return _told(await starts.seen(exchange, started.run), with_result=False)


async def _hook(exchange: Exchange) -> Hook:
    """The hook of this path and method. Raises NotFound, or Refusal where only the method is another."""
    path = exchange.path["path"]
    found = await exchange.hooks.at(exchange.caller.tenant, path)
    hook = next((each for each in found if exchange.method in each.settings.methods), None)
    if hook is not None:
        return hook
    if not found:
        raise NotFound(f"no recipe declares the hook {path!r}", code="unknown_hook")
    allowed = ", ".join(sorted({method for each in found for method in each.settings.methods}))
    message = f"{exchange.method} is not possible here; possible are {allowed}"
    raise Refusal(message, code="method_not_allowed", headers={"allow": allowed})


async def _admitted(exchange: Exchange, hook: Hook) -> str | None:
    """The id of a delivery that may come in; None where it has none. Raises Refusal or Unavailable."""
    settings = hook.settings
    if settings.auth == "key":
        admit(exchange.method, exchange.base_url.partition("://")[0], exchange.headers, "run", exchange.caller.tenant)
    if settings.auth != "hmac":
        return None
    delivery = Delivery(dict(exchange.headers), exchange.body.raw, exchange.house.clock.now_us())
    verdict = verify(settings.signature, await _secrets(exchange, settings), delivery, settings.tolerance_ms)
    if isinstance(verdict, Signed):
        return verdict.id
    if verdict.reason == "secret_invalid":
        raise Unavailable(verdict.message, code="hook_secret_unusable")
    raise Refusal(verdict.message, code=verdict.reason)


async def _secrets(exchange: Exchange, settings: Webhook) -> list[str]:
    assert settings.secret is not None, "a signed hook names its secret"
    found = await exchange.house.vault.reveal(exchange.caller.tenant, [settings.secret])
    if settings.secret not in found:
        message = f"the secret {settings.secret} of this hook is not stored"
        raise Unavailable(message, code="hook_secret_unusable")
    return [found[settings.secret].value]


async def _started(exchange: Exchange, hook: Hook, delivery: str | None) -> Started:
    query = _without_key(_query(exchange), hook)
    given = input_of(exchange.body, query)
    given = _without_key(given, hook) if isinstance(given, dict) else given
    trigger = _trigger(exchange, hook, query)
    if delivery is None:
        return await starts.start(exchange, starts.Asked(given, trigger, hook.recipe))
    return await starts.start(exchange, starts.Asked(given, trigger, hook.recipe), _claim(exchange, hook, delivery))


def _claim(exchange: Exchange, hook: Hook, delivery: str) -> Claim:
    """A delivery is known by its id alone: some senders change a count in the body when they send it again."""
    scope = f"hook {hook.settings.path} of {exchange.caller.tenant}/{hook.recipe}"
    return Claim(scope, delivery, "delivery", KEEP_KEYS_US)


def _query(exchange: Exchange) -> dict[str, Value]:
    return {name: values[0] if len(values) == 1 else values for name, values in exchange.raw_query.items()}


def _without_key(given: dict[str, Value], hook: Hook) -> dict[str, Value]:
    """What is not a key of this service; to hooks that take none it is a field like any other."""
    return {name: each for name, each in given.items() if name != KEY_FIELD} if hook.settings.auth == "key" else given


def _trigger(exchange: Exchange, hook: Hook, query: dict[str, Value]) -> dict[str, Value]:
    return {
        "kind": "webhook",
        "node": hook.node,
        "path": hook.settings.path,
        "method": exchange.method,
        "headers": harmless_headers(exchange.headers),
        "query": query,
        "time": iso(exchange.house.clock.now_us()),
    }


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
        body=raw_body(
            {
                "application/x-www-form-urlencoded": {"type": "object", "additionalProperties": {"type": "string"}},
                "text/plain": {"type": "string"},
            }
        ),
        headers=("idempotency-key",),
        answers={
            200: Told("the run has ended, in whatever state, and the hook answers with its result", answers.HookResult),
            202: Told("the run is on disk and goes on", answers.HookAccepted),
        },
        errors=(
            *("unknown_hook", "method_not_allowed", "host_refused", "origin_refused", "text_invalid"),
            *("signature_missing", "signature_invalid", "delivery_expired", "hook_secret_unusable"),
            *("unknown_recipe", "input_invalid", "idempotency_conflict", "header_invalid", "journal_unavailable"),
            *("secret_key_missing", "secret_key_exposed", "secret_damaged", "too_many_runs", "not_ready"),
        ),
    )


ENDPOINTS = tuple(map(_endpoint, METHODS))
