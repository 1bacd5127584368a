"""A connection: its handshake, and then one reader and one worker.

The reader finds the ends of messages as they come, so that a RESET is seen while the worker is busy with what stands
before it; what else they say is read when it is their turn, because values are many times as large as their bytes. It
is `waiting.Waiting` that holds the reader back, and the worker sends no faster than the client takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable
from typing import Protocol

from cypher_executor.bolt import handshake
from cypher_executor.bolt.chunks import Dechunker, TooLong, chunked
from cypher_executor.bolt.messages import RESET, Request, request_of
from cypher_executor.bolt.session import Session
from cypher_executor.bolt.unpacking import Malformed
from cypher_executor.bolt.waiting import Waiting

ENTER_S = 10.0
"""How long the handshake may take, and saying who one is."""
IDLE_S = 3600.0
"""How long nothing may come from a client."""
HELD_S = 120.0
"""The same, while it has an answer open: that holds the graph as it was, and room on disk."""
TAKE_S = 60.0
"""How long a client may take nothing of what it is sent."""
ENTERING_BYTES = 128 * 1024
"""The longest message of somebody who has not said who they are. Some drivers send the first question along."""
MESSAGE_BYTES = 1024 * 1024
"""The longest message, which is the longest body of HTTP, too."""
_APART = 16 * 1024
"""A message from this length on is read in a thread: the service has other things to do meanwhile."""
_SEND_AT = 32 * 1024

_LOG = logging.getLogger(__name__)


class Pipe(Protocol):
    """Bytes to and from a client."""

    async def receive(self) -> bytes:
        """What has come; empty when no more will. Raises ConnectionError."""
        ...

    async def send(self, data: bytes) -> None:
        """Send, and wait until the client takes it. Raises ConnectionError."""
        ...

    async def close(self) -> None:
        """End it. A second call does nothing."""
        ...


class Gone(Exception):
    """The client is not there any more."""


class Connection:
    """Serves one client. `make` makes the session when the version is known."""

    def __init__(self, pipe: Pipe, make: Callable[[Connection, handshake.Version], Session]) -> None:
        self._pipe = pipe
        self._make = make
        self._before = b""
        self._out = bytearray()
        self._waiting = Waiting()
        self._resets = 0
        self._gone = False
        self._stirred = asyncio.Event()
        self._session: Session

    async def serve(self) -> None:
        """Until one of both ends it. Never raises for what a client does."""
        with contextlib.suppress(ConnectionError, TimeoutError, Gone):
            try:
                async with asyncio.timeout(ENTER_S):
                    version = await self._shaken()
                if version is not None:
                    self._session = self._make(self, version)
                    await self._talk()
            finally:
                await self._pipe.close()

    # --- the handshake ------------------------------------------------------------------------------------------------

    async def _shaken(self) -> handshake.Version | None:
        if await self._exactly(len(handshake.PREAMBLE)) != handshake.PREAMBLE:
            return None
        offers = await self._exactly(handshake.OFFERS_SIZE)
        if handshake.wants_manifest(offers):
            return await self._from_manifest()
        version = handshake.chosen(offers)
        await self._pipe.send(handshake.NOTHING if version is None else version.encoded)
        return version

    async def _from_manifest(self) -> handshake.Version | None:
        await self._pipe.send(handshake.MANIFEST_ANSWER)
        version = handshake.version_of(await self._exactly(4))
        for _ in range(9):  # capabilities: seven bits a byte, the highest bit says that more follow
            if not (await self._exactly(1))[0] & 0x80:
                return version
        return None

    async def _exactly(self, size: int) -> bytes:
        while len(self._before) < size:
            data = await self._pipe.receive()
            if not data:
                raise Gone
            self._before += data
        found, self._before = self._before[:size], self._before[size:]
        return found

    # --- reading and working ------------------------------------------------------------------------------------------

    async def _talk(self) -> None:
        reader = asyncio.create_task(self._read())
        try:
            await self._work()
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await self._session.close()

    async def _read(self) -> None:
        """Whatever ends the reading, the worker is told."""
        try:
            await self._read_on()
        except TooLong as broken:
            await self._waiting.put(broken)
        except (ConnectionError, TimeoutError):
            pass
        except Exception:
            _LOG.exception("reading from a client met a bug")
        self._gone = True
        self._stirred.set()
        await self._waiting.end()

    async def _read_on(self) -> None:
        due = asyncio.get_running_loop().time() + ENTER_S
        dechunker = Dechunker(ENTERING_BYTES)
        data, self._before = self._before, b""
        while True:
            dechunker.limit = MESSAGE_BYTES if self._session.authenticated else ENTERING_BYTES
            for message in dechunker.feed(data):
                await self._note(message)
            data = await self._received(due)
            if not data:
                return

    async def _received(self, due: float) -> bytes:
        """What comes next. Whoever has not said who they are when that is due has no more time."""
        if not self._session.authenticated:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    return await self._pipe.receive()
            if not self._session.authenticated:
                raise TimeoutError
        for _ in range(math.ceil(IDLE_S / HELD_S)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HELD_S):
                    return await self._pipe.receive()
            if self._session.holding and not self._session.busy:
                raise TimeoutError
        raise TimeoutError

    async def _note(self, message: bytes) -> None:
        if message == RESET:
            self._resets += 1
            self._stirred.set()
        await self._waiting.put(message)

    async def _work(self) -> None:
        while not self._session.ended:
            message = await self._waiting.get()
            if message is None:
                return
            if isinstance(message, TooLong):
                await self._session.refuse(str(message))
            else:
                await self._handle(message)
            if self._waiting.empty or self._session.ended:
                await self.flush()

    async def _handle(self, message: bytes) -> None:
        if message == RESET:
            self._resets -= 1
            if not self.interrupted:
                self._stirred.clear()
        try:
            request = await self._request(message)
        except Malformed as malformed:
            await self._session.refuse(str(malformed))
        else:
            await self._session.handle(request)

    async def _request(self, message: bytes) -> Request:
        return request_of(message) if len(message) < _APART else await asyncio.to_thread(request_of, message)

    # --- what a session needs -----------------------------------------------------------------------------------------

    @property
    def interrupted(self) -> bool:
        """See `session.Wire`."""
        return self._gone or self._resets > 0

    async def interruption(self) -> None:
        """See `session.Wire`."""
        await self._stirred.wait()

    async def reply(self, message: bytes) -> None:
        """See `session.Wire`. Small replies are sent together, once nothing else is to be done."""
        self._out += chunked(message)
        if len(self._out) >= _SEND_AT:
            await self.flush()

    async def flush(self) -> None:
        """See `session.Wire`."""
        data, self._out = bytes(self._out), bytearray()
        if data:
            async with asyncio.timeout(TAKE_S):
                await self._pipe.send(data)
