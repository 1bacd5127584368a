"""Where parts may connect to: public addresses on ports 80 and 443, unless the operator says otherwise.

The operator's words are entries: a network, an address or a host name (`*.` in front means all below it), each with or
without a port, as in `10.0.0.0/8`, `127.0.0.1:9000`, `[fd00::1]:80`, `api.internal:8443`, `*.corp.example`. An entry
without a port speaks of 80 and 443. Entries of `allow` open what is refused by default; when `only` has entries,
nothing else can be reached, and what is refused by default stays refused unless `allow` opens it too.

A connection is judged twice: the URL before anything is looked up (`check_target`), and every address just before a
socket is made for it (`check_address`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from cypher_executor.adapters.egress.networks import Address, Network, embedded, why_refused
from cypher_executor.errors import RequestInvalid

_DEFAULT_PORTS: Final = frozenset({80, 443})
_WITH_PORT: Final = re.compile(r"(?P<name>\[[^\]]+\](?:/\d+)?|[^:\[\]]+)(?::(?P<port>\d{1,5}))?")
_HOST: Final = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


class EgressRefused(OSError):
    """A part may not connect there. An OSError, because it is raised where sockets are made."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the operator's words: a network or a host name, and the ports that it speaks of."""

    text: str
    network: Network | None
    host: str
    ports: frozenset[int]

    @classmethod
    def read(cls, text: str) -> Entry:
        """Raises errors.RequestInvalid for what is neither a network, an address nor a host name."""
        name, ports = _without_port(text.strip().lower())
        try:
            return cls(text, ip_network(re.sub(r"^\[([^\]]+)\](?=/|$)", r"\1", name)), "", ports)
        except ValueError:
            pass
        if re.fullmatch(r"[\d.]+(/\d+)?", name) or not _HOST.fullmatch(name):
            raise RequestInvalid(f"{text!r} is not a network, an address or a host name, with or without a port")
        return cls(text, None, name, ports)

    def has_host(self, host: str) -> bool:
        """Whether it speaks of this host name."""
        return host == self.host or (self.host.startswith("*.") and host.endswith(self.host[1:]))

    def has_address(self, address: Address) -> bool:
        """Whether it speaks of this address."""
        return self.network is not None and address.version == self.network.version and address in self.network


def _without_port(text: str) -> tuple[str, frozenset[int]]:
    if text.count(":") > 1 and not text.startswith("["):
        return text, _DEFAULT_PORTS  # a bare IPv6 address or network
    found = _WITH_PORT.fullmatch(text)
    if found is None or found["port"] is None:
        return text, _DEFAULT_PORTS
    if not 1 <= int(found["port"]) <= 65535:
        raise RequestInvalid(f"{text!r} has a port that does not exist")
    return found["name"], frozenset({int(found["port"])})


class EgressRule:
    """The operator's rule. `allow` and `only` are entries as text; raises errors.RequestInvalid for a wrong one."""

    def __init__(self, allow: Iterable[str] = (), only: Iterable[str] = ()) -> None:
        self._allow = tuple(map(Entry.read, filter(str.strip, allow)))
        self._only = tuple(map(Entry.read, filter(str.strip, only)))

    def check_target(self, host: str, port: int) -> None:
        """What can be said before the name is looked up. Raises EgressRefused."""
        name = _plain(host)
        if port not in _DEFAULT_PORTS and not any(port in e.ports for e in self._allow):
            raise EgressRefused(f"port {port} is not open to parts: only 80, 443 and what the operator opens")
        by_address = any(e.network is not None for e in self._only)
        if self._only and not by_address and not any(e.has_host(name) and port in e.ports for e in self._only):
            raise EgressRefused(f"{host} port {port} is not among the targets that the operator restricts parts to")

    def check_address(self, host: str, address: Address, port: int) -> None:
        """Whether a part that asked for `host` may connect to this address. Raises EgressRefused."""
        name = _plain(host)
        if self._only and not _speaks_of(self._only, name, address, port):
            raise EgressRefused(f"{address} port {port} is not among the targets that the operator restricts parts to")
        if _speaks_of(self._allow, name, address, port):
            opened_by_name = any(e.has_host(name) and port in e.ports for e in self._allow)
            inner = () if opened_by_name else embedded(address)
        elif port not in _DEFAULT_PORTS:
            raise EgressRefused(f"port {port} of {address} is not open to parts")
        elif why := why_refused(address):
            raise EgressRefused(f"{address} is {why}: parts may not connect there unless the operator allows it")
        else:
            inner = embedded(address)
        for within in inner:
            if not _speaks_of(self._allow, name, within, port) and (why := why_refused(within)):
                raise EgressRefused(f"{address} carries {within}, which is {why}")


def _speaks_of(entries: tuple[Entry, ...], host: str, address: Address, port: int) -> bool:
    return any(port in e.ports and (e.has_address(address) or e.has_host(host)) for e in entries)


def _plain(host: str) -> str:
    return host.lower().rstrip(".")
