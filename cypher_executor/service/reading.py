"""Request bodies: how much of them is read, for how long, and what is made of the bytes.

A body is read to its end or to the limit, whichever comes first, whatever `Content-Length` says. What lies beyond the
limit is thrown away for a moment, because a sender that is cut off in the middle of sending often never sees the
answer; after that moment the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from cypher_executor.service.problems import Refusal

BODY_S = 30.0
"""How long a body may take to arrive."""

DISCARD_BYTES = 8 * 1024 * 1024
DISCARD_S = 1.0
"""How much beyond the limit, and for how long, is read and thrown away so that the sender sees its answer."""

_UNREADABLE = 1 << 62

CLOSE = {"connection": "close"}


async def read_body(headers: Headers, receive: Receive, limit: int, setting: str) -> bytes:
    """The whole body. Raises Refusal for one that is compressed, too large (`setting` says so) or too slow."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        message = f"the body is encoded as {encoding!r}; send it as it is"
        raise Refusal(message, code="encoding_unsupported", headers={"accept-encoding": "identity"})
    if declared_length(headers) > limit:
        raise await _too_large(headers, receive, limit, setting)
    try:
        async with asyncio.timeout(BODY_S):
            body = await _collected(receive, limit)
    except TimeoutError:
        message = f"the body was not complete after {BODY_S:g} seconds"
        raise Refusal(message, code="body_too_slow", headers=CLOSE) from None
    if body is None:
        raise await _too_large(headers, receive, limit, setting)
    return body


def declared_length(headers: Headers) -> int:
    """What `Content-Length` says; 0 when it says nothing, and more than any limit when it cannot be read."""
    declared = headers.get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 16 else _UNREADABLE


async def _collected(receive: Receive, limit: int) -> bytes | None:
    """The body; None when there is more of it than the limit."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            return None
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _too_large(headers: Headers, receive: Receive, limit: int, setting: str) -> Refusal:
    if "expect" not in headers:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_S):
                await _discard(receive, DISCARD_BYTES)
    declared = declared_length(headers)
    size = f"the body has {declared} bytes, more than" if limit < declared < _UNREADABLE else "the body is larger than"
    message = f"{size} {limit // 1024} KiB, as {setting} says"
    return Refusal(message, code="body_too_large", headers=CLOSE)


async def _discard(receive: Receive, limit: int) -> None:
    while limit > 0:
        message = await receive()
        limit -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return
