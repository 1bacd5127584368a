"""What a query may use up. Whoever runs it sets the limits, and gives the clock: nothing here reads one by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cypher_executor.errors import ExpressionError


@dataclass(frozen=True, slots=True)
class Limits:
    """`rows` are those that the query gives; `steps` count all its work; `held` is how many rows and values it may keep
    at one time to sort, group and compare them; `seconds` need a clock."""

    rows: int = 100_000
    steps: int = 50_000_000
    held: int = 1_000_000
    seconds: float | None = None


class Budget:
    """The limits of one run of a query, and how much of them is used."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] | None = None) -> None:
        self.limits = limits or Limits()
        self._steps = self._held = self._rows = 0
        self._clock = clock
        seconds = self.limits.seconds
        self._deadline = None if clock is None or seconds is None else clock() + seconds
        self._look_again = _BETWEEN_LOOKS

    def spend(self, steps: int) -> None:
        """Counts work, and looks at the clock now and then. Raises ExpressionError when it has been too much."""
        self._steps += steps
        if self._steps > self.limits.steps:
            raise _used_up(f"needs more than {self.limits.steps:,} steps")
        if self._steps >= self._look_again:
            self._look_again = self._steps + _BETWEEN_LOOKS
            self._look_at_clock()

    def hold(self, count: int) -> None:
        """Counts rows or values that are kept; a negative count lets them go."""
        self._held += count
        if self._held > self.limits.held:
            raise _used_up(f"keeps more than {self.limits.held:,} rows or values at one time")

    def row(self) -> None:
        """Counts a row of the result."""
        self._rows += 1
        if self._rows > self.limits.rows:
            raise _used_up(f"gives more than {self.limits.rows:,} rows")
        self._look_at_clock()

    def _look_at_clock(self) -> None:
        if self._deadline is not None and self._clock is not None and self._clock() > self._deadline:
            raise _used_up(f"takes longer than {self.limits.seconds} s")


_BETWEEN_LOOKS = 1_000
"""Steps between two looks at the clock."""


def _used_up(what: str) -> ExpressionError:
    return ExpressionError(f"the query {what}: ask for less, or add a LIMIT", code="budget_used_up")
