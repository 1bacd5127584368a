"""Bolt in WebSocket, on the same port as Bolt itself: how browsers connect, which cannot open anything else.

The frames are those of `websockets`, without its connections. What is in them is a stream: messages of Bolt may begin
and end anywhere in them. A page asks by plain HTTP first who is there, and is told (`compat.discovery`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from cypher_executor.bolt.tcp import TcpPipe

LARGEST_FRAME = 1024 * 1024
_DATA = (Opcode.BINARY, Opcode.CONT)

Refusal = tuple[HTTPStatus, str]
Check = Callable[[str | None, str | None], Refusal | None]
"""Gets `Host` and `Origin`; what is wrong with them, if anything."""


class WebSocketPipe:
    """A `Pipe` over another one, once `open` has given True."""

    def __init__(self, pipe: TcpPipe, about: Callable[[str], Mapping[str, Any]]) -> None:
        """`about` tells who is there, under the name by which it was reached."""
        self._pipe = pipe
        self._about = about
        self._protocol = ServerProtocol(max_size=LARGEST_FRAME)

    async def open(self, check: Check) -> bool:
        """Read the request of the client and accept it, or tell it what is wrong and end. Raises ConnectionError."""
        request = await self._request()
        response = None if request is None else self._response(request, check)
        if response is not None:
            self._protocol.send_response(response)
        await self._flush()
        return self._protocol.state is State.OPEN

    async def _request(self) -> Request | None:
        while not self._protocol.handshake_exc:
            data = await self._pipe.receive()
            if not data:
                return None
            self._protocol.receive_data(data)
            for event in self._protocol.events_received():
                if isinstance(event, Request):
                    return event
        return None

    def _response(self, request: Request, check: Check) -> Response:
        host, origin = _one(request.headers, "host"), _one(request.headers, "origin")
        refused = check(host, origin)
        if refused is not None:
            return self._protocol.reject(*refused)
        if "upgrade" not in request.headers:
            return self._told(host or "", origin)
        return self._protocol.accept(request)

    def _told(self, host: str, origin: str | None) -> Response:
        body = json.dumps(self._about(host)).encode()
        headers = Headers(
            {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                "Connection": "close",
                "Vary": "Origin",
            }
        )
        if origin is not None:
            headers["Access-Control-Allow-Origin"] = origin
        return Response(200, "OK", headers, body)

    async def receive(self) -> bytes:
        """See `connection.Pipe`."""
        while True:
            found = b"".join(self._frame(one) for one in self._protocol.events_received() if isinstance(one, Frame))
            await self._flush()
            if found or self._protocol.state is not State.OPEN:
                return found
            data = await self._pipe.receive()
            if not data:
                self._protocol.receive_eof()
                return b""
            self._protocol.receive_data(data)

    def _frame(self, frame: Frame) -> bytes:
        if frame.opcode in _DATA:
            return bytes(frame.data)
        if frame.opcode is Opcode.TEXT:
            self._protocol.fail(1003, "Bolt is binary")
        return b""

    async def send(self, data: bytes) -> None:
        """See `connection.Pipe`."""
        try:
            self._protocol.send_binary(data)
        except (ConnectionClosed, InvalidState):
            raise ConnectionResetError from None
        await self._flush()

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                await self._pipe.send(data)

    async def close(self) -> None:
        """See `connection.Pipe`."""
        try:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
            await self._flush()
        except (ConnectionError, InvalidState):
            pass
        finally:
            await self._pipe.close()


def _one(headers: Headers, name: str) -> str | None:
    """The value of a header. Of several it is nothing, and that is nobody's name."""
    values = headers.get_all(name)
    return None if not values else values[0] if len(values) == 1 else ""
