"""Patterns of requests, put together: what is in both of two, and how a pattern is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cypher_executor.core.patterns import ANY, EVERYTHING, Pattern

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


def pattern_text(pattern: Pattern) -> str:
    """A pattern as grants are written; reading it gives the same pattern again."""
    if pattern == EVERYTHING:
        return ANY
    methods = "" if pattern.methods is None else ",".join(sorted(pattern.methods)) + " "
    host = f"[{pattern.host}]" if ":" in pattern.host else pattern.host
    return f"{methods}{pattern.scheme}://{host}{_port(pattern)}{pattern.path}{ANY if pattern.open else ''}"


def _port(pattern: Pattern) -> str:
    usual = _PORTS.get(pattern.scheme)
    if pattern.port is None:
        return "" if usual is None else f":{ANY}"
    return "" if pattern.port == usual else f":{pattern.port}"


def narrower(one: Pattern, other: Pattern) -> Pattern | None:
    """The requests that are in both patterns; None when there is none."""
    methods = _methods(one.methods, other.methods)
    scheme = _scheme(one.scheme, other.scheme)
    host, path = _host(one.host, other.host), _path(one, other)
    if methods == frozenset() or scheme is None or host is None or path is None:
        return None
    if None not in (one.port, other.port) and one.port != other.port:
        return None
    return Pattern(methods, scheme, host, one.port if other.port is None else other.port, *path)


def _methods(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _scheme(one: str, other: str) -> str | None:
    if ANY in (one, other):
        return other if one == ANY else one
    return one if one == other else None


def _host(one: str, other: str) -> str | None:
    if ANY in (one, other):
        return other if one == ANY else one
    for wide, narrow in ((one, other), (other, one)):
        if wide == narrow or (wide.startswith("*.") and narrow.removeprefix(ANY).endswith(wide[1:])):
            return narrow
    return None


def _path(one: Pattern, other: Pattern) -> tuple[str, bool] | None:
    for wide, narrow in ((one, other), (other, one)):
        if (wide.open and narrow.path.startswith(wide.path)) or (wide.path, wide.open) == (narrow.path, narrow.open):
            return narrow.path, narrow.open
    return None
