"""What a service uses of the processors, and whoever measures it. Only where there is /proc."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


def used_s(service: int) -> Counter[str]:
    """Seconds of a processor so far: of whoever measures, of the service, and of all its processes, those that have
    ended among them."""
    own_s, ended_s = _times(service)
    theirs_s = sum(_times(pid)[0] for pid in _children(service))
    return Counter({"who measures": time.process_time(), "service": own_s, "its processes": ended_s + theirs_s})


def _children(service: int) -> Iterator[int]:
    for thread in Path(f"/proc/{service}/task").iterdir():
        yield from map(int, (thread / "children").read_text("ascii").split())


def _times(pid: int) -> tuple[float, float]:
    """Of a process itself, and of what it has waited for; nothing, if it has just ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0, 0.0
    user, system, childrens_user, childrens_system = (int(field) / _TICKS_A_SECOND for field in fields[11:15])
    return user + system, childrens_user + childrens_system
