"""The run machine: `Run(recipe).apply(event) -> commands`. Every transition of a run is in this file, or, as far as it
is inside of one step, in `attempts.py` and `waits.py`; and nothing else changes a run: no clock, no chance, no I/O.
Time and ids come in with events; jitter and `uuid()` come from the run's id.

How it works. A run is a table of steps. An event from outside ends, delays or advances one step. When a step ends, its
outgoing relationships are *settled*: each is taken or not (`routing.settle`). A step whose incoming relationships allow
it to decide (`routing.decide`) begins or is skipped, and a skipped step settles its own relationships in turn. All
that happens at once, in a queue and not in recursion, until nothing can move; then the commands that came up are
returned. Whatever can be worked out - skips, joins, nodes without a part, expressions that fail - happens inside
`apply` and is never journaled.

A loop is entered when its `FOR_EACH` is settled, or when a node with `for_each` begins. Its items begin in order, as
many at a time as its concurrency allows; each is a *pass* through the loop's body with steps of its own (`table.py`).
When all have ended, its `COLLECT` relationships are settled. A failure that nothing in its pass handles goes to the
loops around, from the innermost outwards: one of them collects it, or all of them stop and the run has failed.

A run *closes* when it is cancelled, runs out of time, or fails with `fail_fast`: what is going on is cancelled, what
has not begun is skipped, except what `ON_COMPLETE` leads to, so that cleaning up runs. A loop that stops does the same
in its items. Whoever cancels a run that closes already stops the cleaning up, too. A run ends when every step has
ended: it asks to `Conclude`, and the `RunEnded` that answers is its last event.

Starting is recovering from a journal of one event. To recover, apply the events of the journal and carry out what is
still `outstanding`. An event that nobody waits for changes nothing, so duplicates and late answers are harmless.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from cypher_executor.core.attempts import Attempts
from cypher_executor.core.callbacks import Wait, token_of
from cypher_executor.core.commands import AwaitCallback, Command, Conclude, StartTimer
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
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.recipe import Beginning, Expression, Recipe, Relationship, Value
from cypher_executor.core.regions import Region
from cypher_executor.core.routing import HANDLERS, EndedLoop, Fired, Settled, decide, settle
from cypher_executor.core.step import Outcome, Output, Step
from cypher_executor.core.table import LoopState, Pass, Table
from cypher_executor.core.values import Given, Values, WaitKey
from cypher_executor.errors import ExpressionError, Failure

Mint = Callable[[Wait], str]


@dataclass(frozen=True, slots=True)
class _Closing:
    """The end that a closing run is on its way to. `forced`: nothing more begins, not even cleaning up."""

    state: RunState
    failure: Failure
    forced: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """Since when a run is paused, and the timer of the run that was stopped."""

    since_us: int
    timer: StartTimer | None


class Run:
    """One execution of a recipe. `version` is the number of events that were applied."""

    def __init__(
        self, recipe: Recipe, mint: Mint | None = None, again: Mapping[tuple[str, Item], int] | None = None
    ) -> None:
        """`mint` makes the tokens of waits: always the same for the same wait. `again` says for steps how many of their
        failures do not count, because the run was reopened.
        """
        self.recipe = recipe
        self.again: Mapping[tuple[str, Item], int] = again or {}
        self.version = 0
        self.unheard: frozenset[int] = frozenset()
        """The numbers of the events that nobody waited for when they came. An engine journals none."""
        self.broken = False
        """An event of this run could not be applied: it is to be ended, and nothing else."""
        self.ended: RunEnded | None = None
        self._given = Given()
        self._table = Table(recipe)
        self._outstanding = Outstanding()
        self.mint = mint or partial(token_of, b"")
        self._values = Values(recipe, self._table, self._given, self.mint)
        self._attempts = Attempts(self._given, self._outstanding, self._values)
        self._closing: _Closing | None = None
        self._held: _Held | None = None
        self._unhandled: Step | None = None
        self._queue: deque[Step | Pass] = deque()
        """The steps that have ended and the passes in which all has ended, until that has had its consequences."""

    # --- what others may ask ------------------------------------------------------------------------------------------

    @property
    def started(self) -> RunStarted | None:
        """The first event."""
        return self._given.first

    @property
    def steps(self) -> Mapping[tuple[str, Item], Step]:
        """The steps by the name of their node and their item. A node in a loop has one for each item that has begun."""
        return self._table.steps

    def steps_in_order(self) -> Iterator[Step]:
        """All steps in the order of the graph, and in loops of the items, those that a loop skipped included."""
        return self._table.in_order()

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
        states = {step.state for step in self._table.going_on(self._whole)}
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
        going_on = self._table.going_on(self._whole)
        return all((s.name, s.item) in waits or self._outstanding.withholds(s) for s in going_on)

    @property
    def waits(self) -> list[AwaitCallback]:
        """The waits for a callback that are going on."""
        return [command for command in self._outstanding.all if isinstance(command, AwaitCallback)]

    @property
    def callbacks(self) -> Mapping[WaitKey, CallbackReceived]:
        """The callbacks that have come and fitted, those that are kept for a wait which has not begun included."""
        return self._given.callbacks

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
            return self._whole.open > 0 and not (self._closing and self._closing.forced)
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
            return event.node in self.recipe.nodes and self._whole.open > 0
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
        self._move()
        return self._outstanding.take_new()

    # --- the run ------------------------------------------------------------------------------------------------------

    def _take_in(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin_run(event)
            case RunEnded():
                self._end_run(event)
            case CancelRequested():
                self._close("cancelled", Failure("cancelled", event.reason or "the run was cancelled"), again=True)
            case TimerFired(node=""):
                self._outstanding.drop_timer()
                self._close("failed", Failure("timeout", f"the run took longer than {self.recipe.timeout_ms} ms"))
            case PauseRequested():
                self._hold()
            case ResumeRequested():
                self._release()
            case CallbackReceived():
                self._call_back(event)
            case _:
                assert not isinstance(event, RunReopened), "a run is reopened by replaying it"
                step = self.steps[event.node, event.item]
                self._conclude_step(step, self._attempts.take_in(step, event))

    def _call_back(self, event: CallbackReceived) -> None:
        self._given.callbacks[event.node, event.item, event.turn, event.number] = event
        step = self.steps.get((event.node, event.item))
        if step is not None:
            self._conclude_step(step, self._attempts.call_back(step, event))

    def _begin_run(self, event: RunStarted) -> None:
        self._given.first = event
        self._table.begin_pass(self._table.regions.root, ())
        self._start_timer()
        beginning = self.recipe.begun_by(event.trigger)
        taken = self._taken_by_trigger(beginning, event.trigger)
        for name in beginning.at:
            self._begin_at(self.steps[name, ()], taken)
        for name in beginning.skipped:
            self._end(self.steps[name, ()], "skipped")

    def _start_timer(self) -> None:
        if self.recipe.timeout_ms is not None:
            due_us = self._given.now_us + self.recipe.timeout_ms * 1000
            self._outstanding.ask(StartTimer(node="", attempt=0, due_us=due_us))

    def _taken_by_trigger(self, beginning: Beginning, trigger: Value) -> dict[str, list[Settled]]:
        """What became of the `STARTS` of the trigger that began this run, by target."""
        ways = sorted((way for ways in beginning.at.values() for way in ways), key=lambda way: way.index)
        settled: dict[str, list[Settled]] = {}
        for one in self._settled(Fired(trigger), ways, self._whole, cleaning=False):
            settled.setdefault(one.relationship.target, []).append(one)
        return settled

    def _begin_at(self, step: Step, taken: Mapping[str, list[Settled]]) -> None:
        """Begin where the run begins, unless the conditions of all `STARTS` that lead there say otherwise."""
        ways = taken.get(step.name)
        if ways is None or any(way.taken for way in ways):
            self._begin(step)
            return
        failure = next((way.failure for way in ways if way.failure is not None), None)
        if failure is not None:
            step.started_us = self._given.now_us
            self._fail(step, failure)
        elif not self.recipe.entering[step.name]:
            self._end(step, "skipped")

    # --- a run is paused, goes on, and is reopened (`replay.py`) ------------------------------------------------------

    def _hold(self) -> None:
        """Begin nothing more: work is not asked for until the run goes on, and the time of the run stands still."""
        self._outstanding.withholding = True
        self._held = _Held(self._given.now_us, self._outstanding.drop_timer())

    def _release(self) -> None:
        """Ask for everything that was held up, as if it began now."""
        held, self._held = self._held, None
        if held is not None and held.timer is not None:
            due_us = held.timer.due_us + self._given.now_us - held.since_us
            self._outstanding.ask(replace(held.timer, due_us=due_us))
        for command in self._outstanding.release():
            step = self.steps[command.node, command.item]
            self._conclude_step(step, self._attempts.release(step, command))

    def reopen(self, event: RunReopened) -> None:
        """Go on from a past that did not end. What has not been answered begins anew, and is outstanding then."""
        self.version += 1
        self._given.now_us = max(self._given.now_us, event.at_us)
        self._outstanding.release()
        self._held = None
        for step in list(self._table.going_on(self._whole)):
            self._conclude_step(step, self._attempts.renew(step))
        if self._whole.open > 0 and self._closing is None:
            self._start_timer()
        self._move()
        self._outstanding.take_new()

    # --- a run closes and ends ----------------------------------------------------------------------------------------

    def _close(self, state: RunState, failure: Failure, *, again: bool = False) -> None:
        """Cancel what is going on. What has not begun finds out by itself, because all of it waits for that.

        A pause is over then, so that cleaning up runs. A run that closes already keeps the end that it is on its way
        to. With `again`, it then stops cleaning up.
        """
        if self._closing is not None and not again:
            return
        self._closing = _Closing(state, failure) if self._closing is None else replace(self._closing, forced=True)
        self._outstanding.drop_timer()
        self._outstanding.release()
        self._held = None
        self._cancel(self._whole)

    def _cancel(self, within: Pass) -> None:
        """Cancel what is going on in a pass, and let none of its loops begin another item."""
        going_on = list(self._table.going_on(within))
        self._table.cancel_loops(within)
        for step in going_on:
            self._outstanding.interrupt(step)
            self._end(step, "cancelled")

    def _end_run(self, event: RunEnded) -> None:
        """The last event. Steps are still open only when the engine ends a run that it cannot follow any more."""
        self.ended = event
        for step in self.steps.values():
            if not step.ended:
                self._end(step, "skipped" if step.started_us is None else "cancelled")
        self._queue.clear()
        self._outstanding.clear()

    def _move(self) -> None:
        """Settle what follows from all that has ended, until nothing moves; then see whether that was all."""
        while self._queue:
            ended = self._queue.popleft()
            self._route(ended) if isinstance(ended, Step) else self._leave(ended)
        if self._whole.open == 0 and self.ended is None and not self._outstanding.concluding:
            self._outstanding.drop_timer()
            self._outstanding.ask(self._conclusion())

    def _conclusion(self) -> Conclude:
        if self._closing is not None:
            return Conclude(state=self._closing.state, failure=self._closing.failure)
        if self._unhandled is not None:
            return Conclude(state="failed", failure=_failure_of_run(self._unhandled))
        try:
            return Conclude(state="succeeded", result=self._values.result())
        except ExpressionError as error:
            return Conclude(state="failed", failure=error.failure())

    # --- a step begins and ends ---------------------------------------------------------------------------------------

    def _begin(self, step: Step) -> None:
        step.started_us = self._given.now_us
        if self._table.is_gate(step):
            self._enter_gate(step)
            return
        try:
            step.input = self._values.input_of(step)
        except ExpressionError as error:
            self._fail(step, error.failure())
            return
        self._conclude_step(step, Output(step.input) if step.node.part is None else self._attempts.begin(step))

    def _conclude_step(self, step: Step, outcome: Outcome) -> None:
        match outcome:
            case Output():
                step.output = outcome.value
                self._end(step, "succeeded")
            case Failure() if step.forgiven < self.again.get((step.name, step.item), 0):
                step.forgiven, step.anew = step.forgiven + 1, True
                self._conclude_step(step, self._attempts.begin_anew(step))
            case Failure():
                self._fail(step, outcome)

    def _fail(self, step: Step, failure: Failure) -> None:
        step.failure = failure
        self._end(step, "failed")

    def _end(self, step: Step, state: RunState) -> None:
        assert not step.ended
        self._outstanding.withdraw(step)
        step.state = state
        step.ended_us = self._given.now_us if step.started_us is not None else None
        if step.attempts:
            step.started_us = step.attempts[0].started_us
            if step.attempts[-1].ended_us is None:
                step.attempts[-1].ended_us = self._given.now_us
        step.tape.clear()  # it may be large, and a loop has many steps
        self._queue.append(step)

    # --- what follows from the end of a step --------------------------------------------------------------------------

    def _route(self, step: Step) -> None:
        """Settle what leaves an ended step, and let the steps behind it decide."""
        within = self._table.pass_of(step)
        staying = () if step.region.gate else self._table.regions.staying[step.name]
        settled = self._settled(step, staying, within, step.cleaning)
        if step.state == "failed":
            handled = any(s.taken and s.relationship.type in HANDLERS for s in settled)
            step.handled = handled or self._fail_around(step, within)
        for one in settled:
            if one.relationship.type == "FOR_EACH":
                self._enter(one, within, step.cleaning)
            else:
                self._arrive(one, within, failed=step.state in _BROKEN, from_cleaning=step.cleaning)
        self._close_one(within)

    def _settled(
        self, ended: Step | EndedLoop | Fired, leaving: Iterable[Relationship], within: Pass, cleaning: bool
    ) -> list[Settled]:
        """What became of relationships that leave into `within`.

        A pass that closes takes `ON_COMPLETE` and what follows from it, and nothing else.
        """

        def evaluate(condition: Expression, relationship: Relationship) -> Value:
            return self._values.condition(condition, within, f"when {relationship.index}")

        closes = self._closes(within)
        forced = self._closing is not None and self._closing.forced
        return [
            Settled(one.relationship, taken=False)
            if closes and (forced or not (cleaning or one.relationship.type == "ON_COMPLETE"))
            else one
            for one in settle(ended, tuple(leaving), evaluate)
        ]

    def _closes(self, within: Pass) -> bool:
        """Whether the run, or a loop around, is on its way to its end."""
        return self._closing is not None or any(loop.stopped for loop, _ in self._table.around(within))

    def _arrive(self, settled: Settled, within: Pass, *, failed: bool, from_cleaning: bool) -> None:
        relationship = settled.relationship
        target = self.steps[relationship.target, within.item]
        target.unsettled -= 1
        if settled.taken:
            target.taken += 1
            target.arrived.append(relationship.source)
            target.cleaning |= relationship.type == "ON_COMPLETE" or (from_cleaning and self._closes(within))
        elif failed:
            target.failed.append(relationship.source)
        if target.state == "pending":
            self._decide(target, within, settled.failure)

    def _decide(self, target: Step, within: Pass, failure: Failure | None) -> None:
        """Let a step that has not begun do what the relationships into it allow. `failure` is that of a condition."""
        if failure is not None:
            target.started_us = self._given.now_us
            self._fail(target, failure)
            return
        decision = decide(self.recipe, target)
        if decision == "run" and (target.cleaning or not self._closes(within)):
            self._begin(target)
        elif decision != "wait":
            self._end(target, "skipped")

    def _fail_around(self, step: Step, within: Pass) -> bool:
        """A step failed, and nothing in its pass handles that. Says whether a loop around it does."""
        assert step.failure is not None
        for loop, inside in self._table.around(within):
            if inside.stillborn:
                continue
            if loop.loop.on_fail == "collect":
                return True
            self._stop(loop, inside, step.failure)
            if loop.region.gate:
                return True
        self._unhandled = self._unhandled or step
        if self.recipe.fail_fast:
            self._close("failed", _failure_of_run(step))
        return False

    def _close_one(self, within: Pass) -> None:
        """One less is open in a pass. When that was the last, the pass has ended."""
        within.open -= 1
        if within.open == 0 and within is not self._whole:
            self._queue.append(within)

    # --- loops --------------------------------------------------------------------------------------------------------

    def _enter(self, settled: Settled, within: Pass, from_cleaning: bool) -> None:
        """A `FOR_EACH` is settled: begin with the items, or let the loop's first step fail or be skipped."""
        relationship, failure = settled.relationship, settled.failure
        assert relationship.loop is not None
        region = self._table.regions.by_key[relationship.index]
        loop = self._table.begin_loop(region, within.item, cleaning=from_cleaning and self._closes(within))
        if settled.taken:
            items = self._values.items_of(region, within, f"in {relationship.index}")
            if not isinstance(items, Failure):
                self._begin_items(loop, items)
                return
            failure = items
        self._begin_stillborn(loop, failure)

    def _enter_gate(self, gate: Step) -> None:
        """A node with `for_each` begins: its step stands for the loop until all items have ended."""
        region = self._table.regions.gates[gate.name]
        items = self._values.items_of(region, self._table.pass_of(gate), f"for_each {gate.name}")
        if isinstance(items, Failure):
            self._fail(gate, items)
            return
        gate.input, gate.state = items, "running"
        cleaning = gate.cleaning and self._closes(self._table.pass_of(gate))
        loop = self._table.begin_loop(region, gate.item, cleaning=cleaning)
        self._begin_items(loop, items)

    def _begin_stillborn(self, loop: LoopState, failure: Failure | None) -> None:
        loop.stillborn = True
        loop.open[loop.item] = None
        self._table.begin_pass(loop.region, loop.item, stillborn=True)
        first = self._first(loop.region, loop.item)
        if failure is None:
            self._end(first, "skipped")
        else:
            first.started_us = self._given.now_us
            self._fail(first, failure)

    def _begin_items(self, loop: LoopState, items: list[Value]) -> None:
        loop.items = items
        self._advance(loop)

    def _advance(self, loop: LoopState) -> None:
        """Begin as many items as there is room for. When none is open then, none will be: the loop has ended."""
        room = loop.loop.concurrency or len(loop.items)
        while loop.begun < len(loop.items) and len(loop.open) < room and not loop.stopped:
            item = (*loop.item, loop.begun)
            loop.begun += 1
            loop.open[item] = None
            self._table.begin_pass(loop.region, item)
            first = self._first(loop.region, item)
            first.cleaning = loop.cleaning
            self._begin(first)
        if not loop.open:
            self._end_loop(loop)

    def _leave(self, ended: Pass) -> None:
        """Everything in a pass has ended."""
        loop = self._table.loop_of(ended)
        self._table.end_pass(ended, loop)
        self._advance(loop)

    def _stop(self, loop: LoopState, inside: Pass, failure: Failure) -> None:
        """An item failed: cancel the others, and begin no more."""
        if loop.failure is None:
            loop.failure = replace(failure, message=f"item {inside.item[-1]} failed: {failure.message}")
            for item in list(loop.open):
                self._cancel(self._table.passes[loop.region.key, item])

    def _end_loop(self, loop: LoopState) -> None:
        loop.ended = True
        within = self._table.passes[loop.region.above, loop.item]
        if loop.region.gate:
            self._end_gate(loop, self.steps[loop.region.names[0], loop.item])
            return
        ended, failed = EndedLoop("collected" if loop.complete else "skipped"), self._has_failed(loop)
        for group in loop.region.collects:
            for one in self._settled(ended, group, within, loop.cleaning):
                self._arrive(one, within, failed=failed, from_cleaning=loop.cleaning)
        self._close_one(within)

    def _has_failed(self, loop: LoopState) -> bool:
        """Whether a join outside has to be told that this loop failed: in an item, or before its first one."""
        return loop.failure is not None or (loop.stillborn and self._first(loop.region, loop.item).state == "failed")

    def _end_gate(self, loop: LoopState, gate: Step) -> None:
        if loop.failure is not None:
            self._fail(gate, loop.failure)
        elif loop.cancelled:
            self._end(gate, "cancelled")
        else:
            items = range(len(loop.items))
            self._conclude_step(gate, Output([self.steps[gate.name, (*loop.item, i)].value for i in items]))

    def _first(self, region: Region, item: Item) -> Step:
        assert region.first is not None
        return self.steps[region.first, item]

    @property
    def _whole(self) -> Pass:
        """The pass that is the run."""
        return self._table.passes["", ()]


_OPEN_STATES: tuple[RunState, ...] = ("running", "retrying", "waiting")
_BROKEN = frozenset({"failed", "cancelled"})


def _failure_of_run(step: Step) -> Failure:
    """The failure of a run is that of its first step that failed unhandled, and says which step that was."""
    assert step.failure is not None
    failure = step.failure
    details = {**(failure.details or {}), "node": step.name, "item": list(step.item)}
    return Failure(failure.code, f"step {step.name!r} failed: {failure.message}", failure.retryable, details)
