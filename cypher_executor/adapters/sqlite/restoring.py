"""Putting a backup in the place of a journal, so that at every moment one of the two is there, whole.

The copy is made inside of the data folder under a name that nobody opens. Giving it the name `restore-N.sqlite3` is
the decision: from then on, whoever opens the folder next finishes what is left, which is moving the old files aside to
`replaced-N/` and the new one into its place. (An old log must never lie beside a new database, because SQLite would
play it into it; and a folder without a journal must never be taken for a new one.)
"""

from __future__ import annotations

import re
from pathlib import Path

from cypher_executor import errors
from cypher_executor.adapters.sqlite.connection import unavailable
from cypher_executor.adapters.sqlite.copying import Copied, copy_whole
from cypher_executor.adapters.sqlite.folder import FolderHold
from cypher_executor.adapters.sqlite.settling import FILE_NAME, aside_of, decided, settle

_NUMBERED = re.compile(r"(?:restore|replaced)-([0-9]+)(?:[.]sqlite3)?")


def restore(folder: Path, backup: Path, *, vfs: str | None = None) -> tuple[Copied, Path | None]:
    """Make the journal of a data folder what the backup holds; gives where the old one was put, if there was one.

    Raises Unavailable (`data_dir_in_use`) while a service uses the folder, NotFound without a backup, RequestInvalid
    for a file that is no journal or too new, Unavailable for one that is damaged. Then nothing has changed.
    """
    if not backup.is_file():
        raise errors.NotFound(f"there is no backup at {backup}", code="no_journal")
    try:
        hold = FolderHold(folder)
    except OSError as error:
        raise unavailable(error, f"the data folder {folder} cannot be used") from error
    try:
        settle(folder)
        return _restore(folder, backup, vfs)
    except OSError as error:
        raise unavailable(error, f"the data folder {folder} cannot be restored") from error
    finally:
        hold.release()


def _restore(folder: Path, backup: Path, vfs: str | None) -> tuple[Copied, Path | None]:
    had_one = (folder / FILE_NAME).exists()
    place = decided(folder, _next_number(folder))
    copied = copy_whole(backup, place, vfs)
    settle(folder)
    return copied, aside_of(place) if had_one else None


def _next_number(folder: Path) -> int:
    found = (_NUMBERED.fullmatch(path.name) for path in folder.iterdir())
    return 1 + max((int(match[1]) for match in found if match), default=0)
