"""A delivery to a declared webhook, from the request to what a run of it begins with.

The hook says who may call it. `none`: everybody. `key`: whoever may start runs here. `hmac`: whoever signs with the
secret; then nothing of the body is looked at before the signature is found to be genuine, and a delivery that comes
again, under the id that its sender gives it, finds the run of the first time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cypher_executor.core.recipe import Value
from cypher_executor.core.triggers import Webhook
from cypher_executor.engine.children import KEEP_KEYS_US
from cypher_executor.errors import NotFound, Unavailable
from cypher_executor.ports import Claim
from cypher_executor.service.auth import Caller, admit
from cypher_executor.service.endpoint import Exchange
from cypher_executor.service.hooks import Hook, harmless_headers, input_of
from cypher_executor.service.problems import Refusal
from cypher_executor.service.starts import Asked
from cypher_executor.service.times import iso
from cypher_executor.triggers.signatures import Delivery, Signed, verify

KEY_FIELD = "api_key"
"""Where callers who have a key may put it beside the input. It never becomes input."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A delivery that may come in: what it asks for, and the claim that its id makes where it has one."""

    hook: Hook
    asked: Asked
    claim: Claim | None


async def hook_of(exchange: Exchange) -> Hook:
    """The hook of this path and method. Raises NotFound, or Refusal where only the method is another."""
    path = exchange.path["path"]
    found = await exchange.hooks.at(path)
    hook = next((each for each in found if exchange.method in each.settings.methods), None)
    if hook is not None:
        return hook
    if not found:
        raise unknown_hook(path)
    allowed = ", ".join(sorted({method for each in found for method in each.settings.methods}))
    message = f"{exchange.method} is not possible here; possible are {allowed}"
    raise Refusal(message, code="method_not_allowed", headers={"allow": allowed})


def unknown_hook(path: str) -> NotFound:
    """What is answered where nobody, or somebody else, has a hook."""
    return NotFound(f"no recipe declares the hook {path!r}", code="unknown_hook")


def on_behalf(exchange: Exchange, hook: Hook) -> Exchange:
    """The exchange, as one of whoever has the hook: what a delivery begins is theirs, whoever sends it."""
    return replace(exchange, caller=Caller(hook.tenant))


async def admitted(exchange: Exchange, hook: Hook) -> Admitted:
    """The delivery, in an exchange `on_behalf` of the hook.

    Raises Refusal or Unavailable for one that may not come in, RequestInvalid for an odd body.
    """
    delivery = await _checked(exchange, hook)
    query = _without_key(query_of(exchange), hook)
    given = input_of(exchange.body, query)
    given = _without_key(given, hook) if isinstance(given, dict) else given
    asked = Asked(given, _trigger(exchange, hook, query), hook.recipe)
    return Admitted(hook, asked, None if delivery is None else _claim(exchange, hook, delivery))


async def _checked(exchange: Exchange, hook: Hook) -> str | None:
    """The id of a delivery that may come in; None where it has none. Raises Refusal or Unavailable."""
    settings = hook.settings
    if settings.auth == "key":
        scheme = exchange.base_url.partition("://")[0]
        caller = admit(exchange.house.keys, exchange.method, scheme, exchange.headers, "run")
        if caller.tenant != hook.tenant:  # which answers as if there were no such hook
            raise unknown_hook(hook.settings.path)
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


def _claim(exchange: Exchange, hook: Hook, delivery: str) -> Claim:
    """A delivery is known by its id alone: some senders change a count in the body when they send it again."""
    scope = f"hook {hook.settings.path} of {exchange.caller.tenant}/{hook.recipe}"
    return Claim(scope, delivery, "delivery", KEEP_KEYS_US)


def query_of(exchange: Exchange) -> dict[str, Value]:
    """The query of a delivery; what stands several times in it is a list."""
    return {name: values[0] if len(values) == 1 else values for name, values in exchange.raw_query.items()}


def _without_key(given: dict[str, Value], hook: Hook) -> dict[str, Value]:
    """What is not a key of this service; to hooks that take none it is a field like any other."""
    return without_key(given) if hook.settings.auth == "key" else given


def without_key(given: dict[str, Value]) -> dict[str, Value]:
    """What is not a key of this service."""
    return {name: each for name, each in given.items() if name != KEY_FIELD}


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
