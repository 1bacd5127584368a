"""Waiting for a run on behalf of a caller: up to a limit, and no longer than the service lives.

A service that stops must not be held up by callers who still wait: they get the run as it is, and ask for it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any, TypeVar

from cypher_executor.core.events import RunId
from cypher_executor.core.run import Run
from cypher_executor.engine import Engine
from cypher_executor.service.deadlines import Deadlines

T = TypeVar("T")


class Waiting:
    """The callers that wait now."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._ends: set[asyncio.Future[Run | None]] = set()
        self._over = False

    async def until_ended(self, engine: Engine, run: RunId, limit_s: float) -> Run | None:
        """The run, once it has ended within the limit; None if it has not, or if it is to be looked for."""
        ended = None if self._over else engine.end_of(run)
        if ended is None:
            return None
        limit = Deadlines.of(asyncio.get_running_loop()).after(limit_s, partial(_give_up, ended))
        self._ends.add(ended)
        try:
            return await ended
        finally:
            limit.cancel()
            self._ends.discard(ended)
            engine.forget(run, ended)

    async def within(self, work: Awaitable[T], limit_s: float) -> T | None:
        """What this gives within the limit; None when it takes longer."""
        limit = asyncio.timeout(0 if self._over else limit_s)
        try:
            async with limit:
                self._limits.add(limit)
                return await work
        except TimeoutError:
            return None
        finally:
            self._limits.discard(limit)

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._limits) + len(self._ends)

    def end_all(self) -> None:
        """Nobody waits any longer, from now on. Call it on the event loop."""
        self._over = True
        now_s = asyncio.get_running_loop().time()
        for limit in self._limits:
            limit.reschedule(now_s)
        for ended in self._ends:
            _give_up(ended)


def _give_up(ended: asyncio.Future[Any]) -> None:
    if not ended.done():
        ended.set_result(None)
