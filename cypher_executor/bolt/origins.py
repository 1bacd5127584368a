"""Which pages may connect from a browser.

A page of any site may open a WebSocket to this machine, and browsers say which page it was (`Origin`). Pages of this
machine may, and those of origins that the operator names; what is no browser says nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from cypher_executor.loopback import is_loopback


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
    return is_loopback(host)
