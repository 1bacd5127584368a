"""What a part gets for its `http_request`: `{ok, status, headers, body}`.

The body is the JSON value when the answer says that it is JSON and it is; text when it is some kind of text; and base64
with `body_base64: true` otherwise. Names of headers are in lower case. `retry_after_ms` is there when the server asked
for a pause; a pause that ends at a date is counted from the server's own `Date`, so that no two clocks must agree.
"""

from __future__ import annotations

import base64
import codecs
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
_LONGEST_CONTENT_TYPE: Final = 256
"""Characters. Nobody needs more, and reading its parameters takes time that grows faster than they do."""
_ENCODINGS: Final = frozenset(
    {"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii"}
    | {"iso8859-1", *(f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16))}
    | {"koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp437", "cp850", "cp866", "cp874", "cp932", "cp949", "cp950"}
    | {f"cp125{n}" for n in range(9)}
    | {"shift_jis", "euc_jp", "iso2022_jp", "euc_kr", "gb2312", "gbk", "gb18030", "big5", "big5hkscs"}
)
"""What texts of the web are written in, by Python's names. Python knows more (`punycode`, `unicode_escape`, `idna`):
those are no encodings of texts, may take time without bounds, and may give what no text can hold."""


def read_answer(response: ClientResponse, body: bytes, redact: Callable[[bytes], bytes]) -> Mapping[str, Value]:
    """The answer of a server, as a part sees it. `redact` cleans the bytes of a body that is no text."""
    answer: dict[str, Value] = {"ok": True, "status": response.status, "headers": _headers(response.raw_headers)}
    answer |= _body(*_content_type(response), body, redact)
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


def _content_type(response: ClientResponse) -> tuple[str, str | None]:
    """The kind of the body, empty when the server does not say it, and its encoding."""
    said = response.headers.get("Content-Type", "")
    if len(said) > _LONGEST_CONTENT_TYPE:
        return "application/octet-stream", None
    return (response.content_type, response.charset) if said else ("", None)


def _body(content_type: str, charset: str | None, body: bytes, redact: Callable[[bytes], bytes]) -> dict[str, Value]:
    if not body:
        return {"body": None}
    if _JSON.fullmatch(content_type):
        try:
            return {"body": strict_json.loads(body)}
        except RequestInvalid:
            pass
    if not content_type or _JSON.fullmatch(content_type) or _TEXT.fullmatch(content_type) or charset:
        text = _decoded(body, charset or "utf-8")
        if text is not None:
            return {"body": text}
    return {"body": base64.b64encode(redact(body)).decode(), "body_base64": True}


def _decoded(body: bytes, charset: str) -> str | None:
    """The text; None when it is none, or nobody knows its encoding."""
    try:
        return body.decode(charset) if codecs.lookup(charset).name in _ENCODINGS else None
    except (ValueError, LookupError):
        return None
