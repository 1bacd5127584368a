"""The server: Bolt over TCP and in WebSocket, on one port, as Neo4j does it; and over whatever else gives bytes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from cypher_executor.bolt.connection import ENTER_S, Connection, Pipe
from cypher_executor.bolt.handshake import Version
from cypher_executor.bolt.origins import allowed
from cypher_executor.bolt.session import Admit, Session
from cypher_executor.bolt.tcp import TcpPipe
from cypher_executor.bolt.websocket import Refusal, WebSocketPipe
from cypher_executor.compat.desk import Desk
from cypher_executor.compat.discovery import discovery
from cypher_executor.loopback import is_loopback, without_port

MOST_CONNECTIONS = 200
"""Connections at the same time, those among them that are just beginning."""
_HTTP = b"GET "

_LOG = logging.getLogger(__name__)


class BoltServer:
    """Serves connections until it is closed. `origins` are those of pages beyond this machine that may connect.
    As long as `local` says so, because nobody has to say who they are, only who names this machine may."""

    def __init__(
        self,
        desk: Desk,
        admit: Admit,
        *,
        local: Callable[[], bool],
        origins: Collection[str] = (),
        most: int = MOST_CONNECTIONS,
    ) -> None:
        self._desk = desk
        self._admit = admit
        self._local = local
        self._most = most
        self._origins = frozenset(origin.lower() for origin in origins)
        self._numbers = itertools.count(1)
        self._serving: set[asyncio.Task[None]] = set()

    def refusal(self, host: str | None, origin: str | None) -> Refusal | None:
        """Why somebody may not connect by WebSocket, if so."""
        if self._local() and host is not None and not is_loopback(without_port(host)):
            return HTTPStatus.FORBIDDEN, "as long as there are no keys, connect to 127.0.0.1 or localhost\n"
        if not allowed(origin, self._origins):
            return (
                HTTPStatus.FORBIDDEN,
                "pages of this origin may not connect; CYPHER_EXECUTOR_BOLT_ORIGINS says which\n",
            )
        return None

    def _discovery(self, host: str) -> Mapping[str, Any]:
        return discovery(self._desk.about.neo4j_version, host)

    async def serve(self, pipe: Pipe, client: str, address: str) -> None:
        """One connection, to its end. `client` is where it comes from, and `address` where it was reached."""
        with self._room(client) as room:
            if room:
                await self._serve(pipe, client, address)
            else:
                await pipe.close()

    @contextlib.contextmanager
    def _room(self, client: str) -> Iterator[bool]:
        """Whether there is room for one more connection, which this task serves."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._serving) >= self._most:
            _LOG.warning("there are %d Bolt connections already; one from %s is refused", self._most, client)
            yield False
            return
        self._serving.add(task)
        try:
            yield True
        finally:
            self._serving.discard(task)

    async def _serve(self, pipe: Pipe, client: str, address: str) -> None:
        await Connection(pipe, lambda wire, version: self._session(wire, version, client, address)).serve()

    def _session(self, wire: Connection, version: Version, client: str, address: str) -> Session:
        return Session(self._desk, self._admit, wire, version, f"bolt-{next(self._numbers)}", client, address)

    @contextlib.asynccontextmanager
    async def listening(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve who connects to this socket, until the block is left."""
        server = await asyncio.start_server(self._connected, sock=listener)
        async with server:
            yield
            server.close()
            await self.close()

    async def close(self) -> None:
        """End all connections."""
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client, address = (_shown(writer.get_extra_info(name)) for name in ("peername", "sockname"))
        try:
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.CancelledError), self._room(client) as room:
                pipe = await self._pipe(reader, writer) if room else None
                if pipe is not None:
                    await self._serve(pipe, client, address)
        finally:
            writer.transport.abort()  # however far it came, and whatever ended it

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Pipe | None:
        """What the client speaks, by its first bytes; None when that is nothing we do."""
        tcp = TcpPipe(reader, writer)
        try:
            async with asyncio.timeout(ENTER_S):
                begun = await reader.readexactly(len(_HTTP))
                tcp = TcpPipe(reader, writer, begun)
                if begun != _HTTP:
                    return tcp
                web = WebSocketPipe(tcp, self._discovery)
                if await web.open(self.refusal):
                    return web
        except (asyncio.IncompleteReadError, TimeoutError):
            pass
        await tcp.close()
        return None


def _shown(address: tuple[str, int] | None) -> str:
    if address is None:
        return ""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
