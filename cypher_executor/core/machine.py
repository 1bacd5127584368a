"""What moves inside of a run: steps begin and end, and what follows from that. One half of the run machine; `loops.py`
goes through loops, `attempts.py` and `waits.py` look inside of a step, and `run.py` takes in what comes from outside.

When a step ends, its outgoing relationships are *settled*: each is taken or not (`routing.settle`). A step whose
incoming relationships allow it to decide (`routing.decide`) begins or is skipped, and a skipped step settles its own
relationships in turn. All that happens at once, in a queue and not in recursion, until nothing can move.

A failure that nothing in its pass handles goes to the loops around, from the innermost outwards: one of them collects
it, or all of them stop and the run has failed.

A run *closes* when it is cancelled, runs out of time, or fails with `fail_fast`: what is going on is cancelled, what
has not begun is skipped, except what `ON_COMPLETE` leads to, so that cleaning up runs. A loop that stops does the same
in its items. Whoever cancels a run that closes already stops the cleaning up, too. A run ends when every step has
ended: it asks to `Conclude`, and the `RunEnded` that answers is its last event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cypher_executor.core.attempts import Attempts
from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import Conclude, StartTimer
from cypher_executor.core.events import Inherited, Item, RunState
from cypher_executor.core.loops import Loops
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.recipe import Expression, Recipe, Relationship, Value
from cypher_executor.core.routing import HANDLERS, EndedLoop, Fired, Settled, decide, settle
from cypher_executor.core.step import Outcome, Output, Step
from cypher_executor.core.table import Pass, Table
from cypher_executor.core.values import Given, Values
from cypher_executor.errors import ExpressionError, Failure


@dataclass(frozen=True, slots=True)
class Closing:
    """The end that a closing run is on its way to. `forced`: nothing more begins, not even cleaning up."""

    state: RunState
    failure: Failure
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Since when a run is paused, and the timer of the run that was stopped."""

    since_us: int
    timer: StartTimer | None


