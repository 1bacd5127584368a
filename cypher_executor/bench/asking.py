"""A client that costs as little as possible, because it runs on the machine that is measured.

It speaks just enough HTTP/1.1 for that: a request is bytes that are made once, an answer is its status and its body. A
connection is kept, and has one request at a time on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cypher_executor.errors import Unavailable

_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        with contextlib.suppress(ValueError):
            return json.loads(self.body)
        return None


def request(method: str, url: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole request, as it is sent."""
    named = {"host": urlsplit(url).netloc, "content-type": "application/json", **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """One connection. `ask` sends, and gives what is there when the answer is complete."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._needed: int | None = None
        self._head = 0
        self._status = 0
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None
        self._lost: Unavailable | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, asked: bytes) -> asyncio.Future[Answer]:
        """Send this. Raises Unavailable when the connection is lost before the answer is complete."""
        assert self._transport is not None and self._answer is None
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._lost is not None:
            answer.set_exception(Unavailable(self._lost.message))
        else:
            self._answer = answer
            self._transport.write(asked)
        return answer

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self._needed is None:
            self._read_head()
        if self._needed is not None and len(self._data) >= self._needed:
            self._complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = Unavailable(f"the connection was lost before the answer: {exc or 'it was closed'}")
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(self._lost)

    def close(self) -> None:
        """No more requests."""
        if self._transport is not None:
            self._transport.close()

    def _read_head(self) -> None:
        end = self._data.find(_END_OF_HEAD)
        if end < 0:
            return
        head = bytes(self._data[:end]).lower()
        self._status, self._head = int(head[9:12]), end + len(_END_OF_HEAD)
        _, _, rest = head.partition(b"content-length:")
        self._needed = self._head + int(rest.partition(b"\r\n")[0])

    def _complete(self) -> None:
        body = bytes(self._data[self._head : self._needed])
        self._data.clear()
        self._needed = None
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(Answer(self._status, body))


@contextlib.asynccontextmanager
async def connected(url: str, count: int) -> AsyncIterator[Sequence[Connection]]:
    """So many connections, open."""
    where = urlsplit(url)
    assert where.hostname is not None and where.port is not None
    loop = asyncio.get_running_loop()
    opened: list[Connection] = []
    try:
        for _ in range(count):
            _, connection = await loop.create_connection(Connection, where.hostname, where.port)
            opened.append(connection)
        yield opened
    finally:
        for connection in opened:
            connection.close()
