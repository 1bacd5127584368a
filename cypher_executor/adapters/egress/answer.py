"""What a part gets for its `http_request`: `{ok, status, headers, body}`.

The body is the JSON value when the answer says that it is JSON and it is; text when it is some kind of text; and base64
with `body_base64: true` otherwise. Names of headers are in lower case. `retry_after_ms` is there when the server asked
for a pause; a pause that ends at a date is counted from the server's own `Date`, so that no two clocks must agree.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from aiohttp import ClientResponse

from cypher_executor import strict_json
from cypher_executor.core.recipe import Value
from cypher_executor.errors import RequestInvalid

_JSON: Final = re.compile(r"(application|text)/(json|[\w.+-]+\+json)", re.IGNORECASE)
_TEXT: Final = re.compile(
    r"text/.*|application/(javascript|ecmascript|graphql|x-www-form-urlencoded|x-ndjson|jsonlines|yaml|toml|sql)"
    r"|[\w.+-]+/(xml|[\w.+-]+\+(xml|yaml))",
    re.IGNORECASE,
)


def read_answer(response: ClientResponse, body: bytes, redact: Callable[[bytes], bytes]) -> Mapping[str, Value]:
    """The answer of a server, as a part sees it. `redact` cleans the bytes of a body that is no text."""
    answer: dict[str, Value] = {"ok": True, "status": response.status, "headers": _headers(response.raw_headers)}
    answer |= _body(response.content_type if "Content-Type" in response.headers else "", response.charset, body, redact)
    wait_ms = retry_after_ms(answer["headers"].get("retry-after", ""), answer["headers"].get("date", ""))
    return answer if wait_ms is None else answer | {"retry_after_ms": wait_ms}


def retry_after_ms(retry_after: str, date: str) -> int | None:
    """How long to wait, of either form of `Retry-After` (RFC 9110, 10.2.3); None for anything else."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text) * 1000
    try:
        pause = parsedate_to_datetime(text) - parsedate_to_datetime(date)
    except (ValueError, TypeError):  # no dates, or one with and one without a zone
        return None
    return max(0, int(pause.total_seconds() * 1000))


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Repeated headers are joined as HTTP says; cookies, which have commas of their own, by a new line."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("utf-8", "replace").lower(), raw_value.decode("utf-8", "replace")
        between = "\n" if name == "set-cookie" else ", "
        headers[name] = f"{headers[name]}{between}{value}" if name in headers else value
    return headers


def _body(content_type: str, charset: str | None, body: bytes, redact: Callable[[bytes], bytes]) -> dict[str, Value]:
    if not body:
        return {"body": None}
    if _JSON.fullmatch(content_type):
        try:
            return {"body": strict_json.loads(body)}
        except RequestInvalid:
            pass
    if not content_type or _JSON.fullmatch(content_type) or _TEXT.fullmatch(content_type) or charset:
        try:
            return {"body": body.decode(charset or "utf-8")}
        except (UnicodeDecodeError, LookupError):
            pass
    return {"body": base64.b64encode(redact(body)).decode(), "body_base64": True}
