"""Durable timers, as the engine holds them: a heap of due times, and one sleeper for all of them.

The truth about a timer is in the journal (a run that is replayed asks for it again), so nothing is stored here. A timer
never fires early: the wall clock is read after every sleep, and sleeps are cut into pieces so that a clock that was
set, or a machine that was suspended, is noticed within `MAX_NAP_S`.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cypher_executor.core.commands import StartTimer
from cypher_executor.core.events import Event, Item, RunId, TimerFired
from cypher_executor.ports import Clock

MAX_NAP_S = 0.5


FORGOTTEN_AT_MOST = 1_000
"""How many timers that nobody waits for any more may stay in the heap, beside as many as are wanted."""

_Step = tuple[str, Item]


@dataclass(slots=True, order=True)
class _Timer:
    due_us: int
    number: int
    run: RunId = field(compare=False)
    command: StartTimer = field(compare=False)
    wanted: bool = field(compare=False, default=True)


class Timers:
    """Puts a `TimerFired` into the inbox for every command that it was given, once it is due."""

    def __init__(self, clock: Clock, inbox: Callable[[Sequence[tuple[RunId, Event]]], None]) -> None:
        self._clock = clock
        self._inbox = inbox
        self._heap: list[_Timer] = []
        self._wanted: dict[RunId, dict[_Step, _Timer]] = {}
        self._forgotten = 0
        self._numbers = 0
        self._changed = asyncio.Event()

    def start(self, run: RunId, command: StartTimer) -> None:
        """Hold this timer, in the place of the one that this step had. One that nobody waits for any more may fire
        all the same; the run takes no notice.
        """
        self._numbers += 1
        timer = _Timer(command.due_us, self._numbers, run, command)
        steps = self._wanted.setdefault(run, {})
        self._forget(steps.pop((command.node, command.item), None))
        steps[command.node, command.item] = timer
        heapq.heappush(self._heap, timer)
        if self._heap[0] is timer:
            self._changed.set()

    def ended(self, run: RunId) -> None:
        """Nothing of this run is waited for any more."""
        for timer in self._wanted.pop(run, {}).values():
            self._forget(timer)

    def clear(self) -> None:
        """Hold nothing; whoever recovers will ask again."""
        self._heap.clear()
        self._wanted.clear()
        self._forgotten = 0

    async def watch(self) -> None:
        """Fire timers for ever."""
        while True:
            self._fire_due()
            self._changed.clear()
            try:
                async with asyncio.timeout(self._nap_s()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _fire_due(self) -> None:
        now_us = self._clock.now_us()
        fired: list[tuple[RunId, Event]] = []
        while self._heap and self._heap[0].due_us <= now_us:
            timer = heapq.heappop(self._heap)
            if not timer.wanted:
                self._forgotten -= 1
                continue
            command = timer.command
            self._fired(timer)
            event = TimerFired(at_us=now_us, node=command.node, item=command.item, attempt=command.attempt)
            fired.append((timer.run, event))
        if fired:
            self._inbox(fired)

    def _fired(self, timer: _Timer) -> None:
        steps = self._wanted[timer.run]
        del steps[timer.command.node, timer.command.item]
        if not steps:
            del self._wanted[timer.run]

    def _forget(self, timer: _Timer | None) -> None:
        """Take a timer for dead; throw the dead ones out when they are as many as the living."""
        if timer is None:
            return
        timer.wanted = False
        self._forgotten += 1
        if self._forgotten > FORGOTTEN_AT_MOST and self._forgotten > len(self._heap) // 2:
            self._heap = [one for one in self._heap if one.wanted]
            heapq.heapify(self._heap)
            self._forgotten = 0

    def _nap_s(self) -> float | None:
        if not self._heap:
            return None
        return min(MAX_NAP_S, max(0.0, (self._heap[0].due_us - self._clock.now_us()) / 1e6))
