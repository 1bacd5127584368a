"""Where the service that holds a data folder listens: a file in the folder, there while the service is.

It lets commands find the service without being told a port. It is a hint: after `kill -9` it is left over, which shows
by its process being gone.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from cypher_executor.errors import Unavailable

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
    """Where the service that holds this folder listens, if one does."""
    try:
        left = json.loads((data_dir / FILE).read_text("utf-8"))
        url, pid = str(left["url"]), int(left["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if _alive(pid) else None


@contextlib.contextmanager
def pointing_at_holder(data_dir: Path) -> Iterator[None]:
    """Whoever finds the folder in use is told how to use the service that holds it."""
    try:
        yield
    except Unavailable as error:
        url = address_in(data_dir)
        if error.code != "data_dir_in_use" or url is None:
            raise
        actions = [f"use the service that holds it: --server {url}", *error.next_actions]
        raise Unavailable(error.message, code=error.code, next_actions=actions) from None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is there, and somebody else's
    return True
