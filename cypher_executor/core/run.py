"""The run machine: `Run(recipe).apply(event) -> commands`. Nothing else changes a run: no clock, no chance, no I/O.
Time and ids come in with events; jitter and `uuid()` come from the run's id.

How it works. A run is a table of steps. An event from outside ends, delays or advances one step (`attempts.py`,
`waits.py`); what follows from that happens at once (`machine.py`, `loops.py`); then the commands that came up are
returned. Whatever can be worked out - skips, joins, nodes without a part, expressions that fail - happens inside of
`apply` and is never journaled. This file is the door: what comes in from outside, and what others may ask.

Starting is recovering from a journal of one event. To recover, apply the events of the journal and carry out what is
still `outstanding`. An event that nobody waits for changes nothing, so duplicates and late answers are harmless. A run
that begins with results of another one (`origin.py`) has them in its first event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from cypher_executor.core.callbacks import Wait, token_of
from cypher_executor.core.commands import AwaitCallback, Command, StartTimer
from cypher_executor.core.events import (
    CallbackReceived,
    CancelRequested,
    Event,
    Item,
    PauseRequested,
    ResumeRequested,
    RunEnded,
    RunReopened,
    RunStarted,
    RunState,
    TimerFired,
)
from cypher_executor.core.machine import Held, Machine
from cypher_executor.core.origin import Wanted
from cypher_executor.core.recipe import Beginning, Recipe, Value
from cypher_executor.core.routing import Fired, Settled
from cypher_executor.core.step import Step
from cypher_executor.core.table import Table
from cypher_executor.core.values import WaitKey
from cypher_executor.errors import Failure

Mint = Callable[[Wait], str]


class Run:
    """One execution of a recipe. `version` is the number of events that were applied."""

    def __init__(
        self, recipe: Recipe, mint: Mint | None = None, again: Mapping[tuple[str, Item], int] | None = None
    ) -> None:
        """`mint` makes the tokens of waits: always the same for the same wait. `again` says for steps how many of their
        failures do not count, because the run was reopened.
        """
        self.recipe = recipe
        self.version = 0
        self.unheard: frozenset[int] = frozenset()
        """The numbers of the events that nobody waited for when they came. An engine journals none."""
        self.broken = False
        """An event of this run could not be applied: it is to be ended, and nothing else."""
        self.ended: RunEnded | None = None
        self.mint = mint or partial(token_of, b"")
        self._machine = Machine(recipe, self.mint, again or {})
        self._given, self._table = self._machine.given, self._machine.table
        self._outstanding, self._attempts = self._machine.outstanding, self._machine.attempts

    # --- what others may ask ------------------------------------------------------------------------------------------

    @property
    def started(self) -> RunStarted | None:
        """The first event."""
        return self._given.first

    @property
    def again(self) -> Mapping[tuple[str, Item], int]:
        """How many of the failures of each step do not count, because the run was reopened."""
        return self._machine.again

    @again.setter
    def again(self, again: Mapping[tuple[str, Item], int]) -> None:
        self._machine.again = again

    @property
    def steps(self) -> Mapping[tuple[str, Item], Step]:
        """The steps by the name of their node and their item. A node in a loop has one for each item that has begun."""
        return self._table.steps

    @property
    def table(self) -> Table:
        """All steps, loops and passes, to be looked at."""
        return self._table

    def steps_in_order(self) -> Iterator[Step]:
        """All steps in the order of the graph, and in loops of the items, those that a loop skipped included."""
        return self._table.in_order()

    def steps_going_on(self) -> Iterator[Step]:
        """The steps that have begun and not ended. One that stands for a whole loop is not among them."""
        return self._table.going_on(self._machine.whole)

    @property
    def outstanding(self) -> tuple[Command, ...]:
        """The commands that have not been answered yet, in the order in which they came up."""
        return self._outstanding.all

    @property
    def withheld(self) -> Sequence[Command]:
        """The commands that a pause keeps back."""
        return self._outstanding.withheld

    @property
    def state(self) -> RunState:
        """The state of the run as a whole: `waiting` or `retrying` only when nothing of it is running."""
        if self.ended is not None:
            return self.ended.state
        if self.started is None:
            return "pending"
        states = {step.state for step in self.steps_going_on()}
        return next((state for state in _OPEN_STATES if state in states), "waiting" if self.held else "running")

    @property
    def held(self) -> bool:
        """Whether somebody paused it, so that nothing more begins."""
        return self.ended is None and self._outstanding.withholding

    @property
    def paused(self) -> bool:
        """Whether it can go on only when somebody outside wants it to. Timers and children are no pauses."""
        if self.started is None or self.ended is not None:
            return False
        waits = {(wait.node, wait.item) for wait in self.waits}
        if not waits and not self.held:
            return False
        return all((s.name, s.item) in waits or self._outstanding.withholds(s) for s in self.steps_going_on())

    @property
    def waits(self) -> list[AwaitCallback]:
        """The waits for a callback that are going on."""
        return [command for command in self._outstanding.all if isinstance(command, AwaitCallback)]

    @property
    def callbacks(self) -> Mapping[WaitKey, CallbackReceived]:
        """The callbacks that have come and fitted, those that are kept for a wait which has not begun included."""
        return self._given.callbacks

    def schema_of(self, wait: Wait) -> Value:
        """What the call of a wait has to fit, begun or not; None when that is anything, or not known yet."""
        key = wait.node, wait.item, wait.turn, wait.number
        begun = next((one for one in self.waits if (one.node, one.item, one.turn, one.number) == key), None)
        return self._machine.values.schema_ahead(wait.node) if begun is None else begun.schema

    def awaits(self, event: Event) -> bool:
        """Whether applying this event would change anything."""
        if isinstance(event, RunStarted):
            return self.started is None
        if self.started is None or self.ended is not None:
            return False
        if isinstance(event, RunEnded):
            return True
        if self.broken:
            return False
        if isinstance(event, CancelRequested):
            return self._machine.whole.open > 0 and not (self._machine.closing and self._machine.closing.forced)
        match event:
            case PauseRequested() | ResumeRequested():
                return self.held is isinstance(event, ResumeRequested) and not self._outstanding.concluding
            case RunReopened():
                return False  # Its place is in `replay.py`: it changes what the past has come to.
            case TimerFired():
                return self._attempts.awaits_timer(event)
            case CallbackReceived():
                return self._awaits_callback(event)
            case _:
                step = self.steps.get((event.node, event.item))
                return step is not None and self._attempts.awaits(step, event)

    def _awaits_callback(self, event: CallbackReceived) -> bool:
        if (event.node, event.item, event.turn, event.number) in self._given.callbacks:
            return False
        step = self.steps.get((event.node, event.item))
        if step is None:
            return event.node in self.recipe.nodes and self._machine.whole.open > 0
        return self._attempts.awaits_callback(step, event)

    def apply(self, event: Event) -> list[Command]:
        """Take in one fact; give what is to be done because of it.

        The time of a run never goes back, though clocks do. What came up and was given up again in the same moment, as
        `fail_fast` may have it, is not asked for at all.
        """
        expected = self.awaits(event)
        self.version += 1
        if not expected:
            self.unheard |= {self.version}
            return []
        self._given.now_us = max(self._given.now_us, event.at_us)
        self._take_in(event)
        self._machine.move()
        return self._outstanding.take_new()

    # --- the run ------------------------------------------------------------------------------------------------------

    def _take_in(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin_run(event)
            case RunEnded():
                self.ended = event
                self._machine.close_down()
            case CancelRequested():
                self._machine.close(
                    "cancelled", Failure("cancelled", event.reason or "the run was cancelled"), again=True
                )
            case TimerFired(node=""):
                self._outstanding.drop_timer()
                self._machine.close(
                    "failed", Failure("timeout", f"the run took longer than {self.recipe.timeout_ms} ms")
                )
            case PauseRequested():
                self._hold()
            case ResumeRequested():
                self._release()
            case CallbackReceived():
                self._call_back(event)
            case _:
                assert not isinstance(event, RunReopened), "a run is reopened by replaying it"
                step = self.steps[event.node, event.item]
                self._machine.conclude(step, self._attempts.take_in(step, event))

    def _call_back(self, event: CallbackReceived) -> None:
        self._given.callbacks[event.node, event.item, event.turn, event.number] = event
        step = self.steps.get((event.node, event.item))
        if step is not None:
            self._machine.conclude(step, self._attempts.call_back(step, event))

    def _begin_run(self, event: RunStarted) -> None:
        self._given.first = event
        self._given.wanted = Wanted(self.recipe, event.origin)
        self._table.begin_pass(self._table.regions.root, ())
        self._start_timer()
        beginning = self.recipe.begun_by(event.trigger)
        taken = self._taken_by_trigger(beginning, event.trigger)
        for name in beginning.at:
            self._begin_at(self.steps[name, ()], taken)
        for name in beginning.skipped:
            self._machine.end(self.steps[name, ()], "skipped")

    def _start_timer(self) -> None:
        if self.recipe.timeout_ms is not None:
            due_us = self._given.now_us + self.recipe.timeout_ms * 1000
            self._outstanding.ask(StartTimer(node="", attempt=0, due_us=due_us))

    def _taken_by_trigger(self, beginning: Beginning, trigger: Value) -> dict[str, list[Settled]]:
        """What became of the `STARTS` of the trigger that began this run, by target."""
        ways = sorted((way for ways in beginning.at.values() for way in ways), key=lambda way: way.index)
        settled: dict[str, list[Settled]] = {}
        for one in self._machine.settled(Fired(trigger), ways, self._machine.whole, cleaning=False):
            settled.setdefault(one.relationship.target, []).append(one)
        return settled

    def _begin_at(self, step: Step, taken: Mapping[str, list[Settled]]) -> None:
        """Begin where the run begins, unless the conditions of all `STARTS` that lead there say otherwise."""
        ways = taken.get(step.name)
        if ways is None or any(way.taken for way in ways):
            self._machine.begin(step)
            return
        failure = next((way.failure for way in ways if way.failure is not None), None)
        if failure is not None:
            step.started_us = self._given.now_us
            self._machine.fail(step, failure)
        elif not self.recipe.entering[step.name]:
            self._machine.end(step, "skipped")

    # --- a run is paused, goes on, and is reopened (`replay.py`) ------------------------------------------------------

    def _hold(self) -> None:
        """Begin nothing more: work is not asked for until the run goes on, and the time of the run stands still."""
        self._outstanding.withholding = True
        self._machine.held = Held(self._given.now_us, self._outstanding.drop_timer())

    def _release(self) -> None:
        """Ask for everything that was held up, as if it began now."""
        held, self._machine.held = self._machine.held, None
        if held is not None and held.timer is not None:
            due_us = held.timer.due_us + self._given.now_us - held.since_us
            self._outstanding.ask(replace(held.timer, due_us=due_us))
        for command in self._outstanding.release():
            step = self.steps[command.node, command.item]
            self._machine.conclude(step, self._attempts.release(step, command))

    def reopen(self, event: RunReopened) -> None:
        """Go on from a past that did not end. What has not been answered begins anew, and is outstanding then."""
        self.version += 1
        self._given.now_us = max(self._given.now_us, event.at_us)
        self._outstanding.release()
        self._machine.held = None
        for step in list(self._table.going_on(self._machine.whole)):
            self._machine.conclude(step, self._attempts.renew(step))
        if self._machine.whole.open > 0 and self._machine.closing is None:
            self._start_timer()
        self._machine.move()
        self._outstanding.take_new()


_OPEN_STATES: tuple[RunState, ...] = ("running", "retrying", "waiting")
