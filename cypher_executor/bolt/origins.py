"""Which pages may connect from a browser.

A page of any site may open a WebSocket to this machine, and browsers say which page it was (`Origin`). Pages of this
machine may, and those of origins that the operator names; what is no browser says nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit


def allowed(origin: str | None, others: Collection[str]) -> bool:
    """Whether whoever comes from there may connect. `others` are origins like `https://browser.example.com`."""
    if origin is None:
        return True
    if origin.lower() in others:
        return True
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    return of_this_machine(host)


def of_this_machine(host: str) -> bool:
    """Whether a name or a number is this machine, whatever a name server says."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def host_of(header: str | None) -> str:
    """The host of a `Host` header, without its port."""
    given = header or ""
    return given.partition("]")[0] + "]" if given.startswith("[") else given.partition(":")[0]
