"""Request bodies: how much of them is read, for how long, and what is made of the bytes.

A body is read to its end or to the limit, whichever comes first, whatever `Content-Length` says. What lies beyond the
limit is thrown away for a moment, because a sender that is cut off in the middle of sending often never sees the
answer; after that moment the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from cypher_executor import strict_json
from cypher_executor.errors import RequestInvalid
from cypher_executor.service.problems import Refusal
from cypher_executor.service.schemas import RecipeText, fitted

BODY_S = 30.0
"""How long a body may take to arrive."""

DISCARD_BYTES = 8 * 1024 * 1024
DISCARD_S = 1.0
"""How much beyond the limit, and for how long, is read and thrown away so that the sender sees its answer."""

CLOSE = {"connection": "close"}


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises Refusal for one that is compressed, too large or too slow."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        message = f"the body is encoded as {encoding!r}; send it as it is"
        raise Refusal(message, code="encoding_unsupported", headers={"accept-encoding": "identity"})
    if declared_length(headers) > limit:
        raise await _too_large(headers, receive, limit)
    try:
        async with asyncio.timeout(BODY_S):
            body = await _collected(receive, limit)
    except TimeoutError:
        message = f"the body was not complete after {BODY_S:g} seconds"
        raise Refusal(message, code="body_too_slow", headers=CLOSE) from None
    if body is None:
        raise await _too_large(headers, receive, limit)
    return body


def declared_length(headers: Headers) -> int:
    """What `Content-Length` says; 0 when it says nothing, and more than any limit when it cannot be read."""
    declared = headers.get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 16 else 1 << 62


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


async def _too_large(headers: Headers, receive: Receive, limit: int) -> Refusal:
    if "expect" not in headers:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_S):
                await _discard(receive, DISCARD_BYTES)
    return Refusal(f"the body is larger than {limit // 1024} KiB", code="body_too_large", headers=CLOSE)


async def _discard(receive: Receive, limit: int) -> None:
    while limit > 0:
        message = await receive()
        limit -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return


# --- what is made of the bytes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Body:
    """A kind of body: how it is read, and what the documentation says of it.

    `read` gets the bytes and the media type. `media` has a JSON Schema, or a model, for each type that is documented.
    """

    read: Callable[[bytes, str], Any]
    media: Mapping[str, type[BaseModel] | Mapping[str, Any]]
    required: bool = True


def json_body(model: type[BaseModel], *, required: bool = True) -> Body:
    """A JSON object of this shape. One that is not required may be left out altogether."""

    def read(raw: bytes, media_type: str) -> Any:
        if not raw and not required:
            return model()
        _refuse_unless(media_type, _JSON_OR_UNSAID)
        return fitted(model, strict_json.loads(raw))

    return Body(read, {"application/json": model}, required)


def recipe_body() -> Body:
    """A recipe: its text, or JSON that holds it. No recipe begins with a brace, so the two cannot be confused."""

    def read(raw: bytes, media_type: str) -> RecipeText:
        _refuse_unless(media_type, _RECIPE_TYPES)
        if _is_json(media_type) or raw.lstrip()[:1] == b"{":
            return fitted(RecipeText, strict_json.loads(raw))
        return RecipeText(cypher=_text(raw), name=None)

    text = {"type": "string", "description": "the recipe"}
    return Body(read, {"text/plain": text, "application/x-cypher": text, "application/json": RecipeText})


def input_body() -> Body:
    """The input of a run: a JSON object, whatever the content type says. Nothing at all is an empty one."""

    def read(raw: bytes, media_type: str) -> dict[str, Any]:
        value = strict_json.loads(raw) if raw.strip() else {}
        if not isinstance(value, dict):
            message = f"the body must be a JSON object, whose members become the input; this is {_kind_of(value)}"
            raise RequestInvalid(message, problems=[{"path": "", "message": "must be an object"}])
        return value

    return Body(read, {"application/json": {"type": "object", "additionalProperties": True}}, required=False)


_JSON_OR_UNSAID = frozenset({"", "application/json", "text/plain", "application/x-www-form-urlencoded"})
"""The types of a JSON body: JSON's own, and those that clients send who say nothing of the matter."""

_RECIPE_TYPES = _JSON_OR_UNSAID | {"application/x-cypher", "text/x-cypher", "application/octet-stream"}


def _refuse_unless(media_type: str, known: frozenset[str]) -> None:
    if media_type not in known and not _is_json(media_type):
        raise Refusal(f"a body of type {media_type!r} is not read here", code="media_type_unsupported")


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refusal(f"the text is not UTF-8: byte {wrong.start} does not fit", code="text_invalid") from None


def _kind_of(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
