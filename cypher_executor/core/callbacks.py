"""Addresses of waits: a token says which wait of which run it is for, and is signed so that nobody can make one up.

A token is worked out from the run and a key that only the service has. So it can be given away before the wait has
begun, it is the same in every replay, and nothing has to be stored that could be stolen and used.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from cypher_executor.core.events import Item, RunId

_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait for a callback: its run and node, in loops its item, the turn of its step, and its number there."""

    run: RunId
    node: str
    item: Item = ()
    turn: int = 1
    number: int = 0


def token_of(key: bytes, wait: Wait) -> str:
    """The last part of the address of a wait."""
    payload = json.dumps([wait.run, wait.node, wait.item, wait.turn, wait.number], separators=(",", ":")).encode()
    return f"{_text(payload)}.{_text(_tag(key, payload))}"


def wait_of(key: bytes, token: str) -> Wait | None:
    """The wait that a token is for; None for a token that was not made with this key."""
    payload, _, tag = token.partition(".")
    try:
        known, given = _bytes(payload), _bytes(tag)
    except (ValueError, binascii.Error):
        return None
    if not hmac.compare_digest(_tag(key, known), given) or token != f"{_text(known)}.{_text(given)}":
        return None
    run, node, item, turn, number = json.loads(known)
    return Wait(RunId(run), node, tuple(item), turn, number)


def _tag(key: bytes, payload: bytes) -> bytes:
    return hmac.new(key, payload, hashlib.sha256).digest()[:_TAG_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
