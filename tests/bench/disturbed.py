"""A way to a server that can be disturbed: a proxy of TCP in a process of its own, with the lowest priority, so that
it takes no time of whoever measures. What it does to connections is chosen while it runs:

passing   they are carried
slow      each piece is carried late, in both directions, however many there are
silent    they are accepted and carry nothing any more; what was under way stays there
refusing  nobody listens, and open ones are cut
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Literal

from tests.neo4j.server import free_port

Way = Literal["passing", "slow", "silent", "refusing"]
LATE_S = 0.2
_PIECE = 65_536


class Disturbed:
    """The proxy. `port` is where it listens, on loopback."""

    def __init__(self, port: int, told: Connection) -> None:
        self.port = port
        self._told = told

    def be(self, way: Way) -> None:
        """Do this to connections from now on; returns when it is so."""
        self._told.send(way)
        self._told.recv()


@contextlib.contextmanager
def disturbed(towards: int) -> Iterator[Disturbed]:
    """A proxy to a port of loopback, as long as the block lasts. It begins as `passing`."""
    ours, theirs = multiprocessing.Pipe()
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(port, towards, theirs), daemon=True)
    process.start()
    proxy = Disturbed(port, ours)
    try:
        proxy.be("passing")
        yield proxy
    finally:
        process.terminate()
        process.join()


def _work(port: int, towards: int, told: Connection) -> None:
    os.nice(19)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_Proxy(port, towards).work(told))


class _Proxy:
    def __init__(self, port: int, towards: int) -> None:
        self._port = port
        self._towards = towards
        self._way: Way = "refusing"
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._speaks = asyncio.Event()

    async def work(self, told: Connection) -> None:
        while True:
            await self._become(await asyncio.to_thread(told.recv))
            told.send(self._way)

    async def _become(self, way: Way) -> None:
        self._way = way
        if way == "refusing":
            self._cut()
        elif self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        if way == "silent":
            self._speaks.clear()
        else:
            self._speaks.set()

    def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        there = None
        try:
            await self._speaks.wait()
            from_there, there = await asyncio.open_connection("127.0.0.1", self._towards)
            self._open.add(there)
            ways = [asyncio.create_task(self._pieces(*way)) for way in ((reader, there), (from_there, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for task in ways:
                task.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:  # it is not there: whoever asked is told by the end of the connection
            pass
        finally:
            for one in filter(None, (writer, there)):
                self._open.discard(one)
                one.close()

    async def _pieces(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            if self._way == "slow":
                await asyncio.sleep(LATE_S)
            await self._speaks.wait()
            writer.write(piece)
            await writer.drain()
