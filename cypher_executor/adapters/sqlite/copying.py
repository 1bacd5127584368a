"""One consistent copy of a journal in a file, however busy the journal is meanwhile.

SQLite's own backup interface copies pages while a read transaction holds the file as it was when the copy began, so
the writer goes on and the copy is one moment. It is made under another name, examined, synced, and only then given its
name: whoever finds the file finds a whole one, whenever the machine or this program stopped.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from cypher_executor import errors
from cypher_executor.adapters.sqlite.connection import layout_of, unavailable
from cypher_executor.adapters.sqlite.folder import make_private_file, sync_folder
from cypher_executor.adapters.sqlite.reading import snapshot
from cypher_executor.adapters.sqlite.settling import FILE_NAME
from cypher_executor.adapters.sqlite.statements import statements

PAGES_AT_ONCE = 512
SHOWN = 20
_SQL = statements("copying")


@dataclass(frozen=True, slots=True)
class Copied:
    """What is in a copy. `incomplete` are runs with a gap in their events, which the original has, too."""

    bytes: int
    runs: int
    events: int
    layout: int
    incomplete: tuple[str, ...] = ()


def back_up(folder: Path, target: Path, *, replace: bool = False, vfs: str | None = None) -> Copied:
    """Copy the journal of a data folder, which a service may be using, into a file.

    Raises NotFound without a journal, Conflict when the file is there already, RequestInvalid for a file that is no
    journal, and Unavailable when the disk fails or the journal is damaged.
    """
    if target.exists() and not replace:
        raise errors.Conflict(
            f"{target} exists already", code="file_exists", next_actions=["choose another name, or give --replace"]
        )
    return copy_whole(folder / FILE_NAME, target, vfs)


def copy_whole(source: Path, target: Path, vfs: str | None = None) -> Copied:
    """Copy a journal from file to file; nothing is at `target` unless all of it is there and synced."""
    if not source.exists():
        raise errors.NotFound(
            f"there is no journal at {source}",
            code="no_journal",
            next_actions=["say which folder with --data-dir, and which backup by the path of its file"],
        )
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        return _copy(source, part, target, vfs)
    except apsw.CorruptError as error:
        raise _damaged(str(error)) from error
    except (apsw.Error, OSError) as error:
        raise unavailable(error, f"the journal cannot be copied to {target}") from error
    finally:
        for left in (part, part.with_name(part.name + "-journal")):
            with contextlib.suppress(OSError):
                left.unlink()


def _copy(source: Path, part: Path, target: Path, vfs: str | None) -> Copied:
    part.unlink(missing_ok=True)
    make_private_file(part)
    with contextlib.closing(_opened(source, apsw.SQLITE_OPEN_READONLY, None)) as original:
        layout = layout_of(original, source)
        if not layout:
            raise errors.RequestInvalid(f"{source} holds no journal", code="not_a_journal")
        with contextlib.closing(_opened(part, apsw.SQLITE_OPEN_READWRITE, vfs)) as copy:
            _copy_pages(original, copy)
            copied = _examined(copy, part, layout)
    part.replace(target)
    sync_folder(target.parent)
    return copied


def _opened(path: Path, flags: int, vfs: str | None) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    connection.set_busy_timeout(5000)
    return connection


def _copy_pages(original: apsw.Connection, copy: apsw.Connection) -> None:
    """As of one moment: while this connection is inside of its transaction, it sees no later one."""
    copy.execute(_SQL["set_up_copy"]).fetchall()
    with snapshot(original):
        original.execute(_SQL["look"]).fetchall()
        with copy.backup("main", original, "main") as backup:
            while not backup.done:
                backup.step(PAGES_AT_ONCE)
    # A backup is one file: no log beside it that somebody could forget to copy.
    copy.execute(_SQL["one_file"]).fetchall()


def _examined(copy: apsw.Connection, part: Path, layout: int) -> Copied:
    """Count what is in the copy. Raises Unavailable when its pages do not make sense."""
    found: Any = copy.execute(_SQL["integrity"]).fetchall()
    if found != [("ok",)]:
        raise _damaged(found[0][0])
    gaps: Iterable[Any] = copy.execute(_SQL["incomplete"], (SHOWN,))
    runs, events = _counts(copy)
    return Copied(part.stat().st_size, runs, events, layout, tuple(run for (run,) in gaps))


def _counts(copy: apsw.Connection) -> tuple[int, int]:
    row: Any = copy.execute(_SQL["counts"]).fetchone()
    return int(row[0]), int(row[1])


def _damaged(why: str) -> errors.Unavailable:
    return errors.Unavailable(
        f"the journal is damaged, and so would the copy be: {why}",
        code="journal_damaged",
        next_actions=["`cypher-executor doctor` shows the damage", "keep the backups that you have"],
    )
