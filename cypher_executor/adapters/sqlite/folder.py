"""The data folder: made private, and held by one process at a time.

The hold is an `flock`, which the kernel drops with the process, `kill -9` included; the process id in the file is
only for the message. Python's file descriptors are closed in programs that this process starts, so a worker that
outlives it does not keep the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from cypher_executor import errors

LOCK_NAME = "lock"


class FolderHold:
    """This process's hold on a data folder, from construction until `release`."""

    def __init__(self, folder: Path) -> None:
        _make_private(folder)
        self._file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise _in_use(folder, holder) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let go. The file stays: deleting it could give two processes a hold on two files of one name."""
        os.close(self._file)


def make_private_file(path: Path) -> None:
    """An empty file for this user alone, if there is none. SQLite gives the files beside it the same mode.

    One that exists is not even opened: closing it would drop the locks that SQLite holds on it in this process (POSIX
    locks belong to the process and the file), and another program could then delete the log under our readers.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _make_private(folder: Path) -> None:
    """A folder that exists keeps its mode: it may be a mounted volume, and its mode is then the operator's choice."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _in_use(folder: Path, holder: str) -> errors.Unavailable:
    who = f"process {holder}" if holder else "another process"
    return errors.Unavailable(
        f"the data folder {folder} is in use by {who}",
        code="data_dir_in_use",
        next_actions=["stop the other process, or give this one a data folder of its own"],
    )
