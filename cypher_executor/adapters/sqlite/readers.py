"""Reading on threads of its own, each read on a connection that nobody else uses meanwhile.

In WAL mode readers and the writer do not wait for each other, and a read that begins after a commit was acknowledged
sees it. Connections are opened when they are first needed and kept for the next read.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TypeVar

import apsw

from cypher_executor import errors
from cypher_executor.adapters.sqlite.connection import Connect, unavailable

T = TypeVar("T")
THREADS = 4


class Readers:
    """A small pool of reading connections."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._idle: SimpleQueue[apsw.Connection] = SimpleQueue()
        self._pool = ThreadPoolExecutor(THREADS, "journal-reader")
        self._closed = False

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """Do this with a connection, on a thread. Raises Unavailable when the storage fails."""
        if self._closed:
            raise errors.Unavailable("the journal is closed", code="journal_unavailable")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work)

    def forget(self) -> None:
        """Close the connections that are not in use."""
        with contextlib.suppress(Empty):
            while True:
                _close(self._idle.get_nowait())

    def close(self) -> None:
        """Wait for the reads that are under way, then close everything. Blocks."""
        self._closed = True
        self._pool.shutdown()
        self.forget()

    def _read(self, work: Callable[[apsw.Connection], T]) -> T:
        connection: apsw.Connection | None = None
        try:
            connection = self._take()
            result = work(connection)
        except apsw.Error as error:
            if connection is not None:
                _close(connection)
            raise unavailable(error, "the journal cannot be read") from error
        self._idle.put(connection)
        return result

    def _take(self) -> apsw.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._connect()


def _close(connection: apsw.Connection) -> None:
    """The last connection moves the log into the database when it is closed: what a failing disk may refuse. Then the
    log stays, and whoever opens the file next moves it."""
    with contextlib.suppress(apsw.Error):
        connection.close()
