"""Every notation of every address that parts may not reach, against canaries that listen on loopback.

The port of the canaries counts as one of the open ones here, so that it is the address that decides, and the grants are
for everything. Beside the canaries an audit hook of the interpreter sees every attempt to connect, to anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.egress import Egress, networks, rule
from tests.egress.conftest import CONTEXT, resolve

NOT_CONNECTED = ("egress_refused", "request_invalid", "connection_failed")
LINES = (Path(__file__).parent / "vectors.txt").read_text("utf-8").splitlines()
VECTORS = [line for line in LINES if line and not line.startswith("#")]

_attempts: list[Any] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _attempts is not None and event == "socket.connect":
        _attempts.append(arguments[1])


sys.addaudithook(_watch)


@contextlib.contextmanager
def attempts() -> Iterator[list[Any]]:
    """Every address that anything in this process tries to connect to meanwhile."""
    global _attempts
    _attempts = []
    try:
        yield _attempts
    finally:
        _attempts = None


class Canaries:
    """Listen on one port of every loopback address that there is, and count."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0
        self._servers: list[asyncio.Server] = []

    async def open(self) -> None:
        hosts = ["0.0.0.0", *(["::1"] if _has_ipv6() else [])]
        for host in hosts:
            server = await asyncio.start_server(self._connected, host, self.port)
            self.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def close(self) -> None:
        for server in self._servers:
            server.close()
            await server.wait_closed()

    async def _connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
async def canaries(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Canaries]:
    one = Canaries()
    await one.open()
    monkeypatch.setattr(rule, "_DEFAULT_PORTS", frozenset({80, 443, one.port}))
    yield one
    await one.close()


async def reached(canaries: Canaries, vectors: list[str]) -> tuple[list[str], list[Any]]:
    """What was not refused, and every attempt to connect."""
    egress = Egress(resolve=resolve)
    strange: list[str] = []
    with attempts() as seen:
        for vector in vectors:
            url = vector.replace("{port}", str(canaries.port))
            answer = await egress.http_request({"op": "http_request", "url": url, "timeout_ms": 2000}, CONTEXT)
            if answer["ok"] or answer["error"]["code"] not in NOT_CONNECTED:
                strange.append(f"{url}: {answer}")
        tried = list(seen)
    await egress.close()
    return strange, tried


def test_there_are_hundreds_of_vectors() -> None:
    assert len(set(VECTORS)) >= 400


async def test_no_notation_reaches_an_internal_address(canaries: Canaries) -> None:
    strange, tried = await reached(canaries, VECTORS)
    assert (strange, tried, canaries.connections) == ([], [], 0)


async def test_without_the_rule_the_canaries_sing(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted defect: what the test above sees is the rule at work, and not that nothing could connect."""
    monkeypatch.setattr(rule, "why_refused", lambda _address: None)
    _, tried = await reached(canaries, ["http://127.0.0.1:{port}/", "http://2130706433:{port}/", "http://canary.test/"])
    assert len(tried) >= 2 and canaries.connections >= 2


async def test_a_rule_that_does_not_look_inside_addresses_is_found_out(
    canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another: the networks that carry IPv4 addresses are forgotten, and so is to look inside of them."""
    monkeypatch.setattr(networks, "_REFUSED_6", {})
    monkeypatch.setattr(networks, "_PUBLIC_6", networks.IPv6Network("::/0"))
    monkeypatch.setattr(rule, "embedded", lambda _address: ())
    _, tried = await reached(canaries, ["http://[::ffff:127.0.0.1]:{port}/", "http://mapped.test:{port}/"])
    assert tried


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
async def test_a_proxy_of_the_environment_is_never_connected_to(
    canaries: Canaries, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{canaries.port}")
    strange, tried = await reached(canaries, ["http://unknown.test/", "https://unknown.test/"])
    assert (strange, tried, canaries.connections) == ([], [], 0)
