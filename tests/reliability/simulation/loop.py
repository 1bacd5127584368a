"""An event loop without time and without the system: the same seed makes the same things happen in the same order.

Of everything that is ready, chance says what is next; when nothing is ready, the clock goes straight to the next timer.
So an hour takes as long as what happens in it, and every order of what may happen at once comes up sooner or later,
also those that a real loop never makes. Nothing of a real loop is behind it: no sockets, no threads, no signals.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

MOST_CALLBACKS = 2_000_000
"""After so many, something goes round in circles."""


class Stalled(AssertionError):
    """Nothing is ready and no timer is set, but what was to be done has not ended; or it goes round in circles."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs one coroutine to its end. `complaints` are the errors that nobody took."""

    def __init__(self, chance: Random) -> None:
        self.complaints: list[str] = []
        self.steps = 0
        """How many callbacks have run."""
        self._chance = chance
        self._now_s = 0.0
        self._ready: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = 0

    # --- what asyncio asks for ----------------------------------------------------------------------------------------

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._now_s

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Ready at once, in no particular order."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Ready after so many seconds."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Ready at this time."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._numbers += 1
        heapq.heappush(self._timers, (when, self._numbers, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A timer that was cancelled is thrown away when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Coroutine[Any, Any, T], **about: Any) -> asyncio.Task[T]:  # type: ignore[override]
        """A task of this loop."""
        return asyncio.Task(coro, loop=self, **about)

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Whether this is the loop of this thread just now."""
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        """Never: there is nothing to close."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody took, as a complaint."""
        self.complaints.append(f"{context.get('message')}: {context.get('exception')!r}")

    # --- running ------------------------------------------------------------------------------------------------------

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run this to its end. Raises Stalled when it cannot come to one."""
        asyncio._set_running_loop(self)
        try:
            task = self.create_task(main)
            while not task.done():
                self._step()
            return task.result()
        finally:
            asyncio._set_running_loop(None)

    def _step(self) -> None:
        if not self._ready:
            self._pass_time()
        self.steps += 1
        if self.steps > MOST_CALLBACKS:
            raise Stalled(f"{self.steps} callbacks in {self._now_s:.1f} s, and no end")
        ready = self._ready
        chosen = int(self._chance.random() * len(ready))
        ready[chosen], ready[-1] = ready[-1], ready[chosen]
        handle = ready.pop()
        if not handle.cancelled():
            handle._run()

    def _pass_time(self) -> None:
        """To the next timer, and everything that is due with it."""
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stalled(f"nothing can happen any more after {self._now_s:.3f} s")
        self._now_s = max(self._now_s, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now_s:
            self._ready.append(heapq.heappop(self._timers)[2])
