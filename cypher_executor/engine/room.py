"""How many executions the dispatcher may have at once: enough to keep every worker busy and to hand over many at a
time, and few enough that whoever comes next does not stand behind many long ones.

Parts take from microseconds to minutes, so no fixed number is right. What counts is the time that the executions will
take together, and that is guessed from how long the same module took lately. There is room for another one while all of
them will keep the workers busy for less than `AHEAD_US`; and in any case for a few, and never for more than so many.

Executions that are thought to take long have a room of their own, for a few: however many of them wait, the others wait
for none. What turns out to take long while it is under way moves there, and what waits of its module with it. One that
took its worker down is thought to take long as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from cypher_executor.core.recipe import Digest

AHEAD_US = 50_000
"""For how long the workers are given work in advance."""

UNKNOWN_US = 5_000
"""What an execution is thought to take as long as none of its module has been seen."""

LONG_US = 8_000
"""What is thought to take at least so long is kept apart from the rest."""

LOST_US = 1_000_000
"""What an execution that took its worker down is remembered as."""

LEAST_A_WORKER, MOST_A_WORKER = 2, 64

STEADINESS = 4
"""The newest execution of a module makes a quarter of what the next one is thought to take."""

_MODULES = 10_000
"""Of how many modules is remembered how long they take."""


class Room:
    """The room for so many workers. Times are in microseconds."""

    def __init__(self, workers: int) -> None:
        self._least = LEAST_A_WORKER * workers
        self._most = MOST_A_WORKER * workers
        self._ahead_us = AHEAD_US * workers
        self._taken_us = 0
        self._lately: dict[Digest, int] = {}

    @property
    def lately_us(self) -> Mapping[Digest, int]:
        """What the next execution of each module that was seen is thought to take."""
        return self._lately

    def has_place(self, taken: int) -> bool:
        """Whether another execution may be handed over, beside the `taken` that are."""
        return taken < self._least or (taken < self._most and self._taken_us < self._ahead_us)

    def has_long_place(self, taken: int) -> bool:
        """Whether another one that takes long may be handed over, beside the `taken` of these that are."""
        return taken < self._least

    def is_long(self, module: Digest) -> bool:
        """Whether the next execution of this module is thought to take long."""
        return self._lately.get(module, UNKNOWN_US) >= LONG_US

    def take(self, module: Digest) -> int:
        """An execution of this module is handed over; gives what it is thought to take."""
        expected_us = self._lately.get(module, UNKNOWN_US)
        self._taken_us += expected_us
        return expected_us

    def give_back(self, expected_us: int) -> None:
        """An execution for which this was thought is over, or not wanted any more."""
        self._taken_us -= expected_us

    def learn(self, module: Digest, took_us: int) -> None:
        """An execution of this module took so long."""
        if len(self._lately) >= _MODULES and module not in self._lately:
            self._lately.clear()
        before_us = self._lately.get(module, took_us)
        self._lately[module] = before_us + (max(0, took_us) - before_us) // STEADINESS

    def clear(self) -> None:
        """Nothing is handed over any more."""
        self._taken_us = 0
