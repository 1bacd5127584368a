"""What was fetched once, on disk: objects under their digests, and what names meant when that was last asked.

What lies here is believed no more than what comes over the network: an object that does not have its digest counts as
none, and is fetched again. The folder is this user's alone all the same, because parts may be nobody else's business.
A folder that cannot be read or written costs time, nothing else.

When there is more than there may be, what was not used for longest goes, and never what names mean now: with that a
service begins while S3 is down. Nobody loses a module by it: what recipes and runs pin lies in the journal as well, and
whoever is reading a file has it open.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from cypher_executor.core.parts import digest_of
from cypher_executor.core.recipe import Digest

_log = logging.getLogger(__name__)

_HEADS: Final = "heads.json"
_UNFINISHED: Final = ".unfinished"
_ABANDONED_S: Final = 3600.0
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ObjectCache:
    """A folder below `folder` for one address. All methods may block; none raises OSError."""

    def __init__(self, folder: Path, address: str, most_bytes: int = 512 * 1024 * 1024) -> None:
        self._path = folder / hashlib.sha256(address.encode()).hexdigest()[:16]
        self._most_bytes = most_bytes
        self._told = False

    def read(self, digest: Digest) -> bytes | None:
        """An object, or None when it is not here or not what it was."""
        data = self._read(_file(digest))
        if data is not None and digest_of(data) != digest:
            _log.warning("%s in the cache %s has changed: it is not used, and fetched again", digest, self._path)
            return None
        if data is not None:
            with contextlib.suppress(OSError):  # a folder that can only be read; its files do not age then
                os.utime(self._path / _file(digest), follow_symlinks=False)
        return data

    def write(self, digest: Digest, data: bytes) -> None:
        """Keep an object."""
        self._write(_file(digest), data)

    def heads(self) -> Mapping[str, Digest]:
        """The record of each name, as it was when that was last asked."""
        data = self._read(_HEADS)
        try:
            told = {} if data is None else orjson.loads(data)
        except orjson.JSONDecodeError:
            told = {}
        if not isinstance(told, dict):
            return {}
        return {name: Digest(digest) for name, digest in told.items() if isinstance(digest, str)}

    def write_heads(self, heads: Mapping[str, Digest]) -> None:
        """Keep what names mean."""
        self._write(_HEADS, orjson.dumps(dict(heads), option=orjson.OPT_SORT_KEYS))

    def make_room(self) -> None:
        """Let go of what was not used for longest when there is too much, and of what was never finished.

        What names mean now stays, and so does what somebody may still be writing.
        """
        staying = set(map(_file, self.heads().values()))
        files = sorted(self._files(), key=lambda file: file[1].st_mtime, reverse=True)
        left = self._most_bytes - sum(about.st_size for path, about in files if path.name in staying)
        for path, about in files:
            if path.name in staying:
                continue
            abandoned = path.suffix == _UNFINISHED and about.st_mtime < time.time() - _ABANDONED_S
            if abandoned or (path.suffix != _UNFINISHED and about.st_size > left):
                with contextlib.suppress(OSError):
                    path.unlink()
            else:
                left -= about.st_size

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        with contextlib.suppress(OSError):
            for path in self._path.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    about = path.stat(follow_symlinks=False)
                    if stat.S_ISREG(about.st_mode) and path.name != _HEADS:
                        found.append((path, about))
        return found

    def _read(self, name: str) -> bytes | None:
        try:
            opened = os.open(self._path / name, _READ_FLAGS)
        except OSError:
            return None
        with os.fdopen(opened, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(opened).st_mode) else None

    def _write(self, name: str, data: bytes) -> None:
        unfinished = self._path / f"{name}.{secrets.token_hex(8)}{_UNFINISHED}"
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.chmod(0o700)
            with os.fdopen(os.open(unfinished, _WRITE_FLAGS, 0o600), "wb") as file:
                file.write(data)
            unfinished.replace(self._path / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            if not self._told:
                _log.warning("parts from S3 cannot be kept in %s: %s", self._path, error)
            self._told = True


def _file(digest: Digest) -> str:
    return digest.removeprefix("sha256:")
