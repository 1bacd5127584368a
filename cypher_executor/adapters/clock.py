"""The system clock, and run ids made of it.

Ids sort by the time at which they were made (`core.run_ids`). Within one process each id is greater than the one
before it, also inside one millisecond and when the machine's clock is set back: then the last id is counted up by one,
as the specification of ULIDs says.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from cypher_executor.core.events import RunId
from cypher_executor.core.run_ids import CHANCE_BITS, run_id


def _system_us() -> int:
    return time.time_ns() // 1000


class SystemClock:
    """`ports.Clock` over the machine's clock. `now_us` and `chance` (a number below 2^80) can be given by tests."""

    def __init__(
        self,
        now_us: Callable[[], int] = _system_us,
        chance: Callable[[], int] = lambda: int.from_bytes(os.urandom(CHANCE_BITS // 8)),
    ) -> None:
        self._now_us = now_us
        self._chance = chance
        self._last = -1
        self._lock = threading.Lock()

    def now_us(self) -> int:
        """Microseconds since 1970 UTC."""
        return self._now_us()

    def new_run_id(self) -> RunId:
        """`run_` and 26 characters, greater than every id that this clock gave before."""
        fresh = (self._now_us() // 1000 << CHANCE_BITS) | self._chance()
        with self._lock:
            same_millisecond = fresh >> CHANCE_BITS <= self._last >> CHANCE_BITS
            self._last = self._last + 1 if same_millisecond else fresh
            return run_id(self._last)
