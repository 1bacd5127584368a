"""Who may ask for what: `admit` gets a request and the scope that its endpoint needs, and gives the caller.

**Once a key was made**, every request presents one, and is its tenant's. A key is presented in a header that no browser
adds by itself, so a page of another site cannot borrow it, and under which name or from where the request came says
nothing more.

**While no key was made**, whoever is on this machine is the operator, and the network is the guard; so it must not be
led around. The service refuses to listen on an address that others can reach (`refuse_open_address`). A page in a
browser on this machine is "on this machine" too: such a page can send requests here without reading the answers, and by
DNS rebinding under a name of its own can read them. So a request must come under a loopback name (`Host`), and one that
changes something must not come from another site's page (`Origin`, `Sec-Fetch-Site`). A key that a caller presents is
ignored.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from starlette.datastructures import Headers

from cypher_executor.core.keys import OPERATOR, SCOPES, KeyId, Scope
from cypher_executor.errors import RequestInvalid
from cypher_executor.keys import Keys
from cypher_executor.loopback import is_loopback, without_port
from cypher_executor.service.problems import Refusal

WITHHELD_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-arcrun-api-key", "idempotency-key"}
)
"""Headers that a run never gets to see: they say who called, or under which key, not what was asked."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, and whose recipes and runs they see. `key` None: one who needed none,
    and may do everything."""

    tenant: str = OPERATOR
    key: KeyId | None = None
    scopes: frozenset[Scope] = frozenset(SCOPES)

    @property
    def operates(self) -> bool:
        """Whether this is whoever runs the service, and not only somebody who uses it."""
        return self.tenant == OPERATOR

    def must(self, needs: Scope) -> None:
        """Raises Refusal (`scope_missing`) for a caller who may not do this."""
        if needs not in self.scopes:
            raise Refusal(f"the key {self.key} has not the scope {needs!r} that this needs", code="scope_missing")

    def must_operate(self, what: str) -> None:
        """Raises Refusal (`scope_missing`) for who only uses the service: this is for all of its tenants."""
        if not self.operates:
            raise Refusal(
                f"{what} belong to all tenants: they are changed by whoever runs the service", code="scope_missing"
            )


def refuse_open_address(host: str) -> None:
    """Raises RequestInvalid (`address_refused`) for an address that reaches beyond this machine."""
    if not is_loopback(host):
        raise RequestInvalid(
            f"without keys the service listens on this machine only, not on {host or 'every address'!r}: "
            "anybody who could reach it could run recipes",
            code="address_refused",
            next_actions=["make a key first: cypher-executor keys create NAME --scope admin", "or listen on 127.0.0.1"],
        )


def admit(
    keys: Keys, method: str, scheme: str, headers: Headers, needs: Scope | None, *, basic: bool = False
) -> Caller:
    """The caller of a request. Raises Refusal for one that may not ask, or came in a way that is not to be trusted.

    With `basic` a key may be the password of Basic authentication. Browsers add that by themselves once they know it,
    so there a page of another site is refused.
    """
    if not keys.exist:
        _refuse_stranger(method, scheme, headers)
        return Caller()
    if needs is None:
        return Caller()
    presented = presented_key(headers)
    if presented is None and basic:
        presented = _password(headers)
        if presented is not None and _from_another_site(scheme, headers.get("host"), headers):
            raise _refused("a page of another site may not ask with a password", "origin_refused")
    if presented is None:
        raise _unknown_caller("this needs a key", "key_missing")
    key = keys.find(presented)
    if key is None:
        raise _unknown_caller("this key opens nothing: it is unknown, was revoked or has expired", "key_invalid")
    if not key.may(needs):
        raise Refusal(f"the key {key.id} has not the scope {needs!r} that this needs", code="scope_missing")
    return Caller(key.tenant, key.id, frozenset(s for s in SCOPES if key.may(s)))


def presented_key(headers: Headers) -> str | None:
    """The key that a request presents, in whichever of the headers for it."""
    kind, _, token = headers.get("authorization", "").strip().partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key") or headers.get("x-arcrun-api-key") or None


def _password(headers: Headers) -> str | None:
    kind, _, token = headers.get("authorization", "").strip().partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[2] or None
    except ValueError:
        return None


def _unknown_caller(message: str, code: str) -> Refusal:
    error = ', error="invalid_token"' if code == "key_invalid" else ""
    return Refusal(message, code=code, headers={"www-authenticate": f'Bearer realm="cypher-executor"{error}'})


def _refuse_stranger(method: str, scheme: str, headers: Headers) -> None:
    host = headers.get("host")
    if host is not None and not is_loopback(without_port(host)):
        raise _refused(f"as long as there are no keys, requests must name this machine, not {host!r}", "host_refused")
    if method not in _SAFE_METHODS and _from_another_site(scheme, host, headers):
        raise _refused("a page of another site may not start or change anything here", "origin_refused")


def _from_another_site(scheme: str, host: str | None, headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() != f"{scheme}://{host}".lower()
    return headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")


def _refused(message: str, code: str) -> Refusal:
    return Refusal(message, code=code, next_actions=["call http://127.0.0.1 or http://localhost, not from a web page"])
