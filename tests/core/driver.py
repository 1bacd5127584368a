"""A run with its world played by the test: the test says what happens, in which order, and what time it is.

The driver keeps the journal, as the engine does, and checks at every event what must hold at every event (`laws.py`).
`seconds` and `ms` are time on the virtual clock, which moves only when a test moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cypher_executor.core.commands import (
    AwaitCallback,
    Command,
    Conclude,
    Execute,
    Perform,
    StartChild,
    StartTimer,
    WatchRuns,
)
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallAnswered,
    CallbackChecked,
    CallbackReceived,
    CallRequested,
    CancelRequested,
    ChildEnded,
    ChildPaused,
    ChildStarted,
    Event,
    Item,
    PauseRequested,
    ResumeRequested,
    RunEnded,
    RunId,
    RunReopened,
    RunStarted,
    RunState,
    TimerFired,
    WatchedEnded,
)
from cypher_executor.core.orchestration import ENGINE_PARTS
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step
from cypher_executor.errors import Failure
from tests.core.laws import Ledger, check_replays

C = TypeVar("C", Execute, Perform, StartChild, WatchRuns, AwaitCallback)

BEGIN_US = 1_700_000_000_000_000


def started(recipe: Recipe, given: Value = None, at_us: int = BEGIN_US, **more: Any) -> RunStarted:
    """The first event of a run of `recipe`. Every part that the recipe uses is known, unless `parts` says otherwise."""
    parts = {name: Digest(f"sha256:{name}") for name in recipe.parts if name not in ENGINE_PARTS}
    known = {"parts": parts, "name": recipe.name, "version": None, "trigger": {"kind": "api"}, **more}
    return RunStarted(at_us=at_us, run=RunId("run_1"), recipe=recipe.digest, input=given, **known)


def parse_step(name: str) -> tuple[str, Item]:
    """The key of a step from its name as tests write it: `node`, `node[2]`, `node[2.0]`."""
    node, _, item = name.removesuffix("]").partition("[")
    return node, tuple(map(int, item.split("."))) if item else ()


def step_name(node: str, item: Item) -> str:
    """The name of a step as tests write it."""
    return f"{node}[{'.'.join(map(str, item))}]" if item else node


def states_of(run: Run) -> dict[str, RunState]:
    """The state of every step that has come into being."""
    return {step_name(*key): step.state for key, step in run.steps.items()}


class Driver:
    """Drives one run. `commands` are those of the newest event."""

    def __init__(self, recipe: Recipe, given: Value = None, **more: Any) -> None:
        self.now_us = BEGIN_US
        self.journal: list[Event] = []
        self.ledger = Ledger(Run(recipe))
        self.commands: list[Command] = []
        self.apply(started(recipe, given, **more))

    def apply(self, event: Event) -> list[Command]:
        """Journal an event and let the run take it in."""
        self.journal.append(event)
        self.commands = self.ledger.apply(event)
        return self.commands

    @property
    def run(self) -> Run:
        """The run as it is now; one that was reopened is another object."""
        return self.ledger.run

    # --- what the run looks like --------------------------------------------------------------------------------------

    def step(self, name: str) -> Step:
        """The step of a node; that of a loop's item is written `node[2]`, or `node[2.0]` in a loop in a loop."""
        return self.run.steps[parse_step(name)]

    def state(self, name: str) -> RunState:
        """The state of a node's step."""
        return self.step(name).state

    def states(self) -> dict[str, RunState]:
        """The state of every step."""
        return states_of(self.run)

    def working(self) -> set[str]:
        """The steps whose parts are being executed."""
        return {step_name(c.node, c.item) for c in self.run.outstanding if isinstance(c, Execute)}

    def execute(self, name: str) -> Execute:
        """The execution of a node's part that is going on."""
        return self._asked(name, Execute)

    def perform(self, name: str) -> Perform:
        """The call of a node's part that is going on."""
        return self._asked(name, Perform)

    def start_child(self, name: str) -> StartChild:
        """The run that a node has asked for."""
        return self._asked(name, StartChild)

    def watch(self, name: str) -> WatchRuns:
        """The runs that a node watches."""
        return self._asked(name, WatchRuns)

    def wait(self, name: str) -> AwaitCallback:
        """The callback that a node waits for."""
        return self._asked(name, AwaitCallback)

    def timer(self, name: str = "") -> StartTimer:
        """The timer that a node, or the run, has going."""
        wanted = parse_step(name)
        (found,) = (c for c in self.run.outstanding if isinstance(c, StartTimer) and (c.node, c.item) == wanted)
        return found

    @property
    def end(self) -> Conclude:
        """How the run is to end."""
        (found,) = (c for c in self.run.outstanding if isinstance(c, Conclude))
        return found

    def _about(
        self, asked: Execute | Perform | StartTimer | StartChild | WatchRuns | AwaitCallback | Step
    ) -> dict[str, Any]:
        """What every answer says: when, and to whom."""
        node = asked.name if isinstance(asked, Step) else asked.node
        return {"at_us": self.now_us, "node": node, "item": asked.item, "attempt": asked.attempt}

    def _asked(self, name: str, kind: type[C]) -> C:
        wanted = parse_step(name)
        (found,) = (c for c in self.run.outstanding if isinstance(c, kind) and (c.node, c.item) == wanted)
        return found

    # --- what happens -------------------------------------------------------------------------------------------------

    def later(self, seconds: float) -> None:
        """Let time pass without anything happening."""
        self.now_us += round(seconds * 1_000_000)

    def succeed(self, *names: str, output: Value = None) -> None:
        """The parts of these nodes give an output (by default, their node's name under `from`), in this order."""
        for name in names:
            given = {"from": name} if output is None else output
            self.apply(AttemptSucceeded(**self._about(self.execute(name)), output=given, started_us=self.now_us))

    def fail(self, *names: str, code: str = "part:broken", **more: Any) -> None:
        """The parts of these nodes fail (or the children that they ask for cannot be started)."""
        for name in names:
            failure = Failure(code, "it broke", **more)
            self.apply(AttemptFailed(**self._about(self.step(name)), failure=failure, started_us=self.now_us))

    def lose(self, name: str) -> None:
        """The worker that runs this node's part goes down."""
        self.apply(AttemptLost(**self._about(self.execute(name))))

    def call(self, name: str, request: Mapping[str, Value], began_ago_ms: int = 0) -> None:
        """The part stops at a call that is not on its tape."""
        asked = self.execute(name)
        began_us = self.now_us - began_ago_ms * 1000
        about = self._about(asked)
        self.apply(CallRequested(**about, number=len(asked.tape), request=request, started_us=began_us))

    def answer(self, name: str, answer: Mapping[str, Value]) -> None:
        """The call was carried out."""
        call = self.perform(name)
        self.apply(CallAnswered(**self._about(call), number=call.number, answer=answer))

    def fire(self, name: str = "") -> None:
        """The clock moves to where the timer is due (it may have passed that already), and the timer fires."""
        timer = self.timer(name)
        self.now_us = max(self.now_us, timer.due_us)
        self.apply(TimerFired(**self._about(timer)))

    def child_started(self, name: str, child: str = "run_2") -> None:
        """The run that the node asked for is accepted."""
        asked = self.start_child(name)
        self.apply(ChildStarted(**self._about(asked), child=RunId(child), workflow=asked.workflow))

    def child_ended(self, name: str, state: RunState, result: Value = None, failure: Failure | None = None) -> None:
        """The run that the node waits for ends."""
        child = self.step(name).child
        assert child is not None
        about = self._about(self.start_child(name))
        self.apply(ChildEnded(**about, child=child, state=state, result=result, failure=failure))

    def child_paused(self, name: str) -> None:
        """The run that the node waits for waits for somebody itself."""
        child = self.step(name).child
        assert child is not None
        self.apply(ChildPaused(**self._about(self.start_child(name)), child=child))

    def watched(self, name: str, run: str, state: RunState = "succeeded", **more: Any) -> None:
        """One of the runs that a node watches has ended. `more` is what it says of it besides."""
        says = {"workflow": "other", "result": {"of": run}, "duration_ms": 5, **more}
        self.apply(WatchedEnded(**self._about(self.step(name)), run=RunId(run), state=state, **says))

    def call_back(self, name: str, body: Value = None, *, turn: int = 1, number: int = 0) -> None:
        """Somebody calls the address of a wait of the node, which may not have begun."""
        node, item = parse_step(name)
        self.apply(
            CallbackReceived(at_us=self.now_us, node=node, item=item, turn=turn, number=number, body=body),
        )

    def check_callback(self, name: str, problem: str | None = None) -> None:
        """The callback that had come before the wait is held against the schema."""
        self.apply(CallbackChecked(**self._about(self.wait(name)), problem=problem))

    def pause(self, reason: str = "") -> None:
        """Somebody asks that nothing more begins."""
        self.apply(PauseRequested(at_us=self.now_us, reason=reason))

    def resume(self) -> None:
        """Somebody asks that the run goes on."""
        self.apply(ResumeRequested(at_us=self.now_us))

    def reopen(self, reason: str = "") -> None:
        """Somebody wants a run that has ended badly to go on."""
        self.apply(RunReopened(at_us=self.now_us, reason=reason))

    def check_replays(self) -> None:
        """Every prefix of the journal gives the run as it was at that point."""
        check_replays(self.run.recipe, self.ledger.seen)

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
