"""Looks at modules that are about to become parts, and tries parts alone, in processes of its own.

What somebody tries may be wrong in any way, so it never stands in the way of runs: it has a worker and compilers of its
own, which are started when they are needed and ended when nobody has asked for a while. Executions come one after the
other, and no more than a few may wait.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cypher_executor.adapters.dispatch_local.compilers import CompileLimits, Compilers
from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
from cypher_executor.adapters.dispatch_local.part_log import harmless
from cypher_executor.adapters.dispatch_local.process import Answer
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, Event, RunId
from cypher_executor.errors import Unavailable
from cypher_executor.ports import Clock, PartStore

IDLE_S: Final = 30.0
MOST_WAITING: Final = 32
MOST_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one execution: its event, the lines that the part wrote to its standard error, and the fuel that it
    used, where the part has a budget of it and ended well."""

    event: Event
    log: tuple[str, ...]
    fuel_used: int | None = None


class Workbench:
    """To be used and closed on one event loop."""

    def __init__(
        self,
        store: PartStore,
        clock: Clock,
        *,
        cache_dir: Path | None = None,
        compile_limits: CompileLimits = CompileLimits(),  # noqa: B008 - frozen
    ) -> None:
        self._store = store
        self._clock = clock
        self._cache_dir = cache_dir
        self._tasks: set[asyncio.Task[None]] = set()
        self._compile_limits = compile_limits
        self._compilers = Compilers(self._spawn, compile_limits)
        self._numbers = itertools.count(1)
        self._waiting: dict[RunId, asyncio.Future[Event]] = {}
        self._logs: dict[RunId, tuple[bytes, int | None]] = {}
        self._opening = asyncio.Lock()
        self._dispatcher: LocalDispatcher | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def admit(self, module: bytes, *, fuel: bool = False) -> None:
        """Compile a module, in a process that never runs it. Raises ModuleRefused, or Unavailable."""
        await self._compilers.compile(module, fuel=fuel)

    async def execute(self, execute: Execute) -> Tried:
        """Execute a part of the store once. Raises Unavailable when there is no room, or no worker."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("too many parts are being tried at once", code="overloaded")
        run = RunId(f"try_{next(self._numbers)}")
        answer = self._waiting[run] = asyncio.get_running_loop().create_future()
        try:
            dispatcher = await self._open()
            dispatcher.run_many([(run, execute)])
            event = await answer
        except asyncio.CancelledError:
            if self._dispatcher is not None:
                self._dispatcher.interrupt(run, execute.node, execute.item)
            raise
        finally:
            del self._waiting[run]
            written, fuel_used = self._logs.pop(run, (b"", None))
            self._end_when_idle()
        return Tried(event, _lines(written or _in_failure(event)), fuel_used)

    async def close(self) -> None:
        """End all processes."""
        if self._idle is not None:
            self._idle.cancel()
        async with self._opening:
            dispatcher, self._dispatcher = self._dispatcher, None
            if dispatcher is not None:
                await dispatcher.close()
        await self._compilers.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _open(self) -> LocalDispatcher:
        async with self._opening:
            if self._dispatcher is None:
                dispatcher = LocalDispatcher(
                    self._store,
                    self._take,
                    self._clock,
                    1,
                    cache_dir=self._cache_dir,
                    compile_limits=self._compile_limits,
                    log=self._note,
                    prepare=False,
                )
                await dispatcher.start()
                self._dispatcher = dispatcher
            return self._dispatcher

    def _take(self, answers: Sequence[tuple[RunId, Event]]) -> None:
        for run, event in answers:
            waiting = self._waiting.get(run)
            if waiting is not None and not waiting.done():
                waiting.set_result(event)

    def _note(self, written: bytes, answer: Answer) -> None:
        self._logs[answer.order.run] = written, answer.ending.fuel if answer.order.fuel else None

    def _end_when_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, lambda: self._spawn(self._end_if_idle()))

    async def _end_if_idle(self) -> None:
        async with self._opening:
            if self._dispatcher is not None and not self._waiting:
                dispatcher, self._dispatcher = self._dispatcher, None
                await dispatcher.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _in_failure(event: Event) -> bytes:
    """What a part that failed wrote; it is among the details of its failure."""
    details = event.failure.details if isinstance(event, AttemptFailed) else None
    written = (details or {}).get("stderr")
    return written.encode("utf-8", "replace") if isinstance(written, str) else b""


def _lines(written: bytes) -> tuple[str, ...]:
    lines = [line for line in written.decode("utf-8", "replace").split("\n") if line.strip()]
    more = (f"[{len(lines) - MOST_LINES} more lines are left out]",) if len(lines) > MOST_LINES else ()
    return (*map(harmless, lines[:MOST_LINES]), *more)
