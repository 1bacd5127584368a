"""A server on loopback that keeps what it was sent, and an egress that may or may not reach it."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from cypher_executor.adapters.egress import Egress
from cypher_executor.core.events import RunId
from cypher_executor.core.grants import RecipeGrants
from cypher_executor.core.parts import Grants
from cypher_executor.core.patterns import EVERYTHING
from cypher_executor.ports import CallContext

CONTEXT = CallContext(
    run=RunId("run_1"),
    node="名",
    item=(),
    attempt=1,
    part="http_request",
    key="run_1:名::0",
    grants=Grants(http=("*",), secrets=("*",)),
    allowed=RecipeGrants((EVERYTHING,)),
)
NAMES = {
    "canary.test": ["127.0.0.1"],
    "mixed.test": ["93.184.215.14", "127.0.0.1"],
    "half.test": ["127.0.0.1", "10.0.0.1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "a.localhost": ["::1"],
    "mixed6.test": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "sixtofour.test": ["2002:7f00:1::1"],
    "teredo.test": ["2001:0:7f00:1::1"],
    "metadata.test": ["169.254.169.254"],
    "linklocal.test": ["fe80::1"],
    "zone.test": ["fe80::1%1"],
    "unspecified.test": ["0.0.0.0", "::"],
    "private.test": ["10.0.0.1", "fd00::1"],
    "last.test": [*["93.184.215.14"] * 5, "192.168.1.1"],
    "127.0.0.1.nip.test": ["127.0.0.1"],
}


async def resolve(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    """Names as `NAMES` has them, numbers in all the notations that the C library takes, nothing from a network."""
    try:
        found = NAMES.get(host.rstrip(".").lower()) or [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        raise socket.gaierror(socket.EAI_NONAME, "unknown name") from None
    return [
        ResolveResult(
            hostname=host,
            host=address,
            port=port,
            family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
        for address in found
    ]


class Canary:
    """A real server. `connections` counts what the kernel let through, `requests` what was said."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.asked = asyncio.Event()
        self.port = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.asked.set()
        self.bodies.append(await request.read())
        return await ANSWERS.get(request.path, _json)(request)


async def _json(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"n": 2**53 + 1})


async def _redirect(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "/elsewhere"})


async def _too_large(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"x" * (4 * 1024 * 1024 + 1))


async def _largest(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"x" * (4 * 1024 * 1024), content_type="text/plain")


async def _bomb(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=gzip.compress(bytes(100_000_000), 9), headers={"Content-Encoding": "gzip"})


async def _never(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def _busy(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"error": "busy"}, status=429, headers={"Retry-After": "3"})


async def _bad_json(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"a":1,"a":2}', content_type="application/json")


async def _binary(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"\x89PNG\xff", content_type="image/png")


async def _latin(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"caf\xe9", headers={"Content-Type": "text/plain; charset=latin-1"})


async def _empty(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


async def _cookies(_request: web.Request) -> web.StreamResponse:
    response = web.Response(text="ok", headers={"X-Two": "a"})
    response.headers.add("X-Two", "b")
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


ANSWERS: dict[str, Callable[[web.Request], Any]] = {
    "/redirect": _redirect,
    "/too_large": _too_large,
    "/largest": _largest,
    "/bomb": _bomb,
    "/never": _never,
    "/busy": _busy,
    "/bad_json": _bad_json,
    "/binary": _binary,
    "/latin": _latin,
    "/empty": _empty,
    "/cookies": _cookies,
}


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    canary = Canary()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", canary.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    loop = asyncio.get_running_loop()
    made = runner.server
    assert made is not None

    def connected() -> asyncio.BaseProtocol:
        canary.connections += 1
        return made()

    server = await loop.create_server(connected, "127.0.0.1", 0)
    canary.port = server.sockets[0].getsockname()[1]
    yield canary
    server.close()
    await runner.cleanup()


@pytest.fixture
async def closed() -> AsyncIterator[Egress]:
    """An egress with the default rule."""
    egress = Egress(resolve=resolve)
    yield egress
    await egress.close()


@pytest.fixture
async def opened(canary: Canary) -> AsyncIterator[Egress]:
    """An egress that may reach the canary."""
    egress = Egress(allow=[f"127.0.0.1:{canary.port}"], resolve=resolve)
    yield egress
    await egress.close()
