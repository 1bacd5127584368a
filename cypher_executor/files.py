"""Where files are: those that ship with the package (grammar, parts, seeds), and what is kept to start faster.

An installed wheel holds the shipped ones inside the package; a checkout (and an editable install) has them beside it.
The cache is a folder that only its user can write, because what lies in it is trusted when it is read again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `grammar`, `parts` or `seeds`. Raises FileNotFoundError when the installation is incomplete."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation of cypher-executor: reinstall it")


def cached(name: str) -> Path | None:
    """A path in the user's own cache, made for this version of Python; None where there is no safe place for one."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "cypher-executor"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):
        return None
    ours = found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return folder / f"{name}-{sys.implementation.cache_tag}" if ours and os.access(folder, os.W_OK) else None
