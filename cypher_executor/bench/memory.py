"""What processes hold of the memory. Only where there is `/proc`; elsewhere nothing is known."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path


def resident_mb(pids: Iterable[int]) -> float | None:
    """What these processes and all that they have started hold together, in MiB; None where that cannot be told."""
    found = [_resident_kb(pid) for one in pids for pid in _family(one)]
    known = [kb for kb in found if kb is not None]
    return sum(known) / 1024 if known else None


def _family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    pending = [pid]
    while pending:
        one = pending.pop()
        yield one
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                pending += map(int, (task / "children").read_text("ascii").split())


def _resident_kb(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), None)
    return None
