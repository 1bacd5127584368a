"""The graph's file: written by the follower, on its thread; read by snapshots, each on a connection of its own.

It holds nothing that is not in the journal as well. So it is not synced at each commit, and a file that cannot be read,
or that another version of this program has made, is thrown away and filled again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import apsw

from cypher_executor.adapters.sqlite.folder import make_private_file
from cypher_executor.adapters.sqlite.graph.failing import unavailable
from cypher_executor.adapters.sqlite.graph.reading import SqliteReading
from cypher_executor.adapters.sqlite.graph.writing import Writing
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.graph.rows import Rows

FILE_NAME = "graph.sqlite3"
BUSY_MS = 5000
_LAYOUT = 1
_SQL = statements("graph")


class SqliteGraph:
    """`queries.store.Store` in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: apsw.Connection | None = None
        self._idle: SimpleQueue[apsw.Connection] = SimpleQueue()
        self._closed = False

    # --- a target of the mirror ---------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Empty it: the mirror begins from the beginning."""
        with self._writing() as connection:
            connection.execute(_SQL["empty"]).fetchall()

    async def position(self, source: str) -> int | None:
        """See `mirror.Target`."""
        with self._failing():
            found: Any = self._open().execute(_SQL["position"], (source,)).get
            return None if found is None else int(found)

    async def write(self, rows: Rows) -> None:
        """See `mirror.Target`."""
        if rows:
            with self._writing() as connection:
                Writing(connection).put(rows)

    async def begin(self, source: str) -> None:
        """See `mirror.Target`."""
        with self._writing() as connection:
            connection.execute(_SQL["begin_source"], (source,))

    async def advance(self, source: str, before: int, position: int) -> bool:
        """See `mirror.Target`."""
        with self._writing() as connection:
            connection.execute(_SQL["advance"], (position, source, before))
            return connection.changes() > 0

    async def close(self) -> None:
        """Let go of the file. Snapshots that are open stay so until they are closed."""
        self._closed = True
        with contextlib.suppress(Empty):
            while True:
                _close(self._idle.get_nowait())
        if self._writer is not None:
            _close(self._writer)
            self._writer = None

    async def runs_behind(self, run: str, limit: int) -> Sequence[str]:
        """The next runs that stand in the graph, by their ids."""
        with self._failing():
            rows: Any = self._open().execute(_SQL["runs_behind"], (run, limit))
            return [key for (key,) in rows]

    async def drop_runs(self, runs: Sequence[str]) -> None:
        """Forget these runs with all that belongs to them."""
        with self._writing() as connection:
            writing = Writing(connection)
            for run in runs:
                writing.drop_run(run)

    # --- reading ------------------------------------------------------------------------------------------------------

    def snapshot(self, tenant: str) -> SqliteSnapshot:
        """See `queries.store.Store`."""
        with self._failing():
            connection = self._take()
            try:
                connection.execute(_SQL["begin_reading"])
                connection.execute(_SQL["look"]).fetchall()
            except BaseException:
                _close(connection)
                raise
            return SqliteSnapshot(self, connection, tenant)

    def give_back(self, connection: apsw.Connection) -> None:
        """What a snapshot has read with."""
        try:
            connection.execute(_SQL["end_reading"])
        except apsw.Error:
            _close(connection)
        else:
            _close(connection) if self._closed else self._idle.put(connection)

    def _take(self) -> apsw.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
            connection.set_busy_timeout(BUSY_MS)
            connection.execute(_SQL["only_read"]).fetchall()
            return connection

    # --- writing ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        with self._failing():
            connection = self._open()
            connection.execute(_SQL["begin"])
            try:
                yield connection
                connection.execute(_SQL["commit"])
            except BaseException:
                with contextlib.suppress(apsw.Error):
                    connection.execute(_SQL["rollback"])
                raise

    def _open(self) -> apsw.Connection:
        if self._writer is None:
            try:
                self._writer = _opened(self._path)
            except (apsw.NotADBError, apsw.CorruptError, _OtherLayout):
                _delete(self._path)
                self._writer = _opened(self._path)
        return self._writer

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (apsw.Error, OSError) as error:
            if isinstance(error, apsw.NotADBError | apsw.CorruptError) and self._writer is not None:
                _close(self._writer)
                self._writer = None
                _delete(self._path)
            raise unavailable(error) from error


class SqliteSnapshot:
    """`queries.store.Snapshot`: one transaction that only reads."""

    def __init__(self, store: SqliteGraph, connection: apsw.Connection, tenant: str) -> None:
        self._store = store
        self._connection: apsw.Connection | None = connection
        self.graph = SqliteReading(connection, tenant)

    def close(self) -> None:
        """See `queries.store.Snapshot`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._store.give_back(connection)


class _OtherLayout(Exception):
    """The file was made by another version of this program."""


def _opened(path: Path) -> apsw.Connection:
    make_private_file(path)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(BUSY_MS)
        connection.execute(_SQL["set_up"]).fetchall()
        layout = connection.execute(_SQL["layout"]).get
        if layout not in (0, _LAYOUT):
            raise _OtherLayout
        if not layout:
            with connection:
                connection.execute(_SQL["schema"]).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _delete(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _close(connection: apsw.Connection) -> None:
    with contextlib.suppress(apsw.Error):
        connection.close(True)
