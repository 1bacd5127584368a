"""What parts take of the disk, and what of it goes by itself: modules in the journal, files from S3, compiled ones."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import apsw

    from cypher_executor.settings import Settings

_UNITS = ("bytes", "KiB", "MiB", "GiB")


@dataclass(frozen=True, slots=True)
class Room:
    """How many there are, and how many bytes they have together."""

    count: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.count} ({_readable(self.bytes)})"


@dataclass(frozen=True, slots=True)
class PartRoom:
    """Modules in the journal, those of them that nothing needs, and those whose time is over; and the two caches."""

    modules: Room
    unneeded: Room
    may_go: Room
    retention: str
    from_s3: Room
    compiled: Room

    def lines(self) -> Iterator[str]:
        """What people are told; nothing of what is not there."""
        if self.modules.count:
            unneeded = f"; nothing needs {self.unneeded}, and {self.may_go} of these go within an hour of the service"
            kept = f" (CYPHER_EXECUTOR_PARTS_RETENTION is {self.retention})" if self.unneeded.count else ""
            yield f"modules in the journal: {self.modules}{unneeded if self.unneeded.count else ''}{kept}"
        if self.from_s3.count:
            yield f"files from S3: {self.from_s3}"
        if self.compiled.count:
            yield f"compiled modules: {self.compiled}"


def room_of_parts(settings: Settings, connection: apsw.Connection) -> PartRoom:
    """Look at the journal and the folders of these settings. Raises RequestInvalid for a wrong retention."""
    from cypher_executor import files
    from cypher_executor.adapters.sqlite.unneeded import due, survey
    from cypher_executor.wiring import parts_retention_us

    found, for_us = survey(connection), parts_retention_us(settings)
    going = [] if for_us is None else due(found, time.time_ns() // 1000 - for_us)
    compiled = files.cached("modules")
    return PartRoom(
        modules=_room(one.bytes for one in found.modules),
        unneeded=_room(one.bytes for one in found.modules if not one.needed),
        may_go=_room(one.bytes for one in going),
        retention=settings.parts_retention,
        from_s3=_room(_sizes(settings.data_dir / "parts")),
        compiled=_room(_sizes(compiled) if compiled is not None else ()),
    )


def _room(sizes: Iterable[int]) -> Room:
    listed = list(sizes)
    return Room(len(listed), sum(listed))


def _sizes(folder: Path) -> Iterator[int]:
    """Of all files below a folder; none when it is not there or cannot be read."""
    with contextlib.suppress(OSError):
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    yield path.stat().st_size


def _readable(size: int) -> str:
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if not unit else f"{amount:.1f} {_UNITS[unit]}"
