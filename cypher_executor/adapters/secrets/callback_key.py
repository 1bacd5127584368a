"""The key that the addresses of waits are signed with: 32 random bytes in `callback.key`, in the data folder.

It is made once, when a service first opens the folder. Whoever has it can answer every wait, so others may not read it;
and when it is lost, the addresses that were given away before lead nowhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from cypher_executor.errors import Unavailable

FILE_NAME: Final = "callback.key"
KEY_BYTES: Final = 32


def callback_key(folder: Path) -> bytes:
    """The key of this data folder; it is made when there is none. Blocks as small files do. Raises Unavailable."""
    path = folder / FILE_NAME
    try:
        with contextlib.suppress(FileNotFoundError):
            return _read(path)
        return _make(path)
    except OSError as error:
        why = f"the key of callbacks in {path} cannot be used: {error.strerror}"
        raise Unavailable(why, code="callback_key_unusable") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise Unavailable(
                f"others can read the key of callbacks in {path}",
                code="callback_key_exposed",
                next_actions=[
                    f"chmod 600 {path}",
                    "or delete it: then the addresses that were given away lead nowhere",
                ],
            )
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        actions = ["put back the file from a backup", "or delete it: then the addresses given away lead nowhere"]
        message = f"{path} is damaged: it must have {KEY_BYTES} bytes"
        raise Unavailable(message, code="callback_key_unusable", next_actions=actions)
    return key


def _make(path: Path) -> bytes:
    """All of it or nothing, on disk before the first address is given away, and for this user alone."""
    key, beside = os.urandom(KEY_BYTES), path.with_name(f"{FILE_NAME}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return key
