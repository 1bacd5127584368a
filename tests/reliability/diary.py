"""What the outside saw, in the order in which it saw it: one JSON object a line, with the time in microseconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


def wall_us() -> int:
    """Microseconds since 1970 UTC, by the same clock as the service's."""
    return time.time_ns() // 1000


class Diary:
    """Writes into a file. What is written is handed to the system at once, as whoever writes may be ended."""

    def __init__(self, path: Path, now_us: Callable[[], int] = wall_us) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._now_us = now_us

    def write(self, what: str, **about: Any) -> None:
        """Something was seen."""
        self._file.write(json.dumps({"at_us": self._now_us(), "what": what, **about}) + "\n")

    def close(self) -> None:
        """Nothing more is seen."""
        self._file.close()


def read(path: Path) -> Iterator[Entry]:
    """The entries of a diary."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
