"""The name of a journal, kept beside it: two journals never share one, and a journal keeps its own when it moves."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path

FILE_NAME = "mirror-source"


def source_of(data_dir: Path) -> str:
    """The name of the journal in this folder; the first time it is made up. Raises OSError."""
    path = data_dir / FILE_NAME
    with contextlib.suppress(FileExistsError), path.open("x", encoding="ascii") as file:
        file.write(f"{uuid.uuid4()}\n")
    return path.read_text("ascii").strip()
