"""Secrets on their way out: handles in a request are found, judged, and replaced by what they stand for.

A handle may stand in the value of a header, in a value of the query, or anywhere in the body; in the credentials of
`Authorization: Basic` also inside of the base64. Elsewhere in the address it is refused: paths and hosts are kept in
logs on both sides. The value is written as its place needs it: quoted in JSON and in forms, as it is elsewhere.

Only what is sent has the values. The request that was journaled has the handles, and stays as it is.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote_plus, unquote

from cypher_executor.adapters.egress.request import HttpRequest, check_header_value
from cypher_executor.core.secret_handles import HANDLE, is_genuine
from cypher_executor.errors import RequestInvalid

_BASIC: Final = "basic "


def handles_in(wanted: HttpRequest, seed: str, run: str) -> set[str]:
    """The names of the secrets that a request wants filled in. What only looks like a handle is a text like any other.

    Raises RequestInvalid for a handle in the host or the path.
    """
    url = wanted.url
    for text in (url.host or "", unquote(url.path), url.fragment):
        if names := _names([text], seed, run):
            where = "the path or the host of an address"
            raise RequestInvalid(f"the secret {min(names)} stands in {where}: use a header, the query or the body")
    texts = [*wanted.headers.values(), *url.query.values(), *wanted.sign.values(), _text(wanted.body)]
    return _names([*texts, *filter(None, map(_basic, wanted.headers.values()))], seed, run)


def filled(wanted: HttpRequest, values: Mapping[str, str], seed: str, run: str) -> HttpRequest:
    """The request with values in the places of their handles. Raises RequestInvalid for a value that does not fit."""
    put = _Put(values, seed, run)
    headers = {name: put.into_header(name, value) for name, value in wanted.headers.items()}
    pairs = [(name, put.into(value)) for name, value in wanted.url.query.items()]
    changed = pairs != list(wanted.url.query.items())
    url = wanted.url.with_query(pairs) if changed else wanted.url
    escape = _escape_for(wanted.headers.get("content-type", ""))
    body = wanted.body
    if body is not None and b"secret:" in body:
        body = put.into(_text(body), escape).encode("utf-8", "surrogateescape")
    sign = {name: put.into(value) for name, value in wanted.sign.items()}
    return replace(wanted, headers=headers, url=url, body=body, sign=sign)


class _Put:
    """Replaces the handles of one run."""

    def __init__(self, values: Mapping[str, str], seed: str, run: str) -> None:
        self._values = values
        self._seed = seed
        self._run = run

    def into(self, text: str, escape: Callable[[str], str] = str) -> str:
        return HANDLE.sub(
            lambda found: (
                escape(self._values[found["name"]]) if is_genuine(found[0], self._seed, self._run) else found[0]
            ),
            text,
        )

    def into_header(self, name: str, value: str) -> str:
        inside = _basic(value)
        if inside is not None and (put := self.into(inside)) != inside:
            return f"{value[: len(_BASIC)]}{base64.b64encode(put.encode('utf-8', 'surrogateescape')).decode()}"
        put = self.into(value)
        if put != value:
            check_header_value(name, put)
        return put


def _names(texts: Iterable[str], seed: str, run: str) -> set[str]:
    found = (match for text in texts for match in HANDLE.finditer(text))
    return {match["name"] for match in found if is_genuine(match[0], seed, run)}


def _basic(value: str) -> str | None:
    """What credentials of the scheme Basic say; None for anything else."""
    if not value.lower().startswith(_BASIC):
        return None
    try:
        return _text(base64.b64decode(value[len(_BASIC) :].strip(), validate=True))
    except (binascii.Error, ValueError):
        return None


def _text(data: bytes | None) -> str:
    """Bytes as a text that gives the same bytes again, whatever they are."""
    return (data or b"").decode("utf-8", "surrogateescape")


def _escape_for(content_type: str) -> Callable[[str], str]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    return quote_plus if kind == "application/x-www-form-urlencoded" else str
