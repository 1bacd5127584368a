"""Whether a name or a number is this machine, whatever a name server says: the guard while there are no keys."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


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


def without_port(header: str) -> str:
    """The host of a `Host` header."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]
