"""Where the files that ship with the package are: grammar, parts, seeds.

An installed wheel holds them inside the package; a checkout (and an editable install) has them beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `grammar`, `parts` or `seeds`. Raises FileNotFoundError when the installation is incomplete."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation of cypher-executor: reinstall it")
