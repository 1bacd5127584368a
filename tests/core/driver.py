"""A run with its world played by the test: the test says what happens, in which order, and what time it is.

The driver keeps the journal, as the engine does, and checks at every event what must hold at every event (`laws.py`).
`seconds` and `ms` are time on the virtual clock, which moves only when a test moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cypher_executor.core.commands import Command, Conclude, Execute, Perform, StartChild, StartTimer
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallAnswered,
    CallRequested,
    CancelRequested,
    ChildEnded,
    ChildStarted,
    Event,
    RunEnded,
    RunId,
    RunStarted,
    RunState,
    TimerFired,
)
from cypher_executor.core.orchestration import ENGINE_PARTS
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step
from cypher_executor.errors import Failure
from tests.core.laws import Ledger

C = TypeVar("C", Execute, Perform, StartChild)

BEGIN_US = 1_700_000_000_000_000


def started(recipe: Recipe, given: Value = None, at_us: int = BEGIN_US, **more: Any) -> RunStarted:
    """The first event of a run of `recipe`. Every part that the recipe uses is known, unless `parts` says otherwise."""
    parts = {name: Digest(f"sha256:{name}") for name in recipe.parts if name not in ENGINE_PARTS}
    known = {"parts": parts, "name": recipe.name, "version": None, "trigger": {"kind": "api"}, **more}
    return RunStarted(at_us=at_us, run=RunId("run_1"), recipe=recipe.digest, input=given, **known)


class Driver:
    """Drives one run. `commands` are those of the newest event."""

    def __init__(self, recipe: Recipe, given: Value = None, **more: Any) -> None:
        self.run = Run(recipe)
        self.now_us = BEGIN_US
        self.journal: list[Event] = []
        self.ledger = Ledger(self.run)
        self.commands: list[Command] = []
        self.apply(started(recipe, given, **more))

    def apply(self, event: Event) -> list[Command]:
        """Journal an event and let the run take it in."""
        self.journal.append(event)
        self.commands = self.ledger.apply(event)
        return self.commands

    # --- what the run looks like --------------------------------------------------------------------------------------

    def step(self, name: str) -> Step:
        """The step of a node."""
        return self.run.steps[name]

    def state(self, name: str) -> RunState:
        """The state of a node's step."""
        return self.step(name).state

    def states(self) -> dict[str, RunState]:
        """The state of every step."""
        return {name: step.state for name, step in self.run.steps.items()}

    def working(self) -> set[str]:
        """The nodes whose parts are being executed."""
        return {c.node for c in self.run.outstanding if isinstance(c, Execute)}

    def execute(self, name: str) -> Execute:
        """The execution of a node's part that is going on."""
        return self._asked(name, Execute)

    def perform(self, name: str) -> Perform:
        """The call of a node's part that is going on."""
        return self._asked(name, Perform)

    def start_child(self, name: str) -> StartChild:
        """The run that a node has asked for."""
        return self._asked(name, StartChild)

    def timer(self, name: str = "") -> StartTimer:
        """The timer that a node, or the run, has going."""
        (found,) = (c for c in self.run.outstanding if isinstance(c, StartTimer) and c.node == name)
        return found

    @property
    def end(self) -> Conclude:
        """How the run is to end."""
        (found,) = (c for c in self.run.outstanding if isinstance(c, Conclude))
        return found

    def _asked(self, name: str, kind: type[C]) -> C:
        (found,) = (c for c in self.run.outstanding if isinstance(c, kind) and c.node == name)
        return found

    # --- what happens -------------------------------------------------------------------------------------------------

    def later(self, seconds: float) -> None:
        """Let time pass without anything happening."""
        self.now_us += round(seconds * 1_000_000)

    def succeed(self, *names: str, output: Value = None) -> None:
        """The parts of these nodes give an output (by default, their node's name under `from`), in this order."""
        for name in names:
            given = {"from": name} if output is None else output
            now, attempt = self.now_us, self.execute(name).attempt
            self.apply(AttemptSucceeded(at_us=now, node=name, attempt=attempt, output=given, started_us=now))

    def fail(self, *names: str, code: str = "part:broken", **more: Any) -> None:
        """The parts of these nodes fail (or the children that they ask for cannot be started)."""
        for name in names:
            failure, now, attempt = Failure(code, "it broke", **more), self.now_us, self.step(name).attempt
            self.apply(AttemptFailed(at_us=now, node=name, attempt=attempt, failure=failure, started_us=now))

    def lose(self, name: str) -> None:
        """The worker that runs this node's part goes down."""
        self.apply(AttemptLost(at_us=self.now_us, node=name, attempt=self.execute(name).attempt))

    def call(self, name: str, request: Mapping[str, Value], began_ago_ms: int = 0) -> None:
        """The part stops at a call that is not on its tape."""
        asked = self.execute(name)
        began_us = self.now_us - began_ago_ms * 1000
        self.apply(
            CallRequested(
                at_us=self.now_us,
                node=name,
                attempt=asked.attempt,
                number=len(asked.tape),
                request=request,
                started_us=began_us,
            )
        )

    def answer(self, name: str, answer: Mapping[str, Value]) -> None:
        """The call was carried out."""
        call = self.perform(name)
        self.apply(CallAnswered(at_us=self.now_us, node=name, attempt=call.attempt, number=call.number, answer=answer))

    def fire(self, name: str = "") -> None:
        """The clock moves to where the timer is due (it may have passed that already), and the timer fires."""
        timer = self.timer(name)
        self.now_us = max(self.now_us, timer.due_us)
        self.apply(TimerFired(at_us=self.now_us, node=name, attempt=timer.attempt))

    def child_started(self, name: str, child: str = "run_2") -> None:
        """The run that the node asked for is accepted."""
        asked = self.start_child(name)
        self.apply(
            ChildStarted(
                at_us=self.now_us, node=name, attempt=asked.attempt, child=RunId(child), workflow=asked.workflow
            )
        )

    def child_ended(self, name: str, state: RunState, result: Value = None, failure: Failure | None = None) -> None:
        """The run that the node waits for ends."""
        asked, child = self.start_child(name), self.step(name).child
        assert child is not None
        self.apply(
            ChildEnded(
                at_us=self.now_us,
                node=name,
                attempt=asked.attempt,
                child=child,
                state=state,
                result=result,
                failure=failure,
            )
        )

    def cancel(self, reason: str = "") -> None:
        """Somebody asks for the end of the run."""
        self.apply(CancelRequested(at_us=self.now_us, reason=reason))

    def conclude(self) -> RunEnded:
        """The end that the run asked for is recorded. From here on the run must not move any more."""
        end = self.end
        self.apply(RunEnded(at_us=self.now_us, state=end.state, result=end.result, failure=end.failure))
        assert self.run.ended is not None
        self.ledger.check_end()
        return self.run.ended
