"""How long a proof waits: as long as something happens. Stuck is what makes no progress, not what takes its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.reliability import records

STILL_S = 60.0
"""How long nothing at all may happen in runs that are open, before they count as stuck."""
LOOK_S = 0.05


async def until_ended(folder: Path) -> None:
    """Wait until every run of a data folder has ended, or nothing has happened in any of them for long."""

    async def left() -> object:
        open_runs, last = records.standing(folder)
        return last if open_runs else None

    await while_it_moves(left)


async def while_it_moves(left: Callable[[], Awaitable[object]]) -> None:
    """Wait until `left` gives None; what it gives otherwise has to change now and then, or it is not waited for."""
    seen, since = await left(), time.monotonic()
    while seen is not None and time.monotonic() - since < STILL_S:
        await asyncio.sleep(LOOK_S)
        now = await left()
        if now != seen:
            seen, since = now, time.monotonic()
