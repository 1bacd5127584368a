"""What goes round every request: its id, the headers that every answer has, and errors made into problems.

It is the one place where an exception becomes an answer. Paths are decoded here once more and strictly: what servers
do with a percent-encoded path (bytes that are not UTF-8 replaced, `%2F` made a separator) would change names. Names
that are the same characters written in two ways become one here (NFC), as they do in bodies and queries.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cypher_executor.errors import CypherExecutorError, RequestInvalid
from cypher_executor.library import composed
from cypher_executor.service.endpoint import encoded
from cypher_executor.service.headers import received, request_id
from cypher_executor.service.problems import MEDIA_TYPE, Problem, Refusal, internal_problem, problem_of
from cypher_executor.service.reading import CLOSE, declared_length
from cypher_executor.service.resource import BODY_READ

_log = logging.getLogger(__name__)

EVERY_ANSWER: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""Headers of every answer that does not set them itself."""

_EVERY_ANSWER = [(name.encode(), value.encode()) for name, value in EVERY_ANSWER.items()]

HEADERS_BYTES = 32 * 1024
"""The most that request line and headers may have together."""

_SMALL_BODY = 64 * 1024
"""So much of an unread body is cheaper to let pass than a new connection."""


class Envelope:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = received(scope)
        sender = _Sender(send, request_id(headers))
        try:
            _refuse_large_headers(scope)
            _refuse_two_lengths(headers)
            scope["path"] = strict_path(scope)
            await self._app(scope, receive, sender)
        except ClientDisconnect:
            return
        except Exception as error:
            if sender.started:
                raise
            problem = _problem(error, sender.request_id)
            closing = {"connection": "close"} if _leaves_much_unread(scope, headers) else {}
            response = Response(encoded(problem.body), problem.status, {**problem.headers, **closing}, MEDIA_TYPE)
            await response(scope, receive, sender)


class _Sender:
    """Sends on, with the headers that every answer has."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            own = message["headers"]
            names = {name for name, _ in own}
            missing = [header for header in _EVERY_ANSWER if header[0] not in names]
            request_id = (b"x-request-id", self.request_id.encode())
            message = {**message, "headers": [*own, *missing, request_id]}
        await self._send(message)


def _problem(error: Exception, request_id: str) -> Problem:
    if isinstance(error, CypherExecutorError):
        return problem_of(error, request_id)
    _log.error("request %s met a bug", request_id, exc_info=error)
    return internal_problem(request_id)


def _refuse_large_headers(scope: Scope) -> None:
    """A server refuses headers that it has to wait for; those that arrive all at once are counted here."""
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    size += sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > HEADERS_BYTES:
        message = f"the request line and the headers are larger than {HEADERS_BYTES // 1024} KiB"
        raise Refusal(message, code="headers_too_large", headers=CLOSE)


def _refuse_two_lengths(headers: Headers) -> None:
    """Where a body ends must be told in one way: a proxy in front that believes the other one sees other requests."""
    if "content-length" in headers and "transfer-encoding" in headers:
        message = "Content-Length and Transfer-Encoding contradict each other: send one of them"
        raise Refusal(message, code="http_invalid", headers=CLOSE)


def _leaves_much_unread(scope: Scope, headers: Headers) -> bool:
    """Whether the sender would go on sending a body that nobody reads."""
    if scope["state"].get(BODY_READ):
        return False
    return "transfer-encoding" in headers or declared_length(headers) > _SMALL_BODY


def strict_path(scope: Scope) -> str:
    """The path, decoded. Raises Refusal or RequestInvalid for one whose segments are not names."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None or b"%" not in raw:
        path: str = scope["path"]
        return composed(path)
    return "/".join(_segment(part) for part in raw.partition(b"?")[0].split(b"/"))


def _segment(raw: bytes) -> str:
    try:
        name = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise Refusal("the path is not UTF-8 after decoding its percent signs", code="path_invalid") from None
    if "/" in name or any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        shown = name.encode("unicode_escape").decode("ascii")
        message = f"'{shown}' cannot be a name: names have no `/` and no control characters"
        raise RequestInvalid(message, code="invalid_name")
    return composed(name)
