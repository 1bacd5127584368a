"""The file that holds journal and catalog: one folder, one process, one writer, several readers."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from cypher_executor.adapters.sqlite.connection import open_reader, open_writer, unavailable
from cypher_executor.adapters.sqlite.folder import FolderHold
from cypher_executor.adapters.sqlite.readers import Readers, T
from cypher_executor.adapters.sqlite.settling import FILE_NAME, settle
from cypher_executor.adapters.sqlite.writer import Work, Writer


class OpenToRead:
    """The file of a data folder that another process may hold and write: what is read is what that one has committed.

    `vfs` as for `Database`. Nothing is opened before the first reading; that one raises Unavailable where there is
    nothing to be read.
    """

    def __init__(self, folder: Path, *, vfs: str | None = None) -> None:
        self.path = folder / FILE_NAME
        self._readers = Readers(partial(open_reader, self.path, vfs))

    async def read(self, work: Work[T]) -> T:
        """Do this with a connection that reads, off the event loop."""
        return await self._readers.run(work)

    async def close(self) -> None:
        """Wait for what is being read, then let go of the file."""
        await asyncio.to_thread(self._readers.close)


class Database(OpenToRead):
    """An open data folder. Opening blocks (it may migrate); everything else does not.

    `vfs` names an SQLite VFS that is already registered: tests use one that fails, or forgets what was not synced.
    Raises Unavailable (`data_dir_in_use`, `journal_unavailable`) or RequestInvalid (`journal_too_new`,
    `not_a_journal`).
    """

    def __init__(self, folder: Path, *, vfs: str | None = None) -> None:
        super().__init__(folder, vfs=vfs)
        try:
            self._hold = FolderHold(folder)
        except OSError as error:
            raise unavailable(error, f"the data folder {folder} cannot be used") from error
        try:
            _settle(folder)
            self._writer = Writer(partial(open_writer, self.path, vfs))
        except BaseException:
            self._hold.release()
            raise
        self._closed = False

    @property
    def healthy(self) -> bool:
        """Whether writing is possible. False from a failed write until `reopen`."""
        return not self._closed and self._writer.failure is None

    @property
    def commits(self) -> int:
        """How many transactions were committed, each with one sync."""
        return self._writer.commits

    def write(self, work: Work[T]) -> asyncio.Future[T]:
        """Queue a piece of work for the writer; its result when it is on disk."""
        return self._writer.submit(work)

    async def reopen(self) -> None:
        """After a failure: open the file again, so that what is read and written next is what is really there."""
        self._readers.forget()
        await self._writer.reopen()

    async def close(self) -> None:
        """Write what is queued, then let go of the folder. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._writer.stop()
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        try:
            self._readers.close()
            self._writer.join()
        finally:
            self._hold.release()


def _settle(folder: Path) -> None:
    try:
        settle(folder)
    except OSError as error:
        raise unavailable(error, f"a restore of the data folder {folder} cannot be finished") from error
