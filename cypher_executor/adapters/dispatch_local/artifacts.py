"""Compiled modules on disk, so that they are there at the next start.

What lies here is run as it is, so it is believed only where nobody else can have put it: in a folder that is ours and
that nobody else may write to, in a file of which the same holds, under a name that says what the module is and what it
was compiled for, with a digest over that name and all that follows. The digest finds damage and what was renamed; it
keeps out no one who can write as this user. Therefore no process that runs parts may write here (see the worker's
`landlock`), and everything comes from compilers, which run none.

A file that does not fit counts as none, and is replaced when its module has been compiled again; it is not removed,
because by then somebody else may have replaced it. Files are written beside their place and moved there, so several
services may share a folder and none sees half a file. A folder that cannot be read or written costs time, nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

_MAGIC: Final = b"cypher-executor compiled module 1\n"
_HEAD: Final = len(_MAGIC) + hashlib.sha256().digest_size
_SUFFIX: Final = ".compiled"
_UNFINISHED: Final = ".unfinished"
_ABANDONED_S: Final = 3600.0
_LARGEST: Final = 128 * 1024 * 1024
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def name_of(digest: str, fingerprint: bytes, *, fuel: bool) -> str:
    """The name of the file for a module, compiled for an engine with this fingerprint."""
    about = b"\0".join((digest.encode(), b"fuel" if fuel else b"", fingerprint))
    return hashlib.sha256(about).hexdigest() + _SUFFIX


class Artifacts:
    """A folder of compiled modules with at most `most_bytes` in it. All methods may block; none raises OSError."""

    def __init__(self, folder: Path, most_bytes: int = 256 * 1024 * 1024) -> None:
        self._path = folder
        self._most_bytes = most_bytes
        self._told = False

    def read(self, name: str) -> bytes | None:
        """The compiled module, or None when there is none that can be believed."""
        with self._guarded(), self._opened() as folder:
            try:
                found = _read(folder, name)
            except FileNotFoundError:
                return None
            if found is None or found[:_HEAD] != _head(name, found[_HEAD:]):
                _log.warning("a file among the compiled modules is damaged or not ours, and is not used: %s", name)
                return None
            with contextlib.suppress(OSError):  # a folder that can only be read; its files do not age then
                os.utime(name, dir_fd=folder)
            return found[_HEAD:]
        return None

    def write(self, name: str, code: bytes) -> None:
        """Keep a compiled module, and let go of those that were not used for longest when there is too much."""
        if len(code) + _HEAD > _LARGEST:
            return
        with self._guarded(), self._opened() as folder:
            _write(folder, name, _head(name, code) + code)
            self._make_room(folder)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self._told:
                _log.warning("compiled modules cannot be kept in %s: %s", self._path, error)
            self._told = True

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder, which is then the same one for all that is done; made if need be. Raises OSError."""
        with contextlib.suppress(FileExistsError):
            self._path.mkdir(mode=0o700, parents=True)
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not _is_ours(os.fstat(folder)):
                raise PermissionError("it belongs to somebody else, or others may write to it")
            yield folder
        finally:
            os.close(folder)

    def _make_room(self, folder: int) -> None:
        """Those used last stay. What was never finished goes, unless somebody may still be at it."""
        kept = 0
        files = sorted(_files(folder), key=lambda file: file[1].st_mtime, reverse=True)
        for name, about in files:
            abandoned = name.endswith(_UNFINISHED) and about.st_mtime < time.time() - _ABANDONED_S
            kept += about.st_size
            if abandoned or (name.endswith(_SUFFIX) and kept > self._most_bytes):
                kept -= about.st_size
                with contextlib.suppress(FileNotFoundError):  # another service makes room, too
                    os.unlink(name, dir_fd=folder)


def _head(name: str, code: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(name.encode() + b"\0" + code).digest()


def _is_ours(about: os.stat_result) -> bool:
    return about.st_uid == os.geteuid() and not about.st_mode & 0o022


def _read(folder: int, name: str) -> bytes | None:
    """All of a file; None for what is no file of ours. Raises OSError."""
    try:
        opened = os.open(name, _READ_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError:  # a link, or a file that we may not read
        return None
    with os.fdopen(opened, "rb") as file:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode) or not _is_ours(about) or about.st_size > _LARGEST:
            return None
        return file.read()


def _write(folder: int, name: str, data: bytes) -> None:
    unfinished = f"{name}.{secrets.token_hex(8)}{_UNFINISHED}"
    opened = os.open(unfinished, _WRITE_FLAGS, 0o600, dir_fd=folder)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
        os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(unfinished, dir_fd=folder)
        raise


def _files(folder: int) -> Iterator[tuple[str, os.stat_result]]:
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            about = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISREG(about.st_mode):
                yield name, about
