"""The firings that wait for their turn, in memory: each until its time to begin, and behind whatever still goes on.

`overlap` decides while the run that a schedule began last goes on, or is about to begin. With `allow` a firing begins
beside it, with `skip` none begins for that time, with `queue` it waits here. A time that is made up for waits with
`skip`, too: whoever wants missed times made up for does not want all but the first left out.

Firings of a schedule begin in the order of their times, one after the other, unless they may overlap.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from cypher_executor.core.events import RunId
from cypher_executor.core.schedules import Firing, KeptSchedule, Settled


@dataclass(slots=True)
class Turn:
    """What is to be done now: firings to begin, and those that are settled without a run."""

    begin: list[tuple[KeptSchedule, Firing]] = field(default_factory=list)
    skipped: list[Settled] = field(default_factory=list)


class Line:
    """All firings that have not been settled. `is_open` says whether a run goes on."""

    def __init__(self, is_open: Callable[[RunId], bool]) -> None:
        self._is_open = is_open
        self._schedules: dict[int, KeptSchedule] = {}
        self._waiting: Counter[int] = Counter()
        self._ready: list[tuple[int, Firing]] = []
        self._held: dict[int, list[Firing]] = {}
        """Behind a run, earliest first, by schedule."""
        self._let_go: list[Firing] = []
        self._beginning: dict[int, Firing] = {}
        """Of schedules whose firings must not overlap: the one whose run is about to begin."""

    def load(self, schedules: Iterable[KeptSchedule], firings: Iterable[Firing]) -> None:
        """Hold these, and forget everything else."""
        for kept in (self._schedules, self._waiting, self._ready, self._held, self._let_go, self._beginning):
            kept.clear()
        self.add(schedules, firings)

    def add(self, schedules: Iterable[KeptSchedule], firings: Iterable[Firing]) -> None:
        """Hold these firings, too. Those of a schedule that is paused stay where they are until it goes on."""
        fresh = {one.number: one for one in schedules}
        for firing in firings:
            schedule = self._schedules.setdefault(firing.schedule, fresh[firing.schedule])
            self._waiting[firing.schedule] += 1
            if schedule.paused_us is None:
                heapq.heappush(self._ready, (firing.begin_us, firing))

    def waiting(self, schedule: int) -> int:
        """How many firings of a schedule there are."""
        return self._waiting[schedule]

    @property
    def next_us(self) -> int | None:
        """When the next firing is to begin, as far as only time holds it up."""
        return self._let_go[0].begin_us if self._let_go else self._ready[0][0] if self._ready else None

    def take(self, now_us: int, limit: int) -> Turn:
        """Whose turn it is."""
        turn, let_go = Turn(), self._let_go
        self._let_go = []
        for firing in let_go:
            self._decide(turn, firing, first=True)
        while self._ready and self._ready[0][0] <= now_us and len(turn.begin) + len(turn.skipped) < limit:
            self._decide(turn, heapq.heappop(self._ready)[1], first=False)
        return turn

    def _decide(self, turn: Turn, firing: Firing, *, first: bool) -> None:
        schedule = self._schedules[firing.schedule]
        if schedule.settings.overlap == "allow":
            turn.begin.append((schedule, firing))
        elif not self._is_held_up(schedule, firing, first=first):
            self._beginning[schedule.number] = firing
            turn.begin.append((schedule, firing))
        elif schedule.settings.overlap == "skip" and not firing.made_up:
            turn.skipped.append(Settled(firing))
        else:
            heapq.heappush(self._held.setdefault(schedule.number, []), firing)

    def _is_held_up(self, schedule: KeptSchedule, firing: Firing, *, first: bool) -> bool:
        """By a run that goes on, a firing that is about to begin, or (unless it is the first) others that wait."""
        if self._beginning.get(schedule.number, firing) != firing:
            return True
        if schedule.run is not None and self._is_open(schedule.run):
            return True
        return not first and schedule.number in self._held

    def put_back(self, firing: Firing, at_us: int) -> None:
        """It could not begin yet: try again at that time, before any other of its schedule that must not overlap."""
        heapq.heappush(self._ready, (at_us, firing))

    def settled(self, settled: Sequence[Settled]) -> None:
        """These have run, or will not."""
        for one in settled:
            number = one.firing.schedule
            if self._beginning.get(number) == one.firing:
                del self._beginning[number]
            if one.run is not None:
                self._schedules[number] = replace(self._schedules[number], run=one.run)
            self._waiting[number] -= 1
            if not self._waiting[number]:
                del self._waiting[number], self._schedules[number]

    @property
    def blocked(self) -> dict[int, RunId | None]:
        """The schedules of which a firing waits for a run, and the run; None when none goes on (any more)."""
        waiting = {number: self._schedules[number].run for number in self._held if number not in self._beginning}
        return {number: run if run is not None and self._is_open(run) else None for number, run in waiting.items()}

    def let_go(self, number: int) -> None:
        """What the first firing of this schedule waited for is over."""
        held = self._held.get(number)
        if held:
            self._let_go.append(heapq.heappop(held))
            if not held:
                del self._held[number]
