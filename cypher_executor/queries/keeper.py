"""Keeps the store as new as the journal: a mirror into it, and what is done when there is nothing to mirror.

Between questions it follows at its ease: it rests for longer than it works, because whoever runs recipes wants the same
processors. A question makes it catch up at once. Where it runs is somebody else's choice: a service has it in a process
of its own (`followers`), a command that asks a data folder without a service has it on its own event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from cypher_executor.errors import CypherExecutorError, Unavailable
from cypher_executor.mirror.mirror import Mirror
from cypher_executor.ports import Clock

CATCH_UP_S = 5.0
"""For so long a question waits for what has happened. After that it is answered with what is there."""
IDLE_S = 1.0
"""Between two looks at the journal when nobody asks."""
REST = 4.0
"""Rests so many times as long as it has worked, while nobody asks."""
TIDY_EVERY_S = 600.0

_LOG = logging.getLogger(__name__)


class Follower(Protocol):
    """Whoever keeps the graph as new as the journal, for those who ask it."""

    def start(self) -> None:
        """Begin, unless it has begun; returns at once. To be called where an event loop runs."""
        ...

    async def catch_up(self) -> float:
        """Take in all that is on disk now; for how many milliseconds the graph has not told everything if that takes
        too long. Raises Unavailable when the graph cannot be kept."""
        ...

    @property
    def lag_s(self) -> float | None:
        """For how long the graph has not told everything; None before it has begun."""
        ...

    async def stop(self) -> None:
        """End it, after what is being written."""
        ...


class Keeper:
    """A `Follower` on the event loop that it is started on. Calls `tidy` now and then, when nothing is to follow."""

    def __init__(self, mirror: Mirror, clock: Clock, tidy: Callable[[], Awaitable[object]] | None = None) -> None:
        self.mirror = mirror
        self._tidy = tidy
        self._tidied: float | None = None
        self._clock = clock
        self._turn = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._catching: set[asyncio.Task[CypherExecutorError | None]] = set()
        self._told = False

    def start(self) -> None:
        """See `Follower`."""
        if self._working is None:
            self._working = asyncio.create_task(self._work())

    async def catch_up(self) -> float:
        """See `Follower`."""
        self.start()
        caught = asyncio.create_task(self._catch_up())
        self._catching.add(caught)
        caught.add_done_callback(self._catching.discard)
        await asyncio.wait([caught], timeout=CATCH_UP_S)  # it goes on if that was too short
        if not caught.done():
            return max(1.0, self.mirror.status.lag_s(self._clock.now_us()) * 1e3)
        if caught.cancelled():
            raise Unavailable("the graph is not kept any more: the service stops", code="graph_unavailable")
        if (failure := caught.result()) is not None:
            raise failure
        return 0.0

    @property
    def lag_s(self) -> float | None:
        """See `Follower`."""
        return None if self._working is None else self.mirror.status.lag_s(self._clock.now_us())

    async def stop(self) -> None:
        """See `Follower`."""
        self._stopping.set()
        if self._working is not None:
            await self._working
        for caught in self._catching:
            caught.cancel()
        await asyncio.gather(*self._catching, return_exceptions=True)

    # --- its work -----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while not self._stopping.is_set():
            began = time.perf_counter()
            more = await self._step()
            if not more:
                await self._tidy_up()
            rest = (time.perf_counter() - began) * REST
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), rest if more else IDLE_S)

    async def _step(self) -> bool:
        async with self._turn:
            try:
                more = await self.mirror.step()
            except Exception as error:
                self._failing(error)
                return False
            self._told = False
            return more

    async def _tidy_up(self) -> None:
        now = time.monotonic()
        if self._tidy is None or (self._tidied is not None and now - self._tidied < TIDY_EVERY_S):
            return
        self._tidied = now
        try:
            await self._tidy()
        except CypherExecutorError as error:
            _LOG.warning("what was forgotten stays in the graph for now: %s", error.message)

    async def _catch_up(self) -> CypherExecutorError | None:
        async with self._turn:
            self.mirror.look_again()
            try:
                more = True
                while more and not self._stopping.is_set():
                    more = await self.mirror.step()
                self._told = False
            except Exception as error:
                return self._failing(error)
        return None

    def _failing(self, error: Exception) -> CypherExecutorError:
        """Told once in a row. Whatever it is, the next round begins from what the store really holds."""
        if isinstance(error, CypherExecutorError):
            told = error
        else:
            told = Unavailable(f"the graph cannot be kept: {error!r}", code="graph_unavailable")
        if not self._told:
            _LOG.warning("the graph falls behind: %s", told.message, exc_info=error if told is not error else None)
        self._told = True
        return told
