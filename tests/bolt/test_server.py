"""The server over real sockets: Bolt and WebSocket on one port, and which pages may connect."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cypher_executor.bolt import server as server_module
from cypher_executor.bolt.chunks import chunked
from cypher_executor.bolt.origins import allowed
from cypher_executor.bolt.packing import packed
from cypher_executor.bolt.structure import Structure
from cypher_executor.compat.desk import Desk
from tests.bolt.talking import HELLO, offers, serving

GREETING = offers((5, 4, 0)) + chunked(packed(Structure(HELLO, ({},))))


@contextlib.asynccontextmanager
async def listening(desk: Desk, **more: Any) -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(desk, **more).listening(listener):
        yield listener.getsockname()[1]


async def greeted(port: int, origin: str | None = None, host: str = "127.0.0.1") -> bytes:
    """What a client in WebSocket is told."""
    async with connect(f"ws://{host}:{port}", host="127.0.0.1", origin=origin) as socket_:  # type: ignore[arg-type]
        await socket_.send(GREETING)
        told = b""
        while len(told) < 20:
            data = await socket_.recv()
            assert isinstance(data, bytes)
            told += data
        return told


async def asked(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("origin", [None, "http://localhost:7474", "http://127.0.0.1", "https://[::1]:8080"])
async def test_pages_of_this_machine_may_connect(desk: Desk, origin: str | None) -> None:
    async with listening(desk) as port:
        assert (await greeted(port, origin))[:4] == bytes((0, 0, 4, 5))


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "null", "file://", "http://localhost.elsewhere.example", "http://127.0.0.1.example",
     "http://user@127.0.0.1@elsewhere.example", "http://[::1", ""],
)  # fmt: skip
async def test_pages_from_elsewhere_may_not(desk: Desk, origin: str) -> None:
    assert not allowed(origin, frozenset())
    async with listening(desk) as port:
        request = (
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert (await asked(port, request.encode())).startswith(b"HTTP/1.1 403 ")


async def test_pages_that_the_operator_names_may(desk: Desk) -> None:
    async with listening(desk, origins=["https://Browser.example"]) as port:
        assert await greeted(port, "https://browser.example")
        with pytest.raises(InvalidStatus):
            await greeted(port, "http://browser.example")


async def test_without_keys_only_who_names_this_machine_may(desk: Desk) -> None:
    async with listening(desk) as port:
        with pytest.raises(InvalidStatus) as refused:
            await greeted(port, host="rebound.example")
        assert refused.value.response.status_code == 403
    async with listening(desk, local=lambda: False) as port:
        assert await greeted(port, host="executor.example")


@pytest.mark.parametrize("more", ["Origin: http://localhost\r\nOrigin: http://localhost", "Host: 127.0.0.1"])
async def test_two_of_a_header_are_none(desk: Desk, more: str) -> None:
    async with listening(desk) as port:
        told = await asked(port, f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n\r\n".encode())
        assert told.startswith(b"HTTP/1.1 403 ")


async def test_whoever_asks_by_http_is_told_what_is_here(desk: Desk) -> None:
    async with listening(desk) as port:
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://localhost:7474\r\n\r\n"
        head, _, body = (await asked(port, request.encode())).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert b"Access-Control-Allow-Origin: http://localhost:7474" in head
        assert json.loads(body)["bolt_direct"] == f"bolt://127.0.0.1:{port}"


async def test_text_is_not_bolt(desk: Desk) -> None:
    async with listening(desk) as port, connect(f"ws://127.0.0.1:{port}") as socket_:
        await socket_.send("text")
        with pytest.raises(ConnectionClosed) as closed:
            await socket_.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003


async def test_a_frame_that_is_too_long_ends_the_connection(desk: Desk) -> None:
    async with listening(desk) as port, connect(f"ws://127.0.0.1:{port}") as socket_:
        await socket_.send(GREETING)
        with pytest.raises(ConnectionClosed):
            await socket_.send(b"\0" * 2_000_000)
            while True:
                await socket_.recv()


@pytest.mark.parametrize(
    "said", [b"", b"GE", b"GET ", b"POST / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n" * 3]
)
async def test_who_does_not_finish_is_not_waited_for(desk: Desk, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "ENTER_S", 0.1)
    async with listening(desk) as port:
        told = await asked(port, said)
        assert told == b"" or told.startswith(b"HTTP/1.1 4")


async def test_connections_end_with_the_server(desk: Desk) -> None:
    async with listening(desk) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GREETING)
        await reader.readexactly(20)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 20)
    writer.close()


async def test_who_has_only_begun_to_connect_is_let_go_with_the_server(desk: Desk) -> None:
    server, listener = serving(desk), socket.create_server(("127.0.0.1", 0))
    async with server.listening(listener):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        while not server._serving:
            await asyncio.sleep(0)
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_there_are_not_too_many_connections_on_the_port(desk: Desk) -> None:
    async with listening(desk, most=2) as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in kept:
            writer.write(GREETING)
            await reader.readexactly(20)
        with contextlib.suppress(ConnectionError):
            assert await asked(port, GREETING) == b""
        for _, writer in kept:
            writer.close()
