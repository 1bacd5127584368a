"""A delivery as it is shown to whoever looks on, with what became of it.

A sender's webhook is hard to see from its own side, so a delivery is told also when it was refused, and before any
recipe declares its path. What could be used again is not told: no key, no signature, and of the body only what it is as
input, with its length and its digest.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Value
from cypher_executor.errors import CypherExecutorError
from cypher_executor.service.deliveries import query_of, without_key
from cypher_executor.service.endpoint import Exchange
from cypher_executor.service.hooks import Hook, harmless_headers, input_of
from cypher_executor.service.times import iso


def delivery_view(
    exchange: Exchange, hook: Hook | None, outcome: RunId | CypherExecutorError | None, *, tried: bool
) -> dict[str, Any]:
    """A delivery and its outcome: the run that it found or began, why it was refused, or None where it only tried."""
    headers = harmless_headers(exchange.headers)
    raw: bytes = exchange.body.raw
    refused = outcome if isinstance(outcome, CypherExecutorError) else None
    return {
        "received_at": iso(exchange.house.clock.now_us()),
        "method": exchange.method,
        "path": exchange.path["path"],
        "tried": tried,
        "accepted": refused is None,
        "error": None if refused is None else {"code": refused.code, "message": refused.message},
        "recipe": None if hook is None else hook.recipe,
        "node": None if hook is None else hook.node,
        "run": outcome if isinstance(outcome, str) else None,
        "headers": headers,
        "withheld_headers": sorted(set(exchange.headers.keys()) - headers.keys()),
        "query": without_key(query_of(exchange)),
        "input": _input(exchange),
        "body_bytes": len(raw),
        "body_sha256": hashlib.sha256(raw).hexdigest(),
    }


def _input(exchange: Exchange) -> Value:
    """What the delivery would be as input; None where its body cannot be read."""
    try:
        given = input_of(exchange.body, query_of(exchange))
    except CypherExecutorError:
        return None
    return without_key(given) if isinstance(given, dict) else given
