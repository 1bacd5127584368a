"""Bytes over TCP, as a `Pipe`."""

from __future__ import annotations

import asyncio
import contextlib

READ_AT_ONCE = 64 * 1024


class TcpPipe:
    """A stream of asyncio. `begun` is what was read from it already."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: bytes = b"") -> None:
        self._reader = reader
        self._writer = writer
        self._begun = begun

    async def receive(self) -> bytes:
        """See `connection.Pipe`."""
        begun, self._begun = self._begun, b""
        return begun or await self._reader.read(READ_AT_ONCE)

    async def send(self, data: bytes) -> None:
        """See `connection.Pipe`."""
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        """See `connection.Pipe`. What the client does not take in time is thrown away."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        self._writer.transport.abort()
