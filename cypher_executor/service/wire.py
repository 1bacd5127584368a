"""The HTTP connection: uvicorn's protocol over httptools, stricter, and with what it leaves open closed.

* What could be read in two ways is refused: no host or two, a body that is encoded in another way than in chunks.
* Request line and headers must not be too large, and must be complete in 10 seconds, on a new connection and on one
  that is used again.
* What is not HTTP is answered like every other error, behind the answers to the requests before it.
* A path with raw bytes beyond ASCII, as some clients send names, is read as if they had been percent-encoded.
* Head and body of an answer leave in one piece.

`Protocol` goes into `uvicorn.Config(http=...)`.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from cypher_executor.service.deadlines import Deadline, Deadlines, Unhurried
from cypher_executor.service.endpoint import encoded
from cypher_executor.service.envelope import EVERY_ANSWER, HEADERS_BYTES
from cypher_executor.service.headers import new_request_id
from cypher_executor.service.problems import MEDIA_TYPE, Refusal, problem_of

HEADERS_S = 10.0
"""How long the request line and the headers may take to arrive."""

_GATHERED: Final = 64 * 1024
"""So much of an answer is written at once, whatever comes behind it."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    _headers_due: Deadline | None = None
    _head_bytes = 0
    """What has arrived of a request line and headers that are not complete."""
    _in_head = True
    """Whether the next byte belongs to a request line or to headers."""
    _unanswered = 0
    """How many requests have begun to arrive, and are not answered."""
    _refusal: Refusal | None = None
    """Why nothing that arrives is read any more."""

    def connection_made(self, transport: Any) -> None:
        """The first request is expected from now on.

        asyncio sets NODELAY for some listening sockets only. Without it an answer that is written in two pieces would
        wait, for 40 ms on Linux, until the client has acknowledged the first.
        """
        self._together = _Together(transport, self.loop)
        self._deadlines = Deadlines.of(self.loop)
        self.loop = cast(asyncio.AbstractEventLoop, Unhurried(self.loop))
        super().connection_made(self._together)  # type: ignore[arg-type]
        _send_at_once(transport.get_extra_info("socket"))
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._forget_headers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a request, or several."""
        if self._refusal is not None:
            return
        if self._in_head:
            data = data if self._head_bytes else _quoted(data)
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._in_head or not self._head_bytes:
            self._forget_headers()
        elif self._head_bytes > HEADERS_BYTES:
            self._refuse(Refusal("the request line and the headers are too large", code="headers_too_large"))
        else:
            self._await_headers()

    def on_headers_complete(self) -> None:
        """Request line and headers are there. Raises Refusal for what could be read in two ways."""
        self._in_head, self._head_bytes = False, 0
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            raise Refusal("only HTTP/1.1 is spoken here", code="http_invalid")
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise Refusal("a request names one host", code="http_invalid")
        if any(name == b"transfer-encoding" and value.lower() != b"chunked" for name, value in self.headers):
            raise Refusal("the only transfer encoding that is read is `chunked`", code="http_invalid")
        upgrades = self.parser.should_upgrade()
        self._unanswered += not (upgrades and self._should_upgrade())
        super().on_headers_complete()
        if upgrades and not self._should_upgrade():  # It is answered in HTTP, but nothing behind it is.
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request is complete; another one may follow."""
        self._in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is written: send it, and what was found wrong behind the requests that are answered now."""
        self._together.flush()
        self._unanswered -= 1
        super().on_response_complete()
        if self._refusal is not None and not self._unanswered and not self.transport.is_closing():
            self._end_with(self._refusal)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when a request cannot be read."""
        error = sys.exception()
        reason = error if error is None or error.__context__ is None else error.__context__
        if isinstance(reason, Refusal):
            self._refuse(reason)
        else:
            self._refuse(Refusal(f"the request cannot be read: {reason or msg}", code="http_invalid"))

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for another protocol is answered in HTTP: that is no reason to warn."""

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self._deadlines.after(HEADERS_S, self._headers_too_slow)

    def _forget_headers(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _headers_too_slow(self) -> None:
        self._headers_due = None
        if self._head_bytes:
            message = f"the headers were not complete after {HEADERS_S:g} seconds"
            self._refuse(Refusal(message, code="headers_too_slow"))
        else:
            self.transport.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Read nothing more, answer what was asked before, then this; and close."""
        if self._refusal is not None or self.transport.is_closing():
            return
        self._refusal = refusal
        self._forget_headers()
        if self._unanswered and self.cycle.more_body:
            self._give_up_newest()
        if not self._unanswered and not self.transport.is_closing():
            self._end_with(refusal)

    def _give_up_newest(self) -> None:
        """The body of the newest request will never be complete. The application must not answer it any more."""
        self._unanswered -= 1
        if self.pipeline:
            self.pipeline.popleft()
        elif self.cycle.response_started:
            self.transport.close()
        self.cycle.disconnected = self.cycle.response_complete = True
        self.cycle.message_event.set()

    def _end_with(self, refusal: Refusal) -> None:
        """Answer, and close."""
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
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self.transport.write(STATUS_LINE[problem.status] + head.encode() + b"\r\n" + body)
        self.transport.close()


class _Together:
    """A transport that gathers what is written, and sends it when the event loop comes round or it is asked to."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """See `asyncio.Transport`."""
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _GATHERED:
            self.flush()

    def flush(self) -> None:
        """Send what was gathered."""
        if self._pieces:
            pieces, self._pieces, self._size = self._pieces, [], 0
            self._transport.write(b"".join(pieces))

    def close(self) -> None:
        """See `asyncio.Transport`."""
        self.flush()
        self._transport.close()


def _send_at_once(connection: socket.socket | None) -> None:
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _quoted(data: bytes) -> bytes:
    """The data, with the bytes of a request line that are not ASCII percent-encoded."""
    if data.isascii():
        return data
    line, end, rest = data.partition(b"\n")
    return data if line.isascii() else b"".join(map(_percent, line)) + end + rest


def _percent(byte: int) -> bytes:
    return bytes((byte,)) if byte < 0x80 else b"%%%02X" % byte
