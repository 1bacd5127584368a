"""A disk that is full while a file exists, for a process whose SQLite it is: where no small disk may be mounted.

As with a real one, what is in the files already can be written over; they cannot grow.
"""

from __future__ import annotations

from pathlib import Path

import apsw

_SYSTEM = "unix"
"""The VFS behind this one, by its name: the nameless default will be this one itself."""
_installed: list[apsw.VFS] = []


def install(full_while: Path) -> None:
    """From now on, this process finds its disk full while that file exists."""
    _installed.append(_Quota(full_while))


class _Quota(apsw.VFS):
    def __init__(self, full_while: Path) -> None:
        super().__init__("quota", base=_SYSTEM, makedefault=True)
        self._full_while = full_while

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _File:
        return _File(self._full_while, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, full_while: Path, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__(_SYSTEM, name, flags)
        self._full_while = full_while

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._full_while.exists() and offset + len(data) > self.xFileSize():
            raise apsw.FullError("the disk of this trial is full")
        super().xWrite(data, offset)
