"""Runs that start runs. A child is a run like any other; its parent knows its id, and may wait to hear of its end.

Starting is safe to repeat: the step's own key (`once`), or the author's, is claimed in the same transaction that begins
the child, so a parent that is recovered finds the child that it started before. Waiting is a note in memory, made again
whenever the parent's `StartChild` is carried out again; it costs no task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from cypher_executor.core.commands import StartChild
from cypher_executor.core.events import AttemptFailed, ChildEnded, ChildStarted, Parent, RunEnded, RunId, RunStarted
from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.recipe import Value
from cypher_executor.engine.admission import TooManyRuns
from cypher_executor.engine.live import Live, Started
from cypher_executor.errors import CypherExecutorError, Failure, Unavailable
from cypher_executor.ports import Claim, Clock, Inbox, Prepared, Recipes

KEEP_KEYS_US = 72 * 3_600_000_000
"""How long an idempotency key that a caller chose is remembered."""


class StartRun(Protocol):
    """How a run is begun that another one asked for; `above` is how that one began."""

    def __call__(
        self,
        prepared: Prepared,
        above: RunStarted,
        *,
        trigger: Mapping[str, Value],
        claim: Claim,
        parent: Parent,
        depth: int,
    ) -> Awaitable[Started]: ...


def claim_of_key(tenant: str, recipe: str, key: str, asked: str) -> Claim:
    """The claim that an idempotency key of a caller makes: one run per tenant, recipe and key."""
    return Claim(f"{tenant}/{recipe}", key, asked, KEEP_KEYS_US)


class Children:
    """Starts children, and tells their parents when they have ended."""

    def __init__(
        self,
        start: StartRun,
        end_of: Callable[[RunId], Awaitable[RunEnded | None]],
        recipes: Recipes,
        clock: Clock,
        inbox: Inbox,
    ) -> None:
        self._start = start
        self._end_of = end_of
        self._recipes = recipes
        self._clock = clock
        self._inbox = inbox
        self._waiting: dict[RunId, list[Parent]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, tasks: asyncio.TaskGroup, live: Live, command: StartChild) -> None:
        """Carry out a `StartChild`, beside everything else."""
        task = tasks.create_task(self._carry_out(live, command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def ended(self, child: RunId, end: RunEnded) -> None:
        """A run has ended on disk: its parents, if they wait, go on."""
        self._inbox([(parent.run, self._child_ended(parent, child, end)) for parent in self._waiting.pop(child, ())])

    def cancel_all(self) -> None:
        """Forget all of it; the parents will ask again when they are recovered."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    async def _carry_out(self, live: Live, command: StartChild) -> None:
        parent = Parent(run=live.id, node=command.node, item=command.item, attempt=command.attempt, wait=command.wait)
        known = live.run.steps[command.node, command.item].child
        if known is not None:  # The parent was recovered, and what it waits for has begun long ago.
            await self._follow(parent, known)
            return
        try:
            started = await self._begin(live, command, parent)
        except TooManyRuns as error:
            self._inbox([(live.id, self._refused(command, error))])
            return
        except Unavailable:
            return  # The journal failed or the engine is stopping: the command stays outstanding and is asked again.
        except CypherExecutorError as error:
            self._inbox([(live.id, self._refused(command, error))])
            return
        now_us = self._clock.now_us()
        event = ChildStarted(
            at_us=now_us,
            node=command.node,
            item=command.item,
            attempt=command.attempt,
            child=started.run,
            workflow=command.workflow,
        )
        self._inbox([(live.id, event)])
        if command.wait:
            await self._follow(parent, started.run)

    async def _begin(self, live: Live, command: StartChild, parent: Parent) -> Started:
        about = live.run.started
        assert about is not None
        prepared = await self._recipes.prepare(about.tenant, command.workflow, command.input)
        asked = fingerprint(command.workflow, command.input)
        if command.key is None:
            claim = Claim(f"children of {about.tenant}", command.once, asked)
        else:
            claim = claim_of_key(about.tenant, command.workflow, command.key, asked)
        trigger = {"kind": "run", "run": live.id, "node": command.node}
        return await self._start(prepared, about, trigger=trigger, claim=claim, parent=parent, depth=command.depth)

    async def _follow(self, parent: Parent, child: RunId) -> None:
        self._waiting.setdefault(child, []).append(parent)
        end = await self._end_of(child)
        if end is not None:
            self.ended(child, end)

    def _refused(self, command: StartChild, error: CypherExecutorError) -> AttemptFailed:
        now_us = self._clock.now_us()
        failure = Failure(error.code, error.message, error.retryable, {"workflow": command.workflow})
        return AttemptFailed(
            at_us=now_us,
            node=command.node,
            item=command.item,
            attempt=command.attempt,
            failure=failure,
            started_us=now_us,
        )

    def _child_ended(self, parent: Parent, child: RunId, end: RunEnded) -> ChildEnded:
        return ChildEnded(
            at_us=self._clock.now_us(),
            node=parent.node,
            item=parent.item,
            attempt=parent.attempt,
            child=child,
            state=end.state,
            result=end.result,
            failure=end.failure,
        )
