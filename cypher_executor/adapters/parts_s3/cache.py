"""What was fetched once, on disk: objects under their digests, and what names meant when that was last asked.

What lies here is believed no more than what comes over the network: an object that does not have its digest counts as
none, and is fetched again. The folder is this user's alone all the same, because parts may be nobody else's business.
A folder that cannot be read or written costs time, nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from cypher_executor.core.parts import digest_of
from cypher_executor.core.recipe import Digest

_log = logging.getLogger(__name__)

_HEADS: Final = "heads.json"
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ObjectCache:
    """A folder below `folder` for one address. All methods may block; none raises OSError."""

    def __init__(self, folder: Path, address: str) -> None:
        self._path = folder / hashlib.sha256(address.encode()).hexdigest()[:16]
        self._told = False

    def read(self, digest: Digest) -> bytes | None:
        """An object, or None when it is not here or not what it was."""
        data = self._read(digest.removeprefix("sha256:"))
        if data is not None and digest_of(data) != digest:
            _log.warning("%s in the cache %s has changed: it is not used, and fetched again", digest, self._path)
            return None
        return data

    def write(self, digest: Digest, data: bytes) -> None:
        """Keep an object."""
        self._write(digest.removeprefix("sha256:"), data)

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

    def _read(self, name: str) -> bytes | None:
        try:
            opened = os.open(self._path / name, _READ_FLAGS)
        except OSError:
            return None
        with os.fdopen(opened, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(opened).st_mode) else None

    def _write(self, name: str, data: bytes) -> None:
        unfinished = self._path / f"{name}.{secrets.token_hex(8)}.unfinished"
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
