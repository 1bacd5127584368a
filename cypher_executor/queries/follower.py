"""Keeps the store as new as the journal: a mirror into it, on an event loop and a thread of its own.

Between questions it follows at its ease: it rests for longer than it works, because the runs have the same
interpreter. A question makes it catch up at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable

from cypher_executor.errors import CypherExecutorError, Unavailable
from cypher_executor.mirror.mirror import Mirror
from cypher_executor.ports import Clock

CATCH_UP_S = 5.0
"""For so long a question waits for what has happened. After that it is answered with what is there."""
IDLE_S = 1.0
"""Between two looks at the journal when nobody asks."""
REST = 4.0
"""Rests so many times as long as it has worked, while nobody asks."""
STOP_S = 5.0
TIDY_EVERY_S = 600.0

_LOG = logging.getLogger(__name__)


class Follower:
    """Runs the mirror that `make` makes, on the thread where it will run; there `tidy` is called now and then, when
    there is nothing to follow."""

    def __init__(
        self, make: Callable[[], Mirror], clock: Clock, tidy: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        self._make = make
        self._tidy = tidy
        self._tidied: float | None = None
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event
        self._wake: asyncio.Event
        self._turn: asyncio.Lock
        self._mirror: Mirror

    def start(self) -> None:
        """Begin, unless it has begun; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="graph", daemon=True)
            self._thread.start()

    async def catch_up(self) -> float:
        """Take in all that is on disk now; for how many milliseconds the graph has not told everything if that takes
        too long. Raises Unavailable when the graph cannot be kept."""
        self.start()
        if not self._begun.is_set():
            await asyncio.to_thread(self._begun.wait)
        if self._failure is not None or self._loop is None:
            raise Unavailable(f"the graph cannot be kept: {self._failure}", code="graph_unavailable")
        caught = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._catch_up(), self._loop))
        await asyncio.wait([caught], timeout=CATCH_UP_S)  # it goes on if that was too short
        if not caught.done():
            return max(1.0, self._mirror.status.lag_s(self._clock.now_us()) * 1e3)
        if caught.cancelled():
            raise Unavailable("the graph is not kept any more: the service stops", code="graph_unavailable")
        failure = caught.result()
        if failure is not None:
            raise failure
        return 0.0

    @property
    def lag_s(self) -> float | None:
        """For how long the graph has not told everything; None before it has begun."""
        return self._mirror.status.lag_s(self._clock.now_us()) if self._loop is not None else None

    async def stop(self) -> None:
        """End it, after what is being written."""
        if self._thread is None:
            return
        await asyncio.to_thread(self._begun.wait, STOP_S)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.to_thread(self._thread.join, STOP_S)

    # --- on its thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failure = error
        finally:
            self._begun.set()

    async def _main(self) -> None:
        self._stop, self._turn = asyncio.Event(), asyncio.Lock()
        self._mirror = self._make()
        self._loop = asyncio.get_running_loop()
        self._begun.set()
        while not self._stop.is_set():
            began = time.perf_counter()
            more = await self._step()
            if not more:
                await self._tidy_up()
            rest = (time.perf_counter() - began) * REST
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), rest if more else IDLE_S)

    async def _step(self) -> bool:
        async with self._turn:
            try:
                more = await self._mirror.step()
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
            self._mirror.look_again()
            try:
                more = True
                while more:
                    more = await self._mirror.step()
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
