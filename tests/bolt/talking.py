"""A client of bytes: it says exactly what a test wants, through a pipe in memory, and reads what comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from cypher_executor.bolt.chunks import Dechunker, chunked
from cypher_executor.bolt.extras import Credentials
from cypher_executor.bolt.handshake import PREAMBLE, Version
from cypher_executor.bolt.packing import packed
from cypher_executor.bolt.server import BoltServer
from cypher_executor.bolt.session import Guest
from cypher_executor.bolt.structure import Structure
from cypher_executor.bolt.unpacking import unpacked
from cypher_executor.compat.desk import Desk
from cypher_executor.compat.refusals import UNAUTHORIZED, Refused

HELLO, LOGON, LOGOFF, GOODBYE, RESET = 0x01, 0x6A, 0x6B, 0x02, 0x0F
RUN, PULL, DISCARD, BEGIN, COMMIT, ROLLBACK, ROUTE, TELEMETRY = 0x10, 0x3F, 0x2F, 0x11, 0x12, 0x13, 0x66, 0x54
SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F

PATIENCE_S = 20.0
NEWEST = Version(5, 4)
ALL: Mapping[str, Any] = {"n": -1}


def admit(credentials: Credentials) -> Guest:
    """Lets everybody in but who says `wrong`; `reader` may only ask, and `other` is of another tenant."""
    if credentials.credentials == "wrong":
        raise Refused(UNAUTHORIZED, "this is no key of ours")
    tenant = "other" if credentials.credentials == "other" else "default"
    deeds = () if credentials.credentials == "reader" else ("executor.run", "executor.save")
    return Guest(tenant, frozenset(deeds))


def serving(desk: Desk, **more: Any) -> BoltServer:
    """A server that is asked by the bytes."""
    return BoltServer(desk, admit, **{"local": lambda: True, **more})


class MemoryPipe:
    """A `connection.Pipe`: what was said, and what was told. A client that is slow has `taking` cleared."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[bytes] = asyncio.Queue()
        self.told = bytearray()
        self.stirred = asyncio.Event()
        self.taking = asyncio.Event()
        self.taking.set()
        self.closed = False

    async def receive(self) -> bytes:
        return await self.said.get()

    async def send(self, data: bytes) -> None:
        await self.taking.wait()
        self.told += data
        self.stirred.set()

    async def close(self) -> None:
        self.closed = True
        self.stirred.set()


class Talk:
    """One connection."""

    def __init__(self, server: BoltServer) -> None:
        self.pipe = MemoryPipe()
        self.serving = asyncio.create_task(server.serve(self.pipe, "127.0.0.1:5", "127.0.0.1:7687"))
        self._replies: list[Structure] = []
        self._dechunker = Dechunker(100_000_000)

    def say(self, data: bytes) -> None:
        self.pipe.said.put_nowait(data)

    def ask(self, tag: int, *fields: Any) -> None:
        self.say(chunked(packed(Structure(tag, fields))))

    async def exactly(self, size: int) -> bytes:
        await self._until(lambda: len(self.pipe.told) >= size)
        found = bytes(self.pipe.told[:size])
        del self.pipe.told[:size]
        return found

    async def reply(self) -> Structure:
        """The next message."""
        while not self._replies:
            await self._until(lambda: bool(self.pipe.told))
            data = bytes(self.pipe.told)
            self.pipe.told.clear()
            self._replies += [unpacked(message) for message in self._dechunker.feed(data)]
        return self._replies.pop(0)

    async def told(self, tag: int, *fields: Any) -> Structure:
        """The reply to a request that gives no rows."""
        self.ask(tag, *fields)
        return await self.reply()

    async def rows(self) -> tuple[list[list[Any]], Structure]:
        """Rows, and what ends them."""
        found = []
        while (reply := await self.reply()).tag == RECORD:
            found.append(reply.fields[0])
        return found, reply

    async def run(self, text: str, /, parameters: Mapping[str, Any] | None = None, **extra: Any) -> list[list[Any]]:
        """All rows of a question."""
        self.ask(RUN, text, parameters or {}, extra)
        self.ask(PULL, ALL)
        begun = await self.reply()
        assert begun.tag == SUCCESS, begun
        found, ended = await self.rows()
        assert ended.tag == SUCCESS, ended
        return found

    async def refused(self, text: str, /, parameters: Mapping[str, Any] | None = None, **extra: Any) -> dict[str, str]:
        """How a question is refused, when it is asked or when its rows are."""
        self.ask(RUN, text, parameters or {}, extra)
        self.ask(PULL, ALL)
        first = await self.reply()
        _, second = await self.rows()
        failed = first if first.tag == FAILURE else second
        assert failed.tag == FAILURE, (first, second)
        assert (await self.told(RESET)).tag == SUCCESS
        found: dict[str, str] = failed.fields[0]
        return found

    async def ended(self) -> None:
        """Until the server has ended the connection."""
        async with asyncio.timeout(PATIENCE_S):
            await self.serving

    async def _until(self, met: Any) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not met():
                assert not self.pipe.closed, "the server has closed the connection"
                self.pipe.stirred.clear()
                await self.pipe.stirred.wait()


def offers(*versions: tuple[int, int, int]) -> bytes:
    """The offers of a client: major, minor, and how many minors below it."""
    made = b"".join(bytes((0, back, minor, major)) for major, minor, back in versions)
    return PREAMBLE + made.ljust(16, b"\0")


@contextlib.asynccontextmanager
async def talking(
    desk: Desk, version: Version = NEWEST, key: str = "", entered: bool = True, **more: Any
) -> AsyncIterator[Talk]:
    """A connection after its handshake and, unless not `entered`, after HELLO and LOGON."""
    talk = Talk(serving(desk, **more))
    try:
        talk.say(offers((version.major, version.minor, 0)))
        assert await talk.exactly(4) == version.encoded
        if entered:
            await enter(talk, version, key)
        yield talk
    finally:
        talk.serving.cancel()
        await asyncio.gather(talk.serving, return_exceptions=True)


async def enter(talk: Talk, version: Version, key: str = "", **extra: Any) -> Structure:
    """Say who one is."""
    who = {"scheme": "basic", "principal": "neo4j", "credentials": key}
    hello = await talk.told(HELLO, {"user_agent": "tests/1", **extra, **(who if version < (5, 1) else {})})
    assert hello.tag == SUCCESS, hello
    if version >= (5, 1):
        assert (await talk.told(LOGON, who)).tag == SUCCESS
    return hello
