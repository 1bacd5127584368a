"""Where the service that holds a data folder listens: a file in the folder, there while the service is.

It lets commands find the service without being told a port. It is a hint: after `kill -9` it is left over, and then
whoever follows it finds that nobody answers.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

FILE = "service.json"


@contextlib.contextmanager
def announced(data_dir: Path, url: str) -> Iterator[None]:
    """Leave the address in the folder for as long as the block lasts."""
    path = data_dir / FILE
    written = path.with_suffix(".new")
    written.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", "utf-8")
    written.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def address_in(data_dir: Path) -> str | None:
    """The address that was left in this folder, if there is one."""
    try:
        url = json.loads((data_dir / FILE).read_text("utf-8"))["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if isinstance(url, str) else None
