"""Who may ask for what. While no key has been created that is: everyone on this machine, as the one tenant.

This is the seam for keys: `admit` gets the request and the scope that its endpoint needs, and gives the caller.

Without keys the network is the guard, so it must not be led around. The service refuses to listen on an address that
others can reach (`refuse_open_address`). A page in a browser on this machine is "on this machine" too: such a page can
send requests here without reading the answers, and by DNS rebinding under a name of its own can read them. So a request
must come under a loopback name (`Host`), and one that changes something must not come from another site's page
(`Origin`, `Sec-Fetch-Site`). A key that a caller presents is ignored until there are keys to compare it with.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from starlette.datastructures import Headers

from cypher_executor.errors import RequestInvalid
from cypher_executor.service.problems import Refusal

Scope = Literal["read", "run", "write", "admin"]
"""What a key may be allowed to do: look, start and stop runs, change recipes and parts, manage keys and secrets."""

WITHHELD_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-arcrun-api-key", "idempotency-key"}
)
"""Headers that a run never gets to see: they say who called, or under which key, not what was asked."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, and whose recipes and runs they see."""

    tenant: str


def refuse_open_address(host: str) -> None:
    """Raises RequestInvalid (`address_refused`) for an address that reaches beyond this machine."""
    if not is_loopback(host):
        raise RequestInvalid(
            f"without keys the service listens on this machine only, not on {host or 'every address'!r}: "
            "anybody who could reach it could run recipes",
            code="address_refused",
            next_actions=["listen on 127.0.0.1, and let a proxy that checks who calls stand in front"],
        )


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a host, by name or number, is this machine whatever a name server says."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def admit(method: str, scheme: str, headers: Headers, needs: Scope | None, tenant: str) -> Caller:
    """The caller of a request. Raises Refusal when it came in a way that is not to be trusted."""
    host = headers.get("host")
    if host is not None and not is_loopback(_without_port(host)):
        raise _refused(f"as long as there are no keys, requests must name this machine, not {host!r}", "host_refused")
    if method not in _SAFE_METHODS and _from_another_site(scheme, host, headers):
        raise _refused("a page of another site may not start or change anything here", "origin_refused")
    return Caller(tenant)


def _from_another_site(scheme: str, host: str | None, headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() != f"{scheme}://{host}".lower()
    return headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _refused(message: str, code: str) -> Refusal:
    return Refusal(message, code=code, next_actions=["call http://127.0.0.1 or http://localhost, not from a web page"])
