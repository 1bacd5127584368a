"""A connection: its handshake, and then one reader and one worker.

The reader takes messages apart as they come, so that a RESET is seen while the worker is busy with what stands before
it. It reads no further than a few requests ahead of the worker, and the worker sends no faster than the client takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cypher_executor.bolt import handshake
from cypher_executor.bolt.chunks import Dechunker, TooLong, chunked
from cypher_executor.bolt.messages import Request, request_of
from cypher_executor.bolt.session import Session
from cypher_executor.bolt.unpacking import Malformed

ENTER_S = 10.0
"""How long the handshake may take, and saying who one is."""
IDLE_S = 3600.0
"""How long nothing may come from a client."""
TAKE_S = 60.0
"""How long a client may take nothing of what it is sent."""
ENTERING_BYTES = 128 * 1024
"""The longest message of somebody who has not said who they are. Some drivers send the first question along."""
MESSAGE_BYTES = 1024 * 1024
"""The longest message, which is the longest body of HTTP, too."""
AHEAD = 32
"""Requests that are read before those in front of them are carried out."""
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


@dataclass(frozen=True, slots=True)
class _Broken:
    """What came was no request."""

    why: str


class Gone(Exception):
    """The client is not there any more."""


class Connection:
    """Serves one client. `make` makes the session when the version is known."""

    def __init__(self, pipe: Pipe, make: Callable[[Connection, handshake.Version], Session]) -> None:
        self._pipe = pipe
        self._make = make
        self._before = b""
        self._out = bytearray()
        self._requests: asyncio.Queue[Request | _Broken | None] = asyncio.Queue(AHEAD)
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
        except (Malformed, TooLong) as broken:
            await self._requests.put(_Broken(str(broken)))
        except (ConnectionError, TimeoutError):
            pass
        except Exception:
            _LOG.exception("reading from a client met a bug")
        self._gone = True
        self._stirred.set()
        await self._requests.put(None)

    async def _read_on(self) -> None:
        due = asyncio.get_running_loop().time() + ENTER_S
        dechunker = Dechunker(ENTERING_BYTES)
        data, self._before = self._before, b""
        while True:
            dechunker.limit = MESSAGE_BYTES if self._session.authenticated else ENTERING_BYTES
            for message in dechunker.feed(data):
                await self._note(request_of(message))
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
        async with asyncio.timeout(IDLE_S):
            return await self._pipe.receive()

    async def _note(self, request: Request) -> None:
        if request.name == "RESET":
            self._resets += 1
            self._stirred.set()
        await self._requests.put(request)

    async def _work(self) -> None:
        while not self._session.ended:
            request = await self._requests.get()
            if request is None:
                return
            if isinstance(request, _Broken):
                await self._session.refuse(request.why)
            else:
                await self._handle(request)
            if self._requests.empty() or self._session.ended:
                await self._flush()

    async def _handle(self, request: Request) -> None:
        if request.name == "RESET":
            self._resets -= 1
            if not self.interrupted:
                self._stirred.clear()
        await self._session.handle(request)

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
            await self._flush()

    async def _flush(self) -> None:
        data, self._out = bytes(self._out), bytearray()
        if data:
            async with asyncio.timeout(TAKE_S):
                await self._pipe.send(data)
