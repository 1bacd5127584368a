"""Bolt in WebSocket on the port of the service: where Neo4j Browser, and drivers in pages, connect to.

The web server takes the frames apart; here they become a pipe of bytes, and who may connect is asked first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from cypher_executor.service.envelope import EVERY_ANSWER

if TYPE_CHECKING:
    from cypher_executor.bolt.server import BoltServer

LARGEST_FRAME = 1024 * 1024


class BoltSocket:
    """The ASGI application of the path that clients of Bolt use, which is `/`."""

    def __init__(self, server: Callable[[], BoltServer]) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, server = Headers(scope=scope), self._server()
        await receive()  # that somebody wants to connect
        refusal = server.refusal(_one(headers, "host"), _one(headers, "origin"))
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await send({"type": "websocket.accept"})
        client = ":".join(map(str, scope.get("client") or ("", 0)))
        await server.serve(AsgiPipe(receive, send), client, headers.get("host", ""))


class AsgiPipe:
    """A `bolt.connection.Pipe` over WebSocket messages of ASGI."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._open = True

    async def receive(self) -> bytes:
        """See `Pipe`. Bolt is binary: whoever sends text is not understood."""
        while self._open:
            message = await self._receive()
            if message["type"] != "websocket.receive" or message.get("bytes") is None:
                self._open = message["type"] == "websocket.receive" and await self._misunderstood()
                break
            data: bytes = message["bytes"]
            if data:
                return data
        return b""

    async def _misunderstood(self) -> bool:
        await self._end(1003)
        return False

    async def send(self, data: bytes) -> None:
        """See `Pipe`."""
        if not self._open:
            raise ConnectionResetError
        try:
            await self._send({"type": "websocket.send", "bytes": data})
        except (OSError, RuntimeError):
            self._open = False
            raise ConnectionResetError from None

    async def close(self) -> None:
        """See `Pipe`."""
        if self._open:
            await self._end(1000)

    async def _end(self, code: int) -> None:
        self._open = False
        with contextlib.suppress(OSError, RuntimeError):
            await self._send({"type": "websocket.close", "code": code})


async def _refuse(send: Send, status: HTTPStatus, message: str) -> None:
    named = {**EVERY_ANSWER, "content-type": "text/plain; charset=utf-8"}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": message.encode()})


def _one(headers: Headers, name: str) -> str | None:
    """The value of a header. Of several it is nothing, and that is nobody's name."""
    values = headers.getlist(name)
    return None if not values else values[0] if len(values) == 1 else ""
