"""Carrying out the calls of parts: one task for each, one answer for each, and no way for a call to hurt the engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from cypher_executor.core.commands import Interrupt, Perform
from cypher_executor.core.events import CallAnswered, Item, RunId
from cypher_executor.core.grants import RecipeGrants, grants_of
from cypher_executor.core.parts import Grants
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.engine.live import Live
from cypher_executor.ports import CallContext, CallHandler, Clock, Inbox, PartStore, failed_call

_log = logging.getLogger(__name__)

HARMLESS_OPS = frozenset({"now", "random", "log"})
"""Calls that touch nothing outside: they need not wait for the disk."""

KEPT_GRANTS = 1_024
"""For how many recipes it is kept what they grant."""

_Key = tuple[RunId, str, Item]


class Calls:
    """The calls that are under way. Each ends in a `CallAnswered` in the inbox, unless it is taken back."""

    def __init__(
        self,
        handlers: Mapping[str, CallHandler],
        parts: PartStore,
        clock: Clock,
        inbox: Inbox,
        idle: Callable[[], None],
    ) -> None:
        self._handlers = handlers
        self._parts = parts
        self._clock = clock
        self._inbox = inbox
        self._idle = idle
        self._tasks: dict[_Key, asyncio.Task[None]] = {}
        self._granted: dict[Digest, RecipeGrants] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def perform(self, tasks: asyncio.TaskGroup, live: Live, command: Perform) -> None:
        """Carry out a call, beside everything else."""
        key = (live.id, command.node, command.item)
        task = tasks.create_task(self._perform(live, command))
        self._tasks[key] = task
        task.add_done_callback(lambda ended: self._ended(key, ended))

    def interrupt(self, run: RunId, command: Interrupt) -> None:
        """Nobody waits for the call of this step any more."""
        task = self._tasks.pop((run, command.node, command.item), None)
        if task is not None:
            task.cancel()

    def cancel_all(self) -> None:
        """Leave every call unanswered; whoever recovers will carry it out again, under the same key."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    def _ended(self, key: _Key, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        self._idle()

    async def _perform(self, live: Live, command: Perform) -> None:
        answer = await self._answer(live, command)
        event = CallAnswered(
            at_us=self._clock.now_us(),
            node=command.node,
            item=command.item,
            attempt=command.attempt,
            number=command.number,
            answer=answer,
        )
        self._inbox([(live.id, event)])

    async def _answer(self, live: Live, command: Perform) -> Mapping[str, Value]:
        op = command.request.get("op")
        handler = self._handlers.get(op) if isinstance(op, str) else None
        if handler is None:
            known = ", ".join(sorted({*self._handlers, "sleep"}))
            return failed_call("unknown_op", f"there is no op {op!r}; known are {known}")
        try:
            async with asyncio.timeout(None if command.timeout_ms is None else command.timeout_ms / 1000):
                return await handler(command.request, self._context(live, command))
        except TimeoutError:
            return failed_call("timeout", f"no answer within {command.timeout_ms} ms", retryable=True)
        except Exception:
            _log.exception("op %r of run %s failed", op, live.id)
            return failed_call("internal_error", "the call met a bug in cypher-executor; the service's log has it")

    def _context(self, live: Live, command: Perform) -> CallContext:
        part, started = self._parts.by_digest(command.digest, command.part), live.run.started
        assert started is not None
        return CallContext(
            run=live.id,
            node=command.node,
            item=command.item,
            attempt=command.attempt,
            part=command.part,
            key=command.key,
            timeout_ms=command.timeout_ms,
            grants=Grants() if part is None else part.grants,
            allowed=self._allowed(live.run.recipe),
            tenant=started.tenant,
            recipe=started.name or started.recipe,
            seed=started.seed,
        )

    def _allowed(self, recipe: Recipe) -> RecipeGrants:
        """What a recipe grants, worked out once."""
        found = self._granted.get(recipe.digest)
        if found is None:
            if len(self._granted) >= KEPT_GRANTS:
                self._granted.clear()
            found = self._granted[recipe.digest] = grants_of(recipe)
        return found
