"""The system clock, and run ids made of it.

A run id is `run_` and a ULID (https://github.com/ulid/spec): 48 bits of milliseconds and 80 bits of chance, in
Crockford's base 32, so that ids sort by the time at which they were made. Within one process each id is greater than
the one before it, also inside one millisecond and when the machine's clock is set back: then the last id is counted
up by one, as the specification says.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from cypher_executor.core.events import RunId

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_LENGTH = 26
_CHANCE_BITS = 80


def _system_us() -> int:
    return time.time_ns() // 1000


class SystemClock:
    """`ports.Clock` over the machine's clock. `now_us` and `chance` (a number below 2^80) can be given by tests."""

    def __init__(
        self,
        now_us: Callable[[], int] = _system_us,
        chance: Callable[[], int] = lambda: int.from_bytes(os.urandom(_CHANCE_BITS // 8)),
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
        fresh = (self._now_us() // 1000 << _CHANCE_BITS) | self._chance()
        with self._lock:
            same_millisecond = fresh >> _CHANCE_BITS <= self._last >> _CHANCE_BITS
            self._last = self._last + 1 if same_millisecond else fresh
            return RunId(f"run_{_crockford(self._last)}")


def _crockford(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (_LENGTH - 2), -1, -10)])
