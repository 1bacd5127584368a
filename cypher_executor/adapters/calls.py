"""The ops of `cypher.call` that need nothing but this process: `now`, `random` and `log`.

(`sleep` is a timer of the run and never comes here.)
"""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Mapping
from typing import Final

from cypher_executor.core.recipe import Value
from cypher_executor.ports import CallContext, CallHandler, Clock, failed_call

_log = logging.getLogger("cypher_executor.parts")

MAX_RANDOM_BYTES: Final = 64 * 1024
MAX_LOG_CHARACTERS: Final = 16 * 1024
"""Of one line. A step has at most 256 calls, so this bounds what it can write."""
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def now(clock: Clock) -> CallHandler:
    """`now {}` -> `unix_ms`."""

    async def handle(_request: Mapping[str, Value], _context: CallContext) -> Mapping[str, Value]:
        return {"ok": True, "unix_ms": clock.now_us() // 1000}

    return handle


def random() -> CallHandler:
    """`random {bytes}` -> `base64`."""
    return _random


def log() -> CallHandler:
    """`log {message, level}`: a line in the service's log that says where it comes from."""
    return _write_log


async def _random(request: Mapping[str, Value], _context: CallContext) -> Mapping[str, Value]:
    size = request.get("bytes")
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_RANDOM_BYTES:
        return failed_call("request_invalid", f"random: 'bytes' is a number from 1 to {MAX_RANDOM_BYTES}")
    return {"ok": True, "base64": base64.b64encode(secrets.token_bytes(size)).decode()}


async def _write_log(request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
    message, level = request.get("message"), request.get("level", "info")
    if not isinstance(message, str):
        return failed_call("request_invalid", "log: 'message' is a text")
    if not isinstance(level, str) or level not in _LEVELS:
        return failed_call("request_invalid", f"log: 'level' is one of {', '.join(_LEVELS)}")
    where = {"run": context.run, "node": context.node, "item": context.item, "part": context.part}
    shown = message if len(message) <= MAX_LOG_CHARACTERS else f"{message[:MAX_LOG_CHARACTERS]} [cut]"
    _log.log(_LEVELS[level], "%s", shown, extra=where)
    return {"ok": True}
