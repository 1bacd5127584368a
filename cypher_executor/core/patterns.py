"""Patterns of HTTP requests: what grants are written in.

A pattern is `[METHODS ]scheme://host[:port][/path]`, as in `https://api.example.com/*`, `GET,HEAD https://*.example.com`,
`http://10.0.0.7:8080/hooks/*`, or `*` for everything. A host `*.x` is every host below x and not x itself; `*` alone is
any host. Without a port it is the one of the scheme, `:*` is every port. A path is exact unless it ends with `*`, and
without one the whole host is meant. A request is a pattern too, the narrowest there is, so that one question is enough
for everything: does this pattern *cover* that one?
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

ANY: Final = "*"
_PORTS: Final = {"http": 80, "https": 443}
_PATTERN: Final = re.compile(
    r"(?:(?P<methods>[A-Za-z]+(?:,[A-Za-z]+)*) )?(?P<scheme>https?|\*)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]@?#\\]+)(?::(?P<port>[0-9]{1,5}|\*))?(?P<path>/[^\s?#\\]*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A set of requests. `methods` None, `port` None, `scheme` and `host` `*` mean any; `open`: all paths below."""

    methods: frozenset[str] | None
    scheme: str
    host: str
    port: int | None
    path: str
    open: bool

    def covers(self, other: Pattern) -> bool:
        """Whether every request of the other pattern is one of this one."""
        return (
            (self.methods is None or (other.methods is not None and other.methods <= self.methods))
            and self.scheme in (ANY, other.scheme)
            and host_covers(self.host, other.host)
            and self.port in (None, other.port)
            and self._covers_path(other)
        )

    def _covers_path(self, other: Pattern) -> bool:
        if not self.open:
            return not other.open and self.path == other.path
        return self.path == "/" or (other.path.startswith(self.path) and not _climbs(other.path))

    @property
    def names_a_host(self) -> bool:
        """Whether it says which host, or at least which domain."""
        return self.host != ANY


EVERYTHING: Final = Pattern(None, ANY, ANY, None, "/", True)


def read_pattern(text: str) -> Pattern:
    """A pattern as authors and operators write it. Raises ValueError with the reason."""
    if text.strip() == ANY:
        return EVERYTHING
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not like 'https://api.example.com/*'")
    methods, scheme, path = found["methods"], found["scheme"].lower(), found["path"] or "/*"
    if ANY in path[:-1]:
        raise ValueError(f"{text!r} has a `*` in the middle of its path: it may stand at the end only")
    return Pattern(
        None if methods is None else frozenset(methods.upper().split(",")),
        scheme,
        _host(found["host"], text),
        _port(found["port"], scheme, text),
        path.removesuffix(ANY),
        path.endswith(ANY),
    )


def one_request(method: str, scheme: str, host: str, port: int, path: str) -> Pattern:
    """The pattern that is just this request."""
    return Pattern(frozenset({method.upper()}), scheme.lower(), _plain(host), port, path or "/", False)


def _host(host: str, text: str) -> str:
    plain = _plain(host)
    rest = plain.removeprefix("*.")
    if host != ANY and (not rest or ANY in rest):
        raise ValueError(f"{text!r}: a `*` in a host stands for all of it, or at its beginning as in '*.example.com'")
    return plain


def _plain(host: str) -> str:
    """A host in the one form in which it is compared."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(bare).compressed
    except ValueError:
        pass
    try:
        return bare if bare.isascii() else bare.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"{host!r} is not the name of a host") from None


def _port(port: str | None, scheme: str, text: str) -> int | None:
    if port is None:
        return _PORTS.get(scheme)
    if port == ANY:
        return None
    if not 1 <= int(port) <= 65535:
        raise ValueError(f"{text!r} has a port that does not exist")
    return int(port)


def host_covers(mine: str, other: str) -> bool:
    """Whether the first host, or pattern of hosts, covers the second one."""
    if mine in (ANY, other):
        return True
    return mine.startswith("*.") and other != ANY and other.removeprefix("*").endswith(mine[1:])


def _climbs(path: str) -> bool:
    """Whether a path goes up again: what it begins with says nothing then. Some servers drop what follows a `;` in a
    segment before they look at it, and some decode more than once."""
    segments = [segment.partition(";")[0] for segment in unquote(unquote(path)).replace("\\", "/").split("/")]
    return ".." in segments or "." in segments
