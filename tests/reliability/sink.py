"""The server that effects go to. It writes down every request with its idempotency key before it answers.

What it answers depends on the path alone: `/ok` well; `/flaky` hangs up on the first request of a key and answers the
second with 503; `/broken` always with 500; `/poll` says that it is ready from the third turn on; `/tell` well, and
hands the address in the body to whoever calls back. A connection belongs to the life of the service in which it was
accepted.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.reliability.diary import Diary

LOST = 0
_PHRASES = {200: "OK", 500: "Internal Server Error", 503: "Service Unavailable"}


class Script:
    """What is answered to whom, wherever the requests come from. `told` hears of each body that comes to `/tell`."""

    def __init__(self, told: Callable[[Mapping[str, Any]], None]) -> None:
        self._told = told
        self._seen: Counter[str] = Counter()

    def answer(self, path: str, key: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Status and body; the status `LOST` for a request that is not answered."""
        self._seen[key] += 1
        if path == "/tell":
            self._told(body)
        if path == "/flaky" and self._seen[key] < 3:
            return (LOST if self._seen[key] == 1 else 503), {"label": body["label"]}
        ready = {"ready": int(key.split(":")[3]) >= 3} if path == "/poll" else {}
        return (500 if path == "/broken" else 200), {"label": body["label"], **ready}


class Sink:
    """A server on loopback, inside `async with`. `told` is called with each body that comes to `/tell`."""

    def __init__(self, diary: Diary, told: Callable[[Mapping[str, Any]], None]) -> None:
        self.life = 0
        """The life of the service that goes on now."""
        self._diary = diary
        self._script = Script(told)
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Sink:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        life = self.life
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._answer(life, reader, writer):
                await writer.drain()
        self._open.discard(writer)
        writer.close()

    async def _answer(self, life: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        line, *named = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in named)}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))))
        path, key = line.split(" ")[1], headers.get("idempotency-key", "")
        status, answer = self._script.answer(path, key, body)
        self._diary.write("effect", life=life, key=key, n=body["n"], label=body["label"], status=status)
        if status == LOST:
            return False
        data = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        return True
