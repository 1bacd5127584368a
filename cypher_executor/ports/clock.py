"""The time."""

from __future__ import annotations

from typing import Protocol

from cypher_executor.core.events import RunId


class Clock(Protocol):
    """The time, and the ids that are made of it."""

    def now_us(self) -> int:
        """Microseconds since 1970 UTC. May jump when the machine's clock is set."""
        ...

    def new_run_id(self) -> RunId:
        """An id that nobody has, greater than the ones before it."""
        ...
