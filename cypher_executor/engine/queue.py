"""The way of executions to the dispatcher: a few at a time, in turn, so that nobody's many hold up another's few.

The dispatcher works in the order in which it is given work. So it is given only what keeps it busy (`room.py`), and
everything else waits here, in lanes for each tenant, recipe and run that are served in turn (`lanes.py`). An execution
has its place in the room until it is answered or no longer wanted. Those that are thought to take long wait in lanes
apart, for a room of their own. The output of a pure part that is known already is
not worked out again: it is looked up when an execution is asked for, and again when its turn has come (`cache.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cypher_executor.core.commands import Execute, Interrupt
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallRequested,
    Event,
    Item,
    RunId,
)
from cypher_executor.core.recipe import Digest
from cypher_executor.engine.admission import recipe_of
from cypher_executor.engine.cache import Cache
from cypher_executor.engine.lanes import Lanes
from cypher_executor.engine.live import Live
from cypher_executor.engine.room import LONG_US, LOST_US, STEADINESS, Room
from cypher_executor.errors import Failure
from cypher_executor.ports import Clock, Dispatcher, Inbox

_log = logging.getLogger(__name__)

Executed = AttemptSucceeded | AttemptFailed | AttemptLost | CallRequested
"""How an execution may be answered."""

AT_ONCE = 500
"""How many executions are handed over, or answered from the cache, before others use the event loop again."""

_Step = tuple[RunId, str, Item]
_Waiting = tuple[Live, Execute, bool]


@dataclass(frozen=True, slots=True)
class _Handed:
    """What the dispatcher has: which attempt of a step, of which module, and what it is thought to take."""

    attempt: int
    module: Digest
    expected_us: int
    long: bool


class FairQueue:
    """Hands executions to `dispatcher`. What is answered here, `inbox` hears of."""

    def __init__(self, dispatcher: Dispatcher, cache: Cache, clock: Clock, inbox: Inbox, room: Room) -> None:
        self._dispatcher = dispatcher
        self._cache = cache
        self._clock = clock
        self._inbox = inbox
        self._room = room
        self._waiting: Lanes[_Waiting] = Lanes()
        self._waiting_long: Lanes[_Waiting] = Lanes()
        self._of: dict[RunId, dict[tuple[str, Item], Live]] = {}
        """The steps of each run that wait here."""
        self._aside: dict[RunId, dict[tuple[str, Item], tuple[Live, Execute]]] = {}
        """What had its turn while its run was paused."""
        self._handed: dict[_Step, _Handed] = {}
        self._handed_long = 0

    @property
    def waiting(self) -> int:
        """How many executions wait for room, or for their paused run to go on."""
        return len(self._waiting) + len(self._waiting_long) + sum(map(len, self._aside.values()))

    @property
    def handed(self) -> int:
        """How many executions the dispatcher has been given and has not answered."""
        return len(self._handed)

    def put(self, live: Live, execute: Execute) -> None:
        """Let this be executed when its turn comes."""
        key = (execute.node, execute.item)
        self._line_of(execute).put(_names(live), key, (live, execute, live.run.held))
        self._of.setdefault(live.id, {})[key] = live

    def hand_out(self) -> None:
        """Hand over as much as there is room for."""
        for long, line in ((False, self._waiting), (True, self._waiting_long)):
            if line:
                self._hand_out_of(line, long)

    def _hand_out_of(self, line: Lanes[_Waiting], long: bool) -> None:
        batch: list[tuple[RunId, Execute]] = []
        for _ in range(AT_ONCE):
            taken = self._next(line, long) if self._has_place(long) else None
            if taken is None:
                break
            live, execute = taken
            if not self._cache.answers(live, execute):
                self._note((live.id, execute.node, execute.item), execute, long)
                batch.append((live.id, execute))
        if batch:
            self._hand_over(batch, long)

    def _has_place(self, long: bool) -> bool:
        if long:
            return self._room.has_long_place(self._handed_long)
        return self._room.has_place(len(self._handed) - self._handed_long)

    def _line_of(self, execute: Execute) -> Lanes[_Waiting]:
        return self._waiting_long if self._room.is_long(execute.digest) else self._waiting

    def _next(self, line: Lanes[_Waiting], long: bool) -> tuple[Live, Execute] | None:
        """Whose turn it is. Nothing begins in a run that was paused meanwhile: that is put aside until it goes on.

        What was asked for while the run was paused already had begun before a restart, and so goes on. What turned out
        to take long while it waited waits on among its kind.
        """
        while (taken := line.take()) is not None:
            live, execute, had_begun = taken
            key = (execute.node, execute.item)
            if not long and self._room.is_long(execute.digest):
                self._waiting_long.put(_names(live), key, taken)
                continue
            self._waits_no_more(live.id, key)
            if had_begun or not live.run.held:
                return live, execute
            self._aside.setdefault(live.id, {})[key] = (live, execute)
        return None

    def moved(self, live: Live) -> None:
        """A run has taken in an event: if it goes on after a pause, what was put aside waits for its turn again."""
        if live.id in self._aside and not live.run.held:
            for _, execute in self._aside.pop(live.id).values():
                self.put(live, execute)

    def answered(self, run: RunId, event: Executed) -> None:
        """The dispatcher has answered an execution."""
        key = (run, event.node, event.item)
        handed = self._handed.get(key)
        if handed is not None and handed.attempt == event.attempt:
            self._give_back(key)
            took_us = LOST_US if isinstance(event, AttemptLost) else event.at_us - event.started_us
            self._room.learn(handed.module, took_us)
            self._cache.answered(run, event)

    def found_long(self, run: RunId, execute: Execute) -> None:
        """An execution turned out to take long: it has its place among its kind, and the others theirs back.

        That is not known of it at its end only, so the rest of its module waits among their kind from now on.
        """
        step = (run, execute.node, execute.item)
        handed = self._handed.get(step)
        if handed is not None and handed.attempt == execute.attempt and not handed.long:
            self._note(step, execute, long=True)
            self._room.learn(execute.digest, LONG_US * STEADINESS)

    def interrupt(self, run: RunId, command: Interrupt) -> None:
        """The execution of this step is not wanted any more, wherever it is."""
        key = (command.node, command.item)
        live = self._waits_no_more(run, key)
        if live is not None:
            self._remove(live, key)
        self._aside.get(run, {}).pop(key, None)
        self._give_back((run, *key))
        self._cache.forget_step(run, *key)
        self._dispatcher.interrupt(run, command.node, command.item)

    def ended(self, run: RunId) -> None:
        """Nothing that waits for this run is wanted any more."""
        for key, live in self._of.pop(run, {}).items():
            self._remove(live, key)
        self._aside.pop(run, None)
        self._cache.ended(run)

    def forget(self) -> None:
        """Nothing is wanted any more: it will be asked for again."""
        self._waiting.clear()
        self._waiting_long.clear()
        self._handed_long = 0
        self._of.clear()
        self._aside.clear()
        self._handed.clear()
        self._room.clear()
        self._cache.forget_asked()

    def _note(self, step: _Step, execute: Execute, long: bool) -> None:
        """This is with the dispatcher now."""
        self._give_back(step)
        expected_us = 0 if long else self._room.take(execute.digest)
        self._handed[step] = _Handed(execute.attempt, execute.digest, expected_us, long)
        self._handed_long += long

    def _give_back(self, step: _Step) -> None:
        """It is not any more."""
        handed = self._handed.pop(step, None)
        if handed is not None:
            self._room.give_back(handed.expected_us)
            self._handed_long -= handed.long

    def _waits_no_more(self, run: RunId, key: tuple[str, Item]) -> Live | None:
        steps = self._of.get(run)
        if steps is None:
            return None
        live = steps.pop(key, None)
        if not steps:
            del self._of[run]
        return live

    def _remove(self, live: Live, key: tuple[str, Item]) -> None:
        """This does not wait any more, in whichever line it was."""
        for line in (self._waiting, self._waiting_long):
            line.remove(_names(live), key)

    def _hand_over(self, batch: Sequence[tuple[RunId, Execute]], long: bool) -> None:
        try:
            self._dispatcher.run_many(batch, long=long)
        except Exception:
            _log.exception("a batch of %d executions could not be handed over", len(batch))
            self._inbox([(run, self._undeliverable(execute)) for run, execute in batch])

    def _undeliverable(self, execute: Execute) -> Event:
        now_us = self._clock.now_us()
        failure = Failure("internal_error", "the step could not be handed to a worker; the log has the details")
        return AttemptFailed(
            at_us=now_us,
            node=execute.node,
            item=execute.item,
            attempt=execute.attempt,
            failure=failure,
            started_us=now_us,
        )


def _names(live: Live) -> tuple[str, str, RunId]:
    return (*recipe_of(live.started), live.id)
