"""Which addresses are no public ones.

Explicit networks, because `ipaddress.is_global` differs between releases of Python. IPv6 is the other way round: only
2000::/3 is given to the public, and of that some is set aside. An address that carries an IPv4 address inside is judged
by both. Sources: the special-purpose address registries of IANA, and the cloud providers' pages on metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_4: Final = {
    IPv4Network("0.0.0.0/8"): "unspecified",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "shared by a provider's customers (CGNAT)",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "a cloud's metadata service",
    IPv4Network("169.254.0.0/16"): "link-local, where metadata services are",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "reserved for protocols",
    IPv4Network("192.0.2.0/24"): "for documentation",
    IPv4Network("192.31.196.0/24"): "reserved (AS112)",
    IPv4Network("192.52.193.0/24"): "reserved (AMT)",
    IPv4Network("192.88.99.0/24"): "a 6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("192.175.48.0/24"): "reserved (AS112)",
    IPv4Network("198.18.0.0/15"): "for benchmarks",
    IPv4Network("198.51.100.0/24"): "for documentation",
    IPv4Network("203.0.113.0/24"): "for documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}

_PUBLIC_6: Final = IPv6Network("2000::/3")
_REFUSED_6: Final = {
    IPv6Network("::/128"): "unspecified",
    IPv6Network("::1/128"): "loopback",
    IPv6Network("::/96"): "IPv4-compatible",
    IPv6Network("::ffff:0:0/96"): "IPv4-mapped",
    IPv6Network("::ffff:0:0:0/96"): "IPv4-translated",
    IPv6Network("64:ff9b::/96"): "NAT64",
    IPv6Network("64:ff9b:1::/48"): "NAT64",
    IPv6Network("2001::/32"): "Teredo",
    IPv6Network("2001::/23"): "reserved for protocols",
    IPv6Network("2001:db8::/32"): "for documentation",
    IPv6Network("2002::/16"): "6to4",
    IPv6Network("2620:4f:8000::/48"): "reserved (AS112)",
    IPv6Network("3fff::/20"): "for documentation",
    IPv6Network("fc00::/7"): "private",
    IPv6Network("fe80::/10"): "link-local",
    IPv6Network("fec0::/10"): "site-local",
    IPv6Network("ff00::/8"): "multicast",
}

_WITH_IPV4_AT_END: Final = tuple(
    IPv6Network(n) for n in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
_LOW_32: Final = 0xFFFFFFFF


def read_address(text: str) -> Address:
    """An address as sockets name it, without the zone. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def why_refused(address: Address) -> str | None:
    """What kind of non-public address this is; None for a public one."""
    if isinstance(address, IPv4Address):
        return next((why for network, why in _REFUSED_4.items() if address in network), None)
    known = next((why for network, why in _REFUSED_6.items() if address in network), None)
    return known or (None if address in _PUBLIC_6 else "not a public address")


def embedded(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries: where a translator or tunnel would send the packets."""
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if any(address in network for network in _WITH_IPV4_AT_END) or (number >> 32) & _LOW_32 in _ISATAP:
        yield IPv4Address(number & _LOW_32)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
