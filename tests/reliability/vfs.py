"""A disk for SQLite that fails when it is told to, and of which a power cut leaves what a real disk may leave.

Everything goes to real files, but a sync is only a note that what was written until then would outlive a power cut. So
a trial costs no sync of the machine that it runs on, and `cut_power` can take back what was not synced: all of it, or
some writes and not others, or pieces of a write, sector by sector, as chance says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

import apsw

NAME = "ill-treated-disk"
SECTOR = 512
Operation = Literal["write", "sync", "open"]


@dataclass(slots=True)
class _File:
    """What is not synced of a file: how to undo it, newest last, and what it was."""

    undo: list[tuple[int, bytes, int]] = field(default_factory=list)
    redo: list[tuple[int, bytes | None]] = field(default_factory=list)
    """An offset and what was written there; None: the file was cut off there."""


@dataclass(slots=True)
class Disk:
    """One disk. With `fails`, the `limit`-th operation of that kind fails (any kind, when it is None), counted from 1.

    `for_good`: all operations after it fail as well.
    """

    limit: int | None = None
    fails: Operation | None = None
    for_good: bool = False
    count: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    """How many operations have failed."""
    lost: int = 0
    """How many writes the power cut has taken back, whole or in part."""
    _files: dict[str, _File] = field(default_factory=dict)

    def operation(self, kind: Operation) -> None:
        """Something is asked of the disk. Raises when it fails there."""
        self.count[kind] += 1
        number = self.count[kind] if self.fails else self.count.total()
        if self.limit is None or (self.fails not in (None, kind) and not self._broken):
            return
        if self._broken or number == self.limit:
            self.failed += 1
            raise (apsw.CantOpenError if kind == "open" else apsw.IOError)("the disk of this trial fails here")

    @property
    def _broken(self) -> bool:
        return self.for_good and self.failed > 0

    def will_write(self, path: str, offset: int, data: bytes | None) -> None:
        """Remember what a part of a file holds, and what it will hold."""
        file = self._files.setdefault(path, _File())
        with Path(path).open("rb") as held:
            size = held.seek(0, 2)
            held.seek(offset)
            file.undo.append((offset, held.read(-1 if data is None else len(data)), size))
        file.redo.append((offset, data))

    def synced(self, path: str) -> None:
        """What was written to this file will stay."""
        self._files.pop(path, None)

    def cut_power(self, folder: Path, chance: Random) -> None:
        """Leave of what was not synced what chance leaves. The shared memory beside the log is gone in any case."""
        keeps = chance.choice((0.0, 0.3, 0.7))
        for path, file in self._files.items():
            if Path(path).exists():
                self._take_back(Path(path), file, keeps, chance)
        self._files.clear()
        for shared in folder.glob("*-shm"):
            shared.unlink()

    def _take_back(self, path: Path, file: _File, keeps: float, chance: Random) -> None:
        with path.open("r+b") as held:
            for offset, before, size in reversed(file.undo):
                held.seek(offset)
                held.write(before)
                held.truncate(size)
            for offset, data in file.redo:
                kept = _left_of(data, keeps, chance)
                self.lost += len(kept) != 1
                for start, piece in kept:
                    held.seek(offset + start)
                    held.truncate() if piece is None else held.write(piece)


def _left_of(data: bytes | None, keeps: float, chance: Random) -> list[tuple[int, bytes | None]]:
    """The pieces of a write that are there after a power cut: one piece when it is whole, none when it is gone."""
    if chance.random() < keeps:
        return [(0, data)]
    if data is None or len(data) <= SECTOR or chance.random() < 0.5:
        return []
    sectors = range(0, len(data), SECTOR)
    return [(at, data[at : at + SECTOR]) for at in sectors if chance.random() < 0.5]


class Slot:
    """Where the disk is that the registered VFS uses: one VFS, one disk after the other."""

    def __init__(self) -> None:
        self.disk = Disk()
        self._vfs = _VFS(self)

    def put(self, disk: Disk) -> Disk:
        """Use this disk from now on."""
        self.disk = disk
        return disk

    def close(self) -> None:
        """Take the VFS away again."""
        self._vfs.unregister()


class _VFS(apsw.VFS):
    def __init__(self, slot: Slot) -> None:
        super().__init__(NAME, base="")
        self._slot = slot

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _OpenFile:
        self._slot.disk.operation("open")
        return _OpenFile(self._slot.disk, name, flags)


class _OpenFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.operation("write")
        self._disk.will_write(self._path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.operation("write")
        self._disk.will_write(self._path, newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.operation("sync")
        self._disk.synced(self._path)
