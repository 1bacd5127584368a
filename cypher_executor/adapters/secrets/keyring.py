"""The keys that secrets are sealed with. The first is the one in use; the others only open what they sealed before.

Keys come from the operator (the settings `SECRET_KEY` or `SECRET_KEY_FILE`: 32 bytes in base64, several by commas or
lines), or else from the file `secret.key` in the data folder, which is made when the first secret is stored. A key that
lies beside the data protects a stray copy of the database and nothing more, and the log says so when it is made.

The file is read whenever a key is needed, so nothing is kept in memory that is not in use.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import logging
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cypher_executor.adapters.secrets.sealing import KEY_BYTES, Key
from cypher_executor.errors import Conflict, RequestInvalid, Unavailable

FILE_NAME: Final = "secret.key"
_log = logging.getLogger(__name__)


class Keyring:
    """`given` is what the operator set; without it the keys are in `folder`. Methods block as small files do.

    Raises RequestInvalid (`setting_invalid`) for keys that are none.
    """

    def __init__(self, folder: Path, given: str | None = None) -> None:
        self._path = folder / FILE_NAME
        self._given = None if given is None else _read(given, "CYPHER_EXECUTOR_SECRET_KEY")

    def keys(self) -> Sequence[Key]:
        """All keys, the one in use first; none before the first secret was stored. Raises Unavailable."""
        if self._given is not None:
            return self._given
        try:
            with self._path.open("rb") as file:
                _check_private(self._path, file.fileno())
                return _read(file.read().decode("ascii", "replace"), str(self._path))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(self._path, error) from None

    def current(self) -> Key:
        """The key in use; it is made when there is none. Raises Unavailable."""
        found = self.keys()
        return found[0] if found else self._make_first()

    def begin_rotation(self) -> Key:
        """Put a new key in front of the others, and give it. Raises Conflict where the operator has the keys."""
        if self._given is not None:
            raise Conflict(
                "the keys are the operator's: the service cannot make one",
                code="keys_are_given",
                next_actions=["put a new key in front of the old one, by a comma, and start the service again"],
            )
        new = Key(os.urandom(KEY_BYTES))
        self._write([new, *self.keys()])
        return new

    def end_rotation(self) -> None:
        """Forget all keys but the one in use. Where the operator has the keys, that is for the operator to do."""
        if self._given is None:
            self._write(self.keys()[:1])

    @property
    def is_given(self) -> bool:
        """Whether the operator has the keys."""
        return self._given is not None

    def _make_first(self) -> Key:
        key = Key(os.urandom(KEY_BYTES))
        self._write([key])
        _log.warning(
            "a key for secrets was made in %s: keep a copy in another place, without it nobody can open them; "
            "whoever has this folder has the secrets, unless you give the key by CYPHER_EXECUTOR_SECRET_KEY_FILE",
            self._path,
        )
        return key

    def _write(self, keys: Sequence[Key]) -> None:
        """All of it or nothing, and for this user alone."""
        beside = self._path.with_name(f"{FILE_NAME}.new")
        text = "".join(f"{base64.b64encode(key.raw).decode()}\n" for key in keys)
        try:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.rename(self._path)
            _sync(self._path.parent)
        except OSError as error:
            raise _unreadable(self._path, error) from None


def _read(text: str, where: str) -> tuple[Key, ...]:
    keys = tuple(_key(word, where) for word in text.replace(",", " ").split())
    if not keys:
        raise RequestInvalid(f"{where} has no key", code="setting_invalid", next_actions=[_MAKE])
    return keys


def _key(word: str, where: str) -> Key:
    """A refusal never quotes what it refuses: it may be most of a key."""
    try:
        raw = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        message = f"{where}: a key is {KEY_BYTES} bytes in base64"
        raise RequestInvalid(message, code="setting_invalid", next_actions=[_MAKE])
    return Key(raw)


_MAKE: Final = "make one with: openssl rand -base64 32"


def _check_private(path: Path, descriptor: int) -> None:
    if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
        raise Unavailable(
            f"others can read the key of the secrets in {path}",
            code="secret_key_exposed",
            next_actions=[f"chmod 600 {path}", "then change the key with `cypher-executor secrets rotate`"],
        )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(f"the key of the secrets in {path} cannot be used: {error.strerror}", code="secret_key_missing")
