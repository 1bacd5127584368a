"""Opening the journal's file: pragmas, migrations, and refusing what is not ours or is newer than this program.

Whoever opens it to write first moves the whole log (WAL) into the database and empties it. What an earlier process
wrote but never synced can be in the system's cache, where it looks as good as written; and after a failed sync the
system may believe that it is. Nothing must be built on such pages: the checkpoint writes them again and syncs them.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import apsw

from cypher_executor import errors
from cypher_executor.adapters.sqlite.folder import make_private_file
from cypher_executor.adapters.sqlite.statements import migrations, statements

APPLICATION_ID = 0x63797865
BUSY_MS = 5000
_SQL = statements("connection")

Connect = Callable[[], apsw.Connection]


def open_writer(path: Path, vfs: str | None) -> apsw.Connection:
    """The one connection that writes. The file is made or brought up to date when that is needed.

    Raises RequestInvalid for a file that is not a journal or was written by a newer version, Unavailable when the
    storage fails.
    """
    try:
        make_private_file(path)
        connection = _open(path, vfs)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection
    except (apsw.Error, OSError) as error:
        raise unavailable(error, f"the journal {path} cannot be opened") from error


def open_reader(path: Path, vfs: str | None) -> apsw.Connection:
    """A connection that cannot write."""
    connection = _open(path, vfs)
    connection.execute(_SQL["only_read"]).fetchall()
    return connection


def unavailable(error: Exception, what: str) -> errors.Unavailable:
    """A failure of the storage as this package reports it, with what to do."""
    return errors.Unavailable(f"{what}: {error}", code="journal_unavailable", next_actions=[_advice(error)])


def _open(path: Path, vfs: str | None) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
    connection.set_busy_timeout(BUSY_MS)
    connection.execute(_SQL["set_up"]).fetchall()
    return connection


def _prepare(connection: apsw.Connection, path: Path) -> None:
    if connection.readonly("main"):  # SQLite opens such a file without a word, and would fail at the first write
        raise PermissionError("the file is read-only")
    version = layout_of(connection, path)
    mode = connection.execute(_SQL["write_ahead"]).get
    if mode != "wal":
        raise OSError(f"this file system cannot hold a write-ahead log (journal mode {mode})")
    for number, script in migrations().items():
        if number > version:
            _migrate(connection, number, script)
    busy, *_ = connection.execute(_SQL["empty_wal"]).get
    if busy:
        raise OSError("another program is reading the file")


def layout_of(connection: apsw.Connection, path: Path) -> int:
    """Which layout a journal has; 0 for an empty file. Raises RequestInvalid for what is none, or is too new."""
    application = connection.execute(_SQL["application_id"]).get
    version = connection.execute(_SQL["user_version"]).get
    if application != APPLICATION_ID and (application or version or connection.execute(_SQL["has_tables"]).get):
        raise errors.RequestInvalid(
            f"{path} is a database of another program", code="not_a_journal", next_actions=["choose another folder"]
        )
    newest = max(migrations())
    if version > newest:
        raise errors.RequestInvalid(
            f"{path} was written by a newer version of cypher-executor (layout {version}, this one knows {newest})",
            code="journal_too_new",
            next_actions=["run the newer version, or restore a backup that was made before the upgrade"],
        )
    assert isinstance(version, int)
    return version


def _migrate(connection: apsw.Connection, number: int, script: str) -> None:
    with connection:
        connection.execute(script).fetchall()
        assert connection.execute(_SQL["user_version"]).get == number


def _advice(error: Exception) -> str:
    match error:
        case apsw.FullError() | OSError(errno=errno.ENOSPC):
            return "free space on the disk"
        case apsw.CorruptError() | apsw.NotADBError():
            return "the file is damaged: restore a backup"
        case (
            apsw.ReadOnlyError()
            | apsw.CantOpenError()
            | apsw.PermissionsError()
            | PermissionError()
            | OSError(errno=errno.EROFS)
        ):
            return "make the data folder writable for the user that runs this program"
        case apsw.BusyError():
            return "end the other program that has the file open"
        case _:
            return "look at the disk and at the system's log"
