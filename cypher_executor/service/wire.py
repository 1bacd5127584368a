"""The HTTP connection: uvicorn's protocol over h11, with what it leaves open closed.

* Headers must be complete in 10 seconds, on a new connection and on one that is used again.
* What is not HTTP is answered like every other error, with the status that h11 proposes.
* A path with raw bytes beyond ASCII, as some clients send names, is read as if they had been percent-encoded.

`Protocol` goes into `uvicorn.Config(http=...)`, with `h11_max_incomplete_event_size=HEADERS_BYTES`.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from cypher_executor.service.endpoint import encoded
from cypher_executor.service.envelope import EVERY_ANSWER
from cypher_executor.service.headers import new_request_id
from cypher_executor.service.problems import MEDIA_TYPE, Refusal, problem_of

HEADERS_S = 10.0
"""How long the request line and the headers may take to arrive."""


class Protocol(H11Protocol):
    """One connection."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """The first request is expected from now on.

        Head and body of an answer are written one after the other: without NODELAY the body would wait, for 40 ms on
        Linux, until the client has acknowledged the head. asyncio sets it for some listening sockets only.
        """
        super().connection_made(transport)
        _send_at_once(transport.get_extra_info("socket"))
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._forget_headers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a request."""
        super().data_received(self._quoted(data))
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._await_headers()
        else:
            self._forget_headers()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when h11 could not read a request."""
        reason = sys.exception()
        status = getattr(reason, "error_status_hint", 400)
        if status == 431:
            self._refuse(Refusal("the request line and the headers are too large", code="headers_too_large"))
        else:
            why = str(reason or msg).partition(":")[0]
            self._refuse(Refusal(f"the request cannot be read: {why}", code="http_invalid"))

    def _quoted(self, data: bytes) -> bytes:
        """The data, with the bytes of a request line that are not ASCII percent-encoded."""
        if self.conn.their_state is not h11.IDLE or b"\n" in self.conn.trailing_data[0]:
            return data
        line, end, rest = data.partition(b"\n")
        return data if line.isascii() else b"".join(map(_percent, line)) + end + rest

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(HEADERS_S, self._headers_too_slow)

    def _forget_headers(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _headers_too_slow(self) -> None:
        self._headers_due = None
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            message = f"the headers were not complete after {HEADERS_S:g} seconds"
            self._refuse(Refusal(message, code="headers_too_slow"))
        else:
            self.transport.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer, if nothing has been answered yet, and close. The application must not answer a second time."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send_problem(refusal)
        self.transport.close()

    def _send_problem(self, refusal: Refusal) -> None:
        request_id = new_request_id()
        problem = problem_of(refusal, request_id)
        body = encoded(problem.body)
        named = {
            **EVERY_ANSWER,
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "x-request-id": request_id,
            "connection": "close",
        }
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        response = h11.Response(status_code=problem.status, headers=headers, reason=STATUS_PHRASES[problem.status])
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


def _send_at_once(connection: socket.socket | None) -> None:
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _percent(byte: int) -> bytes:
    return bytes((byte,)) if byte < 0x80 else b"%%%02X" % byte
