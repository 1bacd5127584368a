"""What a part asks for with `http_request {method, url, headers, query, body, body_base64, timeout_ms}`.

The request was journaled as it stands and is carried out as it stands; what cannot be understood is refused, never
guessed at. A body that is a text is sent as it is, any other value as JSON; with `body_base64: true` it is base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from yarl import URL

from cypher_executor import strict_json
from cypher_executor.core.recipe import Value
from cypher_executor.errors import RequestInvalid
from cypher_executor.ports import CallContext

MAX_TIMEOUT_MS: Final = 30_000

_KNOWN: Final = ("op", "method", "url", "headers", "query", "body", "body_base64", "timeout_ms", "sign")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LONGEST_URL: Final = 16 * 1024
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_FOR_PARTS: Final = frozenset(
    {"connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "te"}
    | {"trailer", "transfer-encoding", "upgrade", "via"}
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request that can be sent."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None
    timeout_ms: int
    sign: Mapping[str, str] = field(default_factory=dict)


def read_request(request: Mapping[str, Value], context: CallContext) -> HttpRequest:
    """Raises errors.RequestInvalid."""
    if strange := sorted(request.keys() - set(_KNOWN)):
        raise RequestInvalid(f"http_request does not know {', '.join(strange)}; it knows {', '.join(_KNOWN[1:])}")
    body, content_type = _body(request.get("body"), request.get("body_base64", False))
    headers = {
        "user-agent": "cypher-executor",
        "idempotency-key": quote(context.key, safe=":-._~"),
        **({} if content_type is None else {"content-type": content_type}),
        **_headers(request.get("headers")),
    }
    return HttpRequest(
        _method(request.get("method", "GET")),
        _url(request.get("url"), request.get("query")),
        headers,
        body,
        _timeout_ms(request.get("timeout_ms"), context.timeout_ms),
        _sign(request.get("sign")),
    )


def _method(method: Value) -> str:
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise RequestInvalid(f"the method {method!r} is none of {', '.join(_METHODS)}")
    return method.upper()


def _url(text: Value, query: Value) -> URL:
    if not isinstance(text, str) or not 1 <= len(text) <= _LONGEST_URL:
        raise RequestInvalid(f"'url' is a text of 1 to {_LONGEST_URL} characters")
    try:
        url = URL(text)
        if url.scheme not in ("http", "https") or not url.host or not _is_host(url.raw_host or "") or url.port == 0:
            raise RequestInvalid(f"{text[:200]!r} is not an http or https address")
        return url.extend_query(_query(query)) if query else url
    except ValueError as error:
        raise RequestInvalid(f"{text[:200]!r} is not an address: {error}") from None


def _is_host(host: str) -> bool:
    """Whether this can be looked up (RFC 1035, 2.3.4), as a name in its ASCII form or an address."""
    return ":" in host or (
        len(host) <= 254 and all(1 <= len(label) <= 63 for label in host.removesuffix(".").split("."))
    )


def _query(query: Value) -> list[tuple[str, str]]:
    if not isinstance(query, Mapping):
        raise RequestInvalid("'query' is a map")
    pairs = [(k, v) for k, given in query.items() for v in (given if isinstance(given, list) else [given])]
    return [(k, _text(v, f"query parameter {k!r}")) for k, v in pairs if v is not None]


def _headers(given: Value) -> dict[str, str]:
    headers: dict[str, str] = {}
    if given is not None and not isinstance(given, Mapping):
        raise RequestInvalid("'headers' is a map")
    for name, value in (given or {}).items():
        if not _HEADER_NAME.fullmatch(name):
            raise RequestInvalid(f"{name!r} is not the name of a header")
        if name.lower() in _NOT_FOR_PARTS or name.lower().startswith("proxy-"):
            raise RequestInvalid(f"the header {name!r} belongs to the connection: a part cannot set it")
        if value is not None:
            headers[name.lower()] = _header_value(name, value)
    return headers


def _header_value(name: str, value: Value) -> str:
    text = _text(value, f"header {name!r}").strip(" \t")
    check_header_value(name, text)
    return text


def check_header_value(name: str, text: str) -> None:
    """Raises RequestInvalid for what could end a header and begin another one."""
    if any((ord(c) < 0x20 and c != "\t") or ord(c) == 0x7F for c in text):
        raise RequestInvalid(f"the header {name!r} has a control character")


def _text(value: Value, what: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise RequestInvalid(f"{what} is a text, a number or a boolean")
    return str(value)


def _body(body: Value, is_base64: Value) -> tuple[bytes | None, str | None]:
    if body is None:
        return None, None
    if is_base64 is True:
        return _decoded(body), "application/octet-stream"
    if isinstance(body, str):
        return _encoded(body), "text/plain; charset=utf-8"
    return strict_json.dumps(body), "application/json"


def _sign(given: Value) -> Mapping[str, str]:
    """How to sign, see `signing`; nothing for a request that is not to be signed."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RequestInvalid("'sign' is a map")
    return {name: _text(value, f"'sign.{name}'") for name, value in given.items() if value is not None}


def _encoded(body: str) -> bytes:
    try:
        return body.encode()
    except UnicodeEncodeError as error:
        raise RequestInvalid(
            f"'body' has half of a character at position {error.start}, which no server could read"
        ) from None


def _decoded(body: Value) -> bytes:
    try:
        return base64.b64decode(body if isinstance(body, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise RequestInvalid("'body' is not base64, which 'body_base64' says it is") from None


def _timeout_ms(asked: Value, left: int | None) -> int:
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int) or asked < 1):
        raise RequestInvalid("'timeout_ms' is a whole number of at least 1")
    return min(MAX_TIMEOUT_MS, *(t for t in (asked, left) if t is not None), MAX_TIMEOUT_MS)
