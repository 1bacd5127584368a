"""Where the grammar's tables are kept from one process to the next.

Apart from `parse`, so that choosing the place does not load the parser. The file is a pickle, so its folder must be
private to the user; choosing it is the caller's affair.
"""

from __future__ import annotations

from pathlib import Path

_file: Path | None = None


def use_cache(file: Path) -> None:
    """Where to keep them. To be called before anything is parsed."""
    global _file
    _file = file


def cache() -> Path | None:
    """Where they are kept; None: nowhere, each process makes its own."""
    return _file