class Machine:
    """Moves the steps of one run. `again` is how often each may fail without consequence (see `Run`)."""

    def __init__(self, recipe: Recipe, mint: Callable[[Wait], str], again: Mapping[tuple[str, Item], int]) -> None:
        self.recipe = recipe
        self.again = again
        self.given = Given()
        self.table = Table(recipe)
        self.outstanding = Outstanding()
        self.values = Values(recipe, self.table, self.given, mint)
        self.attempts = Attempts(self.given, self.outstanding, self.values)
        self.closing: Closing | None = None
        self.held: Held | None = None
        self.over = False
        """The end of the run is recorded: nothing moves any more."""
        self._unhandled: Step | None = None
        self._queue: deque[Step | Pass] = deque()
        """The steps that have ended and the passes in which all has ended, until that has had its consequences."""

    @property
    def loops(self) -> Loops:
        """How it goes through loops. Made anew each time: if each held the other, memory of a run that nobody looks at
        any more would only be free once the garbage collector has found it.
        """
        return Loops(self.table, self.values, self.given, self)

    @property
    def whole(self) -> Pass:
        """The pass that is the run."""
        return self.table.passes["", ()]

    def move(self) -> None:
        """Settle what follows from all that has ended, until nothing moves; then see whether that was all."""
        while self._queue:
            ended = self._queue.popleft()
            self._route(ended) if isinstance(ended, Step) else self.loops.leave(ended)
        if self.whole.open == 0 and not (self.over or self.outstanding.concluding):
            self.outstanding.drop_timer()
            self.outstanding.ask(self._conclusion())

    # --- a run closes and ends ----------------------------------------------------------------------------------------

    def close(self, state: RunState, failure: Failure, *, again: bool = False) -> None:
        """Cancel what is going on. What has not begun finds out by itself, because all of it waits for that.

        A pause is over then, so that cleaning up runs. A run that closes already keeps the end that it is on its way
        to. With `again`, it then stops cleaning up.
        """
        if self.closing is not None and not again:
            return
        self.closing = Closing(state, failure) if self.closing is None else replace(self.closing, forced=True)
        self.outstanding.drop_timer()
        self.outstanding.release()
        self.held = None
        self.cancel(self.whole)

    def cancel(self, within: Pass) -> None:
        """Cancel what is going on in a pass, and let none of its loops begin another item."""
        going_on = list(self.table.going_on(within))
        self.table.cancel_loops(within)
        for step in going_on:
            self.outstanding.interrupt(step)
            self.end(step, "cancelled")

    def close_down(self) -> None:
        """The run has ended. Steps are still open only when the engine ends a run that it cannot follow any more."""
        for step in self.table.steps.values():
            if not step.ended:
                self.end(step, "skipped" if step.started_us is None else "cancelled")
        self.over = True
        self._queue.clear()
        self.outstanding.clear()

    def _conclusion(self) -> Conclude:
        if self.closing is not None:
            return Conclude(state=self.closing.state, failure=self.closing.failure)
        if self._unhandled is not None:
            return Conclude(state="failed", failure=_failure_of_run(self._unhandled))
        try:
            return Conclude(state="succeeded", result=self.values.result())
        except ExpressionError as error:
            return Conclude(state="failed", failure=error.failure())

    # --- a step begins and ends ---------------------------------------------------------------------------------------

    def begin(self, step: Step) -> None:
        """Begin a step: evaluate its input and ask for its work; or inherit what another run has made of it."""
        wanted = self.given.wanted
        if not wanted.wants(step.name):
            self.end(step, "skipped")
            return
        step.started_us = self.given.now_us
        if self.table.is_gate(step):
            self.loops.enter_gate(step)
        elif (result := wanted.inherited(step, self.table)) is not None:
            self._inherit(step, result)
        elif not wanted.runs(step.name):
            self.fail(step, wanted.missing(step))
        else:
            self._begin_work(step)

    def _begin_work(self, step: Step) -> None:
        try:
            step.input = self.values.input_of(step)
        except ExpressionError as error:
            self.fail(step, error.failure())
            return
        self.conclude(step, Output(step.input) if step.node.part is None else self.attempts.begin(step))

    def _inherit(self, step: Step, result: Inherited) -> None:
        """A step has its result already: nothing is done for it, and what follows, follows."""
        step.inherited, step.output = result, result.output
        if result.failure is None:
            self.end(step, "succeeded")
        else:
            self.fail(step, result.failure)

    def conclude(self, step: Step, outcome: Outcome) -> None:
        """What has become of a step, if anything has."""
        match outcome:
            case Output():
                step.output = outcome.value
                self.end(step, "succeeded")
            case Failure() if step.forgiven < self.again.get((step.name, step.item), 0):
                step.forgiven, step.anew = step.forgiven + 1, True
                self.conclude(step, self.attempts.begin_anew(step))
            case Failure():
                self.fail(step, outcome)

    def fail(self, step: Step, failure: Failure) -> None:
        """A step has failed for good."""
        step.failure = failure
        self.end(step, "failed")

    def end(self, step: Step, state: RunState) -> None:
        """A step has reached its final state."""
        assert not step.ended
        self.outstanding.withdraw(step)
        step.state = state
        step.ended_us = self.given.now_us if step.started_us is not None else None
        if step.attempts:
            step.started_us = step.attempts[0].started_us
            if step.attempts[-1].ended_us is None:
                step.attempts[-1].ended_us = self.given.now_us
        step.tape.clear()  # it may be large, and a loop has many steps
        self._queue.append(step)

    # --- what follows from the end of a step --------------------------------------------------------------------------

    def _route(self, step: Step) -> None:
        """Settle what leaves an ended step, and let the steps behind it decide."""
        within = self.table.pass_of(step)
        staying = () if step.region.gate else self.table.regions.staying[step.name]
        settled = self.settled(step, staying, within, step.cleaning)
        if step.state == "failed":
            handled = any(s.taken and s.relationship.type in HANDLERS for s in settled)
            step.handled = handled or self._fail_around(step, within)
        for one in settled:
            if one.relationship.type == "FOR_EACH":
                self.loops.enter(one, within, step.cleaning)
            else:
                self.arrive(one, within, failed=step.state in _BROKEN, from_cleaning=step.cleaning)
        self.close_one(within)

    def settled(
        self, ended: Step | EndedLoop | Fired, leaving: Sequence[Relationship], within: Pass, cleaning: bool
    ) -> list[Settled]:
        """What became of relationships that leave into `within`.

        A pass that closes takes `ON_COMPLETE` and what follows from it, and nothing else.
        """

        if not leaving:
            return []

        def evaluate(condition: Expression, relationship: Relationship) -> Value:
            return self.values.condition(condition, within, f"when {relationship.index}")

        closes = self.closes(within)
        forced = self.closing is not None and self.closing.forced
        return [
            Settled(one.relationship, taken=False)
            if closes and (forced or not (cleaning or one.relationship.type == "ON_COMPLETE"))
            else one
            for one in settle(ended, leaving, evaluate)
        ]

    def closes(self, within: Pass) -> bool:
        """Whether the run, or a loop around, is on its way to its end."""
        return self.closing is not None or any(loop.stopped for loop, _ in self.table.around(within))

    def arrive(self, settled: Settled, within: Pass, *, failed: bool, from_cleaning: bool) -> None:
        """A relationship is settled: its target counts that, and decides when it can."""
        relationship = settled.relationship
        target = self.table.steps[relationship.target, within.item]
        target.unsettled -= 1
        if settled.taken:
            target.taken += 1
            target.arrived.append(relationship.source)
            target.cleaning |= relationship.type == "ON_COMPLETE" or (from_cleaning and self.closes(within))
        elif failed:
            target.failed.append(relationship.source)
        if target.state == "pending":
            self._decide(target, within, settled.failure)

    def _decide(self, target: Step, within: Pass, failure: Failure | None) -> None:
        """Let a step that has not begun do what the relationships into it allow. `failure` is that of a condition."""
        if failure is not None and self.given.wanted.wants(target.name):
            target.started_us = self.given.now_us
            self.fail(target, failure)
            return
        decision = decide(self.recipe, target)
        if decision == "run" and (target.cleaning or not self.closes(within)):
            self.begin(target)
        elif decision != "wait":
            self.end(target, "skipped")

    def _fail_around(self, step: Step, within: Pass) -> bool:
        """A step failed, and nothing in its pass handles that. Says whether a loop around it does."""
        assert step.failure is not None
        for loop, inside in self.table.around(within):
            if inside.stillborn:
                continue
            if loop.loop.on_fail == "collect":
                return True
            self.loops.stop(loop, inside, step.failure)
            if loop.region.gate:
                return True
        self._unhandled = self._unhandled or step
        if self.recipe.fail_fast:
            self.close("failed", _failure_of_run(step))
        return False

    def close_one(self, within: Pass) -> None:
        """One less is open in a pass. When that was the last, the pass has ended."""
        within.open -= 1
        if within.open == 0 and within is not self.whole:
            self._queue.append(within)


_BROKEN = frozenset({"failed", "cancelled"})


def _failure_of_run(step: Step) -> Failure:
    """The failure of a run is that of its first step that failed unhandled, and says which step that was."""
    assert step.failure is not None
    failure = step.failure
    details = {**(failure.details or {}), "node": step.name, "item": list(step.item)}
    return Failure(failure.code, f"step {step.name!r} failed: {failure.message}", failure.retryable, details)
