"""What goes wrong in one simulated story: all of it drawn from the seed before anything happens, or as it happens."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

QUICK_S, SLOW_S = (0.0005, 0.008), (0.3, 4.0)


class Chaos:
    """How ill-treated a story is, and with what luck. `now_s` is the time of the loop.

    A third of all stories have a disk that fails at times, a third one that stalls, a third a clock that is set, and a
    half workers that die or answer twice; each independently of the others.
    """

    def __init__(self, seed: int, now_s: Callable[[], float]) -> None:
        self._plan = plan = Random(f"plan {seed}")
        self._luck = Random(f"luck {seed}")
        self._now_s = now_s
        self.deaths = plan.choice((0, 1, 1, 2, 2, 3, 4, 5))
        """How often the service dies."""
        self.calm = False
        """Set for the last life: nothing goes wrong any more."""
        self._stalls = plan.random() < 0.33
        self._workers_fail = plan.random() < 0.5
        self._outages = [self._outage() for _ in range(plan.choice((0, 0, 0, 0, 1, 2)))]
        self._jumps = plan.random() < 0.33

    def _outage(self) -> tuple[float, float]:
        begins = self._plan.uniform(0.0, 3.0)
        return begins, begins + self._plan.uniform(0.001, 2.0)

    # --- the disk -----------------------------------------------------------------------------------------------------

    def sync_s(self) -> float:
        """How long the next write and sync take."""
        stalled = self._stalls and not self.calm and self._luck.random() < 0.03
        return self._luck.uniform(*(SLOW_S if stalled else QUICK_S))

    def read_s(self) -> float:
        """How long the next read takes."""
        return self._luck.uniform(0.0, 0.002)

    def disk_fails(self) -> bool:
        """Whether a write that ends now fails."""
        return not self.calm and any(begins <= self._now_s() < ends for begins, ends in self._outages)

    # --- workers ------------------------------------------------------------------------------------------------------

    def part_s(self) -> float:
        """How long the next execution takes."""
        return self._luck.uniform(0.0001, 0.003) if self._luck.random() < 0.95 else self._luck.uniform(0.05, 1.0)

    def worker_dies(self) -> bool:
        """Whether the worker of the next execution dies of it."""
        return self._workers_fail and self._luck.random() < 0.05

    def answers_twice(self) -> bool:
        """Whether the next execution is answered twice."""
        return self._workers_fail and self._luck.random() < 0.1

    def interrupted_in_time(self) -> bool:
        """Whether an execution that is interrupted does not answer any more."""
        return self._luck.random() < 0.5

    # --- the outside --------------------------------------------------------------------------------------------------

    def way_s(self) -> float:
        """How long a message is on its way."""
        return self._luck.uniform(0.0005, 0.02)

    def arrives(self) -> bool:
        """Whether a request that is given up while it is on its way arrives all the same."""
        return self._luck.random() < 0.5

    def life_s(self) -> float:
        """How long half of the next life lasts; some end before they have begun."""
        return self._luck.expovariate(5.0)

    def steps(self) -> int:
        """At which callback after that time it ends: anywhere in the middle of what happens then."""
        return self._luck.randint(0, 30)

    def ends_gently(self) -> bool:
        """Whether a life is told to stop, and not killed."""
        return self._luck.random() < 0.15

    def clock_jump_us(self) -> int:
        """By how much the clock is set now; 0 for a story without such."""
        return self._luck.choice((-30, -1, 1, 60, 86_400)) * 1_000_000 if self._jumps and not self.calm else 0
