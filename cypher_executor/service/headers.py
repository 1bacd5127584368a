"""The request headers that mean something to more than one endpoint, read with care: they are data from outside."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from cypher_executor.service.problems import Refusal

LONGEST_KEY = 255
"""The longest idempotency key, in characters."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}\Z")
_PREFERENCE = re.compile(r"""([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;,"]*)))?[^,]*(?:,|\Z)""")
_SECONDS = re.compile(r"0*([0-9]+)\Z")
_MOST_DIGITS = 9
_RECEIVED = "received"
LONGEST_WAIT_S = 10**_MOST_DIGITS


class Received(Headers):
    """The headers of a request, read once: Starlette's look through all of them for each name."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._first: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])
        }

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first

    def get(self, key: str, default: Any = None) -> Any:
        """The first value of a header."""
        return self._first.get(key.lower(), default)

    def getlist(self, key: str) -> list[str]:
        """All values of a header."""
        return super().getlist(key) if key in self else []


def received(scope: Scope) -> Received:
    """The headers of this request."""
    state = scope.setdefault("state", {})
    found: Received | None = state.get(_RECEIVED)
    if found is None:
        found = state[_RECEIVED] = Received(scope)
    return found


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a `Prefer` header asks for: to wait for so long (None when it does not say), or not to wait at all."""

    wait_s: int | None = None
    respond_async: bool = False


def preferences(headers: Headers) -> Preferences:
    """`Prefer` as RFC 7240 has it: the first of each counts, and what is not understood is ignored, not refused."""
    found: dict[str, str] = {}
    for match in _PREFERENCE.finditer(",".join(headers.getlist("prefer"))):
        found.setdefault(match[1].lower(), match[2] or match[3] or "")
    return Preferences(_seconds(found.get("wait", "")), "respond-async" in found)


def _seconds(text: str) -> int | None:
    """A number of seconds. How long it is does not matter: every wait has a limit, and this is beyond all of them."""
    digits = _SECONDS.match(text)
    if digits is None:
        return None
    return int(digits[1]) if len(digits[1]) <= _MOST_DIGITS else LONGEST_WAIT_S


def idempotency_key(headers: Headers) -> str | None:
    """The caller's key, or None. Raises Refusal (`header_invalid`) for one that cannot be kept as it stands."""
    given = headers.getlist("idempotency-key")
    if not given:
        return None
    key = given[0].strip()
    if len(given) > 1:
        raise _bad_key("it is given more than once")
    if not key:
        raise _bad_key("it is empty")
    if len(key) > LONGEST_KEY:
        raise _bad_key(f"it may have {LONGEST_KEY} characters at most")
    if not (key.isascii() and key.isprintable()):
        raise _bad_key("it may have visible ASCII characters only")
    return key


def request_id(headers: Headers) -> str:
    """The caller's `X-Request-Id` when it can be put into logs and headers as it stands, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else new_request_id()


def new_request_id() -> str:
    """An id that no request had before."""
    return f"req_{os.urandom(12).hex()}"


def _bad_key(why: str) -> Refusal:
    return Refusal(f"the header Idempotency-Key cannot be used: {why}", code="header_invalid")
