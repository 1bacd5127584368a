"""The ops `kv_get`, `kv_put` and `kv_delete`: what a recipe remembers from one run to the next.

Every recipe of every tenant has keys of its own. A part needs the grant `kv` from its operator and from the recipe. A
change is made once for each attempt of a step, however often a crash has it carried out; reading is reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cypher_executor import strict_json
from cypher_executor.core.recipe import Value
from cypher_executor.errors import CypherExecutorError, RequestInvalid
from cypher_executor.ports import CallContext, CallHandler, Clock, KeySpace, KeyValues, Once, failed_call

MAX_KEY_BYTES: Final = 512
MAX_VALUE_BYTES: Final = 256 * 1024
MAX_TTL_S: Final = 10 * 366 * 24 * 3600


def kv_ops(store: KeyValues, clock: Clock) -> Mapping[str, CallHandler]:
    """The three handlers."""
    ops = _Ops(store, clock)
    return {"kv_get": _told(ops.get), "kv_put": _told(ops.put), "kv_delete": _told(ops.delete)}


class _Ops:
    def __init__(self, store: KeyValues, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """`kv_get {key}` -> `value`, null for a key that is not there."""
        key = _key(request, context, "kv_get", ("key",))
        found = await self._store.get(_space(context), key, self._clock.now_us())
        return {"ok": True, "value": None if found is None else strict_json.loads(found)}

    async def put(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """`kv_put {key, value, ttl_s}`: without `ttl_s` for ever."""
        key = _key(request, context, "kv_put", ("key", "value", "ttl_s"))
        value, now_us = _value(request), self._clock.now_us()
        await self._store.put(_space(context), key, value, _expires_us(request, now_us), now_us, _once(context))
        return {"ok": True}

    async def delete(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """`kv_delete {key}` -> `deleted`: whether it was there."""
        key = _key(request, context, "kv_delete", ("key",))
        deleted = await self._store.delete(_space(context), key, self._clock.now_us(), _once(context))
        return {"ok": True, "deleted": deleted}


def _told(handler: CallHandler) -> CallHandler:
    """The handler with its refusals as answers."""

    async def handle(request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        try:
            return await handler(request, context)
        except CypherExecutorError as error:
            return failed_call(error.code, error.message, retryable=error.retryable)

    return handle


def _key(request: Mapping[str, Value], context: CallContext, op: str, known: tuple[str, ...]) -> str:
    """The key that is asked for, once that may be asked. Raises RequestInvalid."""
    _check_granted(context)
    if strange := sorted(request.keys() - {"op", *known}):
        raise RequestInvalid(f"{op} does not know {', '.join(strange)}; it knows {', '.join(known)}")
    key = request.get("key")
    if not isinstance(key, str) or not 1 <= len(key.encode()) <= MAX_KEY_BYTES:
        raise RequestInvalid(f"{op}: 'key' is a text of 1 to {MAX_KEY_BYTES} bytes")
    return key


def _check_granted(context: CallContext) -> None:
    if not context.grants.kv:
        message = f"the part {context.part!r} was not granted kv: write `kv = true` under [grants] in its part.toml"
        raise RequestInvalid(f"{message}, and approve it", code="grant_missing")
    if not context.allowed.kv:
        message = f"the recipe does not grant kv to the node {context.node!r}"
        raise RequestInvalid(f"{message}: write (:Recipe {{grants: {{kv: true}}}}) into it", code="grant_missing")


def _value(request: Mapping[str, Value]) -> bytes:
    if "value" not in request:
        raise RequestInvalid("kv_put: 'value' is missing; kv_delete forgets a key")
    value = strict_json.dumps(request["value"])
    if len(value) > MAX_VALUE_BYTES:
        raise RequestInvalid(f"kv_put: a value may have {MAX_VALUE_BYTES} bytes as JSON, and this has {len(value)}")
    return value


def _expires_us(request: Mapping[str, Value], now_us: int) -> int | None:
    ttl_s = request.get("ttl_s")
    if ttl_s is None:
        return None
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, int | float) or not 0 < ttl_s <= MAX_TTL_S:
        raise RequestInvalid("kv_put: 'ttl_s' is a number of seconds above 0, and ten years at most")
    return now_us + max(1, round(ttl_s * 1_000_000))


def _space(context: CallContext) -> KeySpace:
    return KeySpace(context.tenant, context.recipe)


def _once(context: CallContext) -> Once:
    """The key of a call is the same in every attempt of a turn; what an attempt changes, the next may change again."""
    return Once(context.run, f"{context.key}#{context.attempt}")
