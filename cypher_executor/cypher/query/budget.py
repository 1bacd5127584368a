"""What a query may use up. Whoever runs it sets the limits, and gives the clock: nothing here reads one by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.errors import UsedUp


@dataclass(frozen=True, slots=True)
class Limits:
    """`rows` are those that the query gives; `steps` count all its work; `bytes` is about how much it may keep at one
    time to sort, group, collect and compare rows; `seconds` need a clock."""

    rows: int = 100_000
    steps: int = 10_000_000
    bytes: int = 256 * 2**20
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
            raise _used_up(f"needs more than {self.limits.steps:,} steps", "steps")
        if self._steps >= self._look_again:
            self._look_again = self._steps + _BETWEEN_LOOKS
            self._look_at_clock()

    def holding(self) -> Holding:
        """What one operator keeps; to be used as a context, at whose end everything is let go."""
        return Holding(self)

    def hold(self, size: int) -> None:
        """Counts bytes that are kept; a negative size lets them go."""
        self._held += size
        if self._held > self.limits.bytes:
            raise _used_up(f"keeps more than {self.limits.bytes:,} bytes at one time", "bytes")

    def row(self) -> None:
        """Counts a row of the result."""
        self._rows += 1
        if self._rows > self.limits.rows:
            raise _used_up(f"gives more than {self.limits.rows:,} rows", "rows")
        self._look_at_clock()

    def _look_at_clock(self) -> None:
        if self._deadline is not None and self._clock is not None and self._clock() > self._deadline:
            raise _used_up(f"takes longer than {self.limits.seconds} s", "seconds")


class Holding:
    """What one operator of a plan keeps while it runs. A query within an expression runs once for each row, and must
    not be charged for what its last run has kept."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    def __enter__(self) -> Holding:
        return self

    def __exit__(self, *_: object) -> None:
        self.add(-self._held)

    def add(self, size: int) -> None:
        """Counts bytes that are kept. Raises ExpressionError when all operators together keep too much."""
        self._held += size
        self._budget.hold(size)


def weight(values: Iterable[Value]) -> int:
    """About how many bytes it takes to keep these values. What belongs to the graph is there anyway."""
    size, todo = _OF_ROW, list(values)
    while todo:
        value = todo.pop()
        size += _OF_VALUE
        if type(value) is str:
            size += len(value)
        elif type(value) is list:
            todo.extend(value)
        elif type(value) is dict:
            todo.extend(value.keys())
            todo.extend(value.values())
    return size


_OF_ROW = 64
_OF_VALUE = 16
_BETWEEN_LOOKS = 1_000
"""Steps between two looks at the clock."""


def _used_up(what: str, limit: Literal["rows", "steps", "bytes", "seconds"]) -> UsedUp:
    return UsedUp(f"the query {what}: ask for less, or add a LIMIT", limit)
