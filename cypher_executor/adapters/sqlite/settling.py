"""Finishing a restore that was decided: the last step of `restore`, and the first of whoever opens a data folder.

It can be stopped anywhere and done again. Only whoever holds the folder may do it.
"""

from __future__ import annotations

from pathlib import Path

from cypher_executor.adapters.sqlite.folder import sync_folder
from cypher_executor.errors import NotFound

FILE_NAME = "journal.sqlite3"
BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; all of it belongs to that database alone."""


def no_journal(folder: Path) -> NotFound:
    """What to say of a folder that no service has used."""
    actions = [
        "say which folder with --data-dir or CYPHER_EXECUTOR_DATA_DIR: the one that the service was started with",
        "or start a service on it, which makes a journal: cypher-executor serve --data-dir " + str(folder),
    ]
    return NotFound(f"there is no journal in {folder}", code="no_journal", next_actions=actions)


def decided(folder: Path, number: int) -> Path:
    """The name that decides: a whole journal that lies there takes the place of the folder's own."""
    return folder / f"restore-{number}.sqlite3"


def aside_of(place: Path) -> Path:
    """Where the old files go."""
    return place.with_name(place.stem.replace("restore", "replaced"))


def settle(folder: Path) -> None:
    """Put a journal that was decided on into its place. Does nothing when there is none. Raises OSError."""
    for place in sorted(folder.glob("restore-*.sqlite3")):
        _move_aside(folder, aside_of(place))
        place.rename(folder / FILE_NAME)
        sync_folder(folder)


def _move_aside(folder: Path, aside: Path) -> None:
    old = [path for ending in BESIDE if (path := folder / f"{FILE_NAME}{ending}").exists()]
    if old:
        aside.mkdir(mode=0o700, exist_ok=True)
    for path in old:
        path.rename(aside / path.name)
    if old:
        sync_folder(aside)
        sync_folder(folder)
