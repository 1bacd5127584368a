"""The graph's file: written by the follower, in its process; read by snapshots, each on a connection of its own.

It holds nothing that is not in the journal as well. So it is not synced at each commit, and a file that cannot be read,
or that another version of this program has made, is thrown away and filled again. Whoever finds that out deletes it,
also while others have it open: before each use they look whether the file of this name is still the one they opened.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
        self._writer: _Opened | None = None
        self._idle: SimpleQueue[_Opened] = SimpleQueue()
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
                _close(self._idle.get_nowait().connection)
        self._let_go()

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
            opened = self._take()
            try:
                opened.connection.execute(_SQL["begin_reading"])
                opened.connection.execute(_SQL["look"]).fetchall()
            except BaseException:
                _close(opened.connection)
                raise
            return SqliteSnapshot(self, opened, tenant)

    def give_back(self, opened: _Opened) -> None:
        """What a snapshot has read with."""
        try:
            opened.connection.execute(_SQL["end_reading"])
        except apsw.Error:
            _close(opened.connection)
        else:
            _close(opened.connection) if self._closed else self._idle.put(opened)

    def _take(self) -> _Opened:
        with contextlib.suppress(Empty):
            while True:
                opened = self._idle.get_nowait()
                if opened.file == _identity(self._path):
                    return opened
                _close(opened.connection)
        file = _identity(self._path)
        connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(BUSY_MS)
        connection.execute(_SQL["only_read"]).fetchall()
        return _Opened(connection, file)

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
        if self._writer is not None and self._writer.file != _identity(self._path):
            self._let_go()
        if self._writer is None:
            try:
                self._writer = _opened(self._path)
            except (apsw.NotADBError, apsw.CorruptError, _OtherLayout):
                _delete(self._path)
                self._writer = _opened(self._path)
        return self._writer.connection

    def _let_go(self) -> None:
        if self._writer is not None:
            _close(self._writer.connection)
            self._writer = None

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (apsw.Error, OSError) as error:
            if isinstance(error, apsw.NotADBError | apsw.CorruptError):
                self._let_go()
                _delete(self._path)
            raise unavailable(error) from error


class SqliteSnapshot:
    """`queries.store.Snapshot`: one transaction that only reads."""

    def __init__(self, store: SqliteGraph, opened: _Opened, tenant: str) -> None:
        self._store = store
        self._opened: _Opened | None = opened
        self.graph = SqliteReading(opened.connection, tenant)

    def close(self) -> None:
        """See `queries.store.Snapshot`."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self._store.give_back(opened)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A connection, and which file it has open: that which had the name before, so one that came between counts as
    another one."""

    connection: apsw.Connection
    file: tuple[int, int] | None


class _OtherLayout(Exception):
    """The file was made by another version of this program."""


def _opened(path: Path) -> _Opened:
    make_private_file(path)
    file = _identity(path)
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
    return _Opened(connection, file)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name now; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _delete(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _close(connection: apsw.Connection) -> None:
    with contextlib.suppress(apsw.Error):
        connection.close(True)
