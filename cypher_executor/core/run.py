"""The run machine: `Run(recipe).apply(event) -> commands`. Every transition of a run is in this file, and nothing
else changes a run: no clock, no chance, no I/O. Time and ids come in with events; jitter and `uuid()` come from the
run's id.

How it works. A run is a table of steps. An event from outside ends, delays or advances one step. When a step ends, its
outgoing relationships are *settled*: each is taken or not (`routing.settle`). A step whose incoming relationships allow
it to decide (`routing.decide`) begins or is skipped, and a skipped step settles its own relationships in turn. All
that happens at once, in a queue and not in recursion, until nothing can move; then the commands that came up are
returned. Whatever can be worked out - skips, joins, nodes without a part, expressions that fail - happens inside
`apply` and is never journaled.

A run *closes* when it is cancelled, runs out of time, or fails with `fail_fast`: what is going on is cancelled, what
has not begun is skipped, except what `ON_COMPLETE` leads to, so that cleaning up runs. It ends when every step has
ended: it asks to `Conclude`, and the `RunEnded` that answers is its last event.

Starting is recovering from a journal of one event. To recover, apply the events of the journal and carry out what is
still `outstanding`. An event that nobody waits for changes nothing, so duplicates and late answers are harmless.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from cypher_executor.core import orchestration
from cypher_executor.core.commands import (
    Command,
    Conclude,
    Execute,
    Interrupt,
    Perform,
    StartChild,
    StartTimer,
)
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
    Item,
    RunEnded,
    RunStarted,
    RunState,
    StepEvent,
    TimerFired,
)
from cypher_executor.core.recipe import Expression, Recipe, Relationship, Scope, Value
from cypher_executor.core.retries import retry_delay_us
from cypher_executor.core.routing import HANDLERS, Settled, decide, settle
from cypher_executor.core.step import Attempt, Step
from cypher_executor.errors import ExpressionError, Failure

MAX_LOSSES = 3
"""How many workers one attempt may take down before its step fails with `worker_lost`."""

_Key = tuple[str, Item, str]
_END: _Key = ("", (), "end")
_RUN_TIMER: _Key = ("", (), "timer")


@dataclass(frozen=True, slots=True)
class _Closing:
    """The end that a closing run is on its way to."""

    state: RunState
    failure: Failure


class Run:
    """One execution of a recipe. `version` is the number of events that were applied."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.version = 0
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.steps: dict[str, Step] = {}
        self.taken: set[int] = set()
        """The indexes of the relationships that were taken."""
        self._open = 0
        self._now_us = 0
        self._closing: _Closing | None = None
        self._unhandled: Step | None = None
        self._queue: deque[Step] = deque()
        self._outstanding: dict[_Key, Command] = {}
        self._commands: list[Command] = []

    # --- what others may ask ------------------------------------------------------------------------------------------

    @property
    def outstanding(self) -> tuple[Command, ...]:
        """The commands that have not been answered yet, in the order in which they came up."""
        return tuple(self._outstanding.values())

    @property
    def state(self) -> RunState:
        """The state of the run as a whole: `waiting` or `retrying` only when nothing of it is running."""
        if self.ended is not None:
            return self.ended.state
        if self.started is None:
            return "pending"
        states = {step.state for step in self.steps.values()}
        for state in _OPEN_STATES:
            if state in states:
                return state
        return "running"

    def awaits(self, event: Event) -> bool:
        """Whether applying this event would change anything."""
        if isinstance(event, RunStarted):
            return self.started is None
        if self.started is None or self.ended is not None:
            return False
        if isinstance(event, RunEnded):
            return True
        if isinstance(event, CancelRequested):
            return self._closing is None and self._open > 0
        return self._awaits_answer(event)

    def apply(self, event: Event) -> list[Command]:
        """Take in one fact; give what is to be done because of it.

        The time of a run never goes back, though clocks do. What came up and was given up again in the same moment, as
        `fail_fast` may have it, is not asked for at all.
        """
        expected = self.awaits(event)
        self.version += 1
        if not expected:
            return []
        self._now_us = max(self._now_us, event.at_us)
        self._commands = []
        self._take_in(event)
        self._move()
        return [c for c in self._commands if isinstance(c, Interrupt) or self._outstanding.get(_key_of(c)) is c]

    # --- events -------------------------------------------------------------------------------------------------------

    def _take_in(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin_run(event)
            case RunEnded():
                self._end_run(event)
            case CancelRequested():
                self._close("cancelled", Failure("cancelled", event.reason or "the run was cancelled"))
            case TimerFired(node=""):
                del self._outstanding[_RUN_TIMER]
                self._close("failed", Failure("timeout", f"the run took longer than {self.recipe.timeout_ms} ms"))
            case _:
                self._answer(self.steps[event.node], event)

    def _answer(self, step: Step, event: StepEvent) -> None:
        match event:
            case AttemptSucceeded():
                self._end_attempt(step, event.started_us)
                self._succeed(step, event.output)
            case AttemptFailed():
                self._end_attempt(step, event.started_us, event.failure)
                self._fail_attempt(step, event.failure)
            case AttemptLost():
                self._lose(step)
            case CallRequested():
                self._call(step, event)
            case CallAnswered():
                self._resume(step, event.answer)
            case TimerFired():
                self._timer_fired(step)
            case ChildStarted():
                self._child_started(step, event)
            case ChildEnded():
                self._child_ended(step, event)

    def _awaits_answer(self, event: StepEvent) -> bool:
        if isinstance(event, TimerFired):
            return self._awaits_timer(event)
        step = self.steps.get(event.node)
        if step is None or step.item != event.item or step.attempt != event.attempt:
            return False
        work = self._outstanding.get((step.name, step.item, "work"))
        match event:
            case AttemptSucceeded() | AttemptLost():
                return isinstance(work, Execute)
            case AttemptFailed():
                return isinstance(work, Execute | StartChild) and step.child is None
            case CallRequested():
                return isinstance(work, Execute) and event.number == len(step.tape)
            case CallAnswered():
                return isinstance(work, Perform) and event.number == len(step.tape)
            case ChildStarted():
                return isinstance(work, StartChild) and step.child is None
            case ChildEnded():
                return isinstance(work, StartChild) and step.child == event.child

    def _awaits_timer(self, event: TimerFired) -> bool:
        """A timer that fires early is another one, of which nothing is wanted any more: a step has one at a time."""
        timer = self._outstanding.get((event.node, event.item, "timer"))
        return isinstance(timer, StartTimer) and timer.attempt == event.attempt and event.at_us >= timer.due_us

    # --- the run ------------------------------------------------------------------------------------------------------

    def _begin_run(self, event: RunStarted) -> None:
        self.started = event
        incoming = self.recipe.incoming
        for name, node in self.recipe.nodes.items():
            entering = sum(r.type != "STARTS" for r in incoming[name])
            self.steps[name] = Step(node, (), unsettled=entering)
        self._open = len(self.steps)
        if self.recipe.timeout_ms is not None:
            due_us = event.at_us + self.recipe.timeout_ms * 1000
            self._ask(StartTimer(node="", attempt=0, due_us=due_us))
        for name in self.recipe.starts:
            self._begin(self.steps[name])

    def _close(self, state: RunState, failure: Failure) -> None:
        """Cancel what is going on. What has not begun finds out by itself, because all of it waits for that."""
        if self._closing is None:
            self._closing = _Closing(state, failure)
            self._outstanding.pop(_RUN_TIMER, None)
            for step in self.steps.values():
                if step.state in ("running", "waiting", "retrying"):
                    self._interrupt(step)
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
        """Settle the relationships of every step that has ended, until nothing moves; then see whether that was all."""
        while self._queue:
            step = self._queue.popleft()
            self._route(step)
        if self._open == 0 and self.ended is None and _END not in self._outstanding:
            self._outstanding.pop(_RUN_TIMER, None)
            self._ask(self._conclusion())

    def _conclusion(self) -> Conclude:
        if self._closing is not None:
            return Conclude(state=self._closing.state, failure=self._closing.failure)
        if self._unhandled is not None:
            return Conclude(state="failed", failure=_failure_of_run(self._unhandled))
        try:
            return Conclude(state="succeeded", result=self._result())
        except ExpressionError as error:
            return Conclude(state="failed", failure=error.failure())

    def _result(self) -> Value:
        if self.recipe.returns is not None:
            return self._evaluate(self.recipe.returns, "return")
        last = (self.steps[name] for name in self.recipe.ends)
        return {step.name: step.value for step in last if step.state != "skipped"}

    # --- a step begins ------------------------------------------------------------------------------------------------

    def _begin(self, step: Step) -> None:
        step.started_us = self._now_us
        try:
            step.input = self._input_of(step)
        except ExpressionError as error:
            self._fail(step, error.failure())
            return
        if step.node.part is None:
            self._succeed(step, step.input)
        else:
            self._begin_attempt(step)

    def _input_of(self, step: Step) -> Value:
        """The map that the author wrote, or else the output of the only predecessor, or a map of all of them."""
        if step.node.inputs is not None:
            return self._evaluate(step.node.inputs, f"node {step.name}")
        sources = list(dict.fromkeys(r.source for r in self.recipe.incoming[step.name] if r.type != "STARTS"))
        if not sources:
            return self._started.input
        if len(sources) == 1:
            return self.steps[sources[0]].value
        return {source: self.steps[source].value for source in sources}

    def _begin_attempt(self, step: Step) -> None:
        step.attempts.append(Attempt(step.attempt + 1, started_us=self._now_us, clock_us=self._now_us))
        step.tape.clear()
        step.calling = None
        step.losses = 0
        if step.node.part in orchestration.ENGINE_PARTS:
            self._orchestrate(step)
        else:
            self._execute(step)

    def _execute(self, step: Step) -> None:
        part = step.node.part
        digest = self._started.parts.get(part) if part else None
        if part is None or digest is None:
            self._fail_attempt(step, Failure("part_unavailable", f"the part {part!r} is not known to this run"))
            return
        if self._now_us >= self._limit_us(step):
            self._fail_attempt(step, self._timed_out(step))
            return
        step.state = "running"
        command = Execute(
            node=step.name,
            item=step.item,
            attempt=step.attempt,
            part=part,
            digest=digest,
            input=step.input,
            tape=tuple(step.tape),
            timeout_ms=self._left_ms(step),
            clock_us=step.attempts[-1].clock_us,
            seed=self._seed(step),
        )
        self._ask(command)

    def _orchestrate(self, step: Step) -> None:
        assert step.node.part is not None
        wanted = orchestration.orchestrate(step.node.part, step.input)
        match wanted:
            case Failure():
                self._fail_attempt(step, wanted)
            case orchestration.Delay(ms=ms):
                self._wait_until(step, self._now_us + ms * 1000)
            case orchestration.Until(due_us=due_us):
                self._wait_until(step, due_us)
            case orchestration.Child():
                self._start_child(step, wanted)

    # --- attempts -----------------------------------------------------------------------------------------------------

    def _end_attempt(self, step: Step, started_us: int | None = None, failure: Failure | None = None) -> None:
        """Note when the attempt ended and, for the first execution of it, when a worker really began."""
        attempt = step.attempts[-1]
        attempt.ended_us = self._now_us
        attempt.failure = failure
        if started_us is not None and not step.tape:
            attempt.started_us = started_us

    def _fail_attempt(self, step: Step, failure: Failure) -> None:
        """Try again if the recipe says so and the step's deadline leaves the time for it; else the step has failed."""
        attempt = step.attempts[-1]
        attempt.ended_us, attempt.failure = self._now_us, failure
        self._withdraw(step)
        if self._overdue(step):
            self._fail(step, failure if failure.code == "deadline" else _past_deadline(step, failure))
            return
        delay_us = retry_delay_us(step.node.retry, step.attempt, failure, self._seed(step))
        if delay_us is None:
            self._fail(step, failure)
        elif self._overdue(step, delay_us):
            self._fail(step, _past_deadline(step, failure))
        else:
            step.state = "retrying"
            self._start_timer(step, self._now_us + delay_us)

    def _retry(self, step: Step) -> None:
        """Begin the next attempt, unless its timer fired so late that there is no time left for it."""
        failure = step.attempts[-1].failure
        assert failure is not None
        if self._overdue(step):
            self._fail(step, _past_deadline(step, failure))
        else:
            self._begin_attempt(step)

    def _lose(self, step: Step) -> None:
        step.losses += 1
        if step.losses < MAX_LOSSES:
            self._execute(step)
            return
        message = f"the worker that ran this step went down {step.losses} times"
        self._fail_attempt(step, Failure("worker_lost", message))

    def _call(self, step: Step, event: CallRequested) -> None:
        if event.number == 0:
            step.attempts[-1].started_us = event.started_us
        if event.request.get("op") == "sleep":
            self._sleep(step, event.request)
            return
        part, digest = step.node.part, self._started.parts[step.node.part or ""]
        assert part is not None
        step.calling = (event.request, {})
        command = Perform(
            node=step.name,
            item=step.item,
            attempt=step.attempt,
            number=event.number,
            part=part,
            digest=digest,
            request=event.request,
            key=self._call_key(step, event.number),
            timeout_ms=self._left_ms(step),
        )
        self._ask(command)

    def _sleep(self, step: Step, request: Mapping[str, Value]) -> None:
        ms = request.get("ms")
        step.calling = (request, {})
        if not isinstance(ms, int | float) or isinstance(ms, bool) or not 0 <= ms <= orchestration.MAX_WAIT_MS:
            error = {"code": "request_invalid", "message": "`ms` must be a number from 0", "retryable": False}
            self._resume(step, {"ok": False, "error": error})
            return
        self._outstanding.pop((step.name, step.item, "work"), None)
        step.state = "waiting"
        self._start_timer(step, self._within_limits(step, self._now_us + int(ms * 1000)))

    def _resume(self, step: Step, answer: Mapping[str, Value]) -> None:
        """Put the answer on the tape and run the part again from its beginning."""
        assert step.calling is not None
        step.tape.append((step.calling[0], answer))
        step.calling = None
        self._execute(step)

    # --- timers -------------------------------------------------------------------------------------------------------

    def _wait_until(self, step: Step, due_us: int) -> None:
        if due_us <= self._now_us:
            self._finish_wait(step)
            return
        step.state = "waiting"
        self._start_timer(step, self._within_limits(step, due_us))

    def _start_timer(self, step: Step, due_us: int) -> None:
        self._ask(StartTimer(node=step.name, item=step.item, attempt=step.attempt, due_us=due_us))

    def _timer_fired(self, step: Step) -> None:
        """What a timer means follows from what the step is doing and from what the timer was set to.

        A wait that was to be over in time is over, however late the news of it: a service that was down is no time-out.
        """
        timer = self._outstanding.pop((step.name, step.item, "timer"))
        assert isinstance(timer, StartTimer)
        if step.state == "retrying":
            self._retry(step)
        elif timer.due_us >= self._limit_us(step):
            self._interrupt(step)
            self._fail_attempt(step, self._timed_out(step))
        elif step.calling is not None:
            self._resume(step, {"ok": True})
        else:
            self._finish_wait(step)

    def _finish_wait(self, step: Step) -> None:
        self._end_attempt(step)
        self._succeed(step, {"waited_ms": (self._now_us - step.attempts[-1].started_us) // 1000})

    # --- children -----------------------------------------------------------------------------------------------------

    def _start_child(self, step: Step, child: orchestration.Child) -> None:
        depth = self._started.depth + 1
        if depth > orchestration.MAX_DEPTH:
            message = f"runs may start runs {orchestration.MAX_DEPTH} deep; does a recipe start itself without an end?"
            self._fail_attempt(step, Failure("too_deep", message))
            return
        step.state, step.child = "running", None
        command = StartChild(
            node=step.name,
            item=step.item,
            attempt=step.attempt,
            workflow=child.workflow,
            input=child.input,
            wait=child.wait,
            once=f"{self._seed(step)}",
            key=child.key,
            depth=depth,
        )
        self._ask(command)

    def _child_started(self, step: Step, event: ChildStarted) -> None:
        step.child = event.child
        command = self._outstanding[(step.name, step.item, "work")]
        assert isinstance(command, StartChild)
        if command.wait:
            step.state = "waiting"
            if self._limit_us(step) != _NEVER:
                self._start_timer(step, self._limit_us(step))
        else:
            self._end_attempt(step)
            self._succeed(step, {"run_id": event.child, "workflow": event.workflow, "status": "started"})

    def _child_ended(self, step: Step, event: ChildEnded) -> None:
        command = self._outstanding[(step.name, step.item, "work")]
        assert isinstance(command, StartChild)
        about = {"run_id": event.child, "workflow": command.workflow, "status": event.state}
        if event.state == "succeeded":
            self._end_attempt(step)
            self._succeed(step, {**about, "result": event.result})
            return
        why = f": {event.failure.message}" if event.failure else ""
        message = f"the run {event.child} of {command.workflow!r} {_ENDED_AS[event.state]}{why}"
        retryable = event.failure is not None and event.failure.retryable
        self._fail_attempt(step, Failure("child_failed", message, retryable, about))

    # --- a step ends --------------------------------------------------------------------------------------------------

    def _succeed(self, step: Step, output: Value) -> None:
        step.output = output
        self._end(step, "succeeded")

    def _fail(self, step: Step, failure: Failure) -> None:
        step.failure = failure
        self._end(step, "failed")

    def _end(self, step: Step, state: RunState) -> None:
        assert not step.ended
        self._withdraw(step)
        step.state = state
        step.ended_us = self._now_us if step.started_us is not None else None
        if step.attempts:
            step.started_us = step.attempts[0].started_us
            if step.attempts[-1].ended_us is None:
                step.attempts[-1].ended_us = self._now_us
        self._open -= 1
        self._queue.append(step)

    def _route(self, step: Step) -> None:
        """Settle what leaves an ended step, and let the steps behind it decide."""

        def evaluate(condition: Expression, relationship: Relationship) -> Value:
            return condition.evaluate(self._scope(f"when {relationship.index}"))

        outgoing = self.recipe.outgoing[step.name]
        settled = [self._while_closing(step, one) for one in settle(step, outgoing, evaluate)]
        if step.state == "failed":
            step.handled = any(s.taken and s.relationship.type in HANDLERS for s in settled)
            if not step.handled:
                self._note_unhandled(step)
        self.taken.update(s.relationship.index for s in settled if s.taken)
        for one in settled:
            self._arrive(self.steps[one.relationship.target], one, from_cleaning=step.cleaning)

    def _while_closing(self, step: Step, settled: Settled) -> Settled:
        """A run that closes takes `ON_COMPLETE` and what follows from it, and nothing else."""
        if self._closing is None or step.cleaning or settled.relationship.type == "ON_COMPLETE":
            return settled
        return Settled(settled.relationship, taken=False)

    def _note_unhandled(self, step: Step) -> None:
        self._unhandled = self._unhandled or step
        if self.recipe.fail_fast:
            self._close("failed", _failure_of_run(step))

    def _arrive(self, target: Step, settled: Settled, from_cleaning: bool) -> None:
        target.unsettled -= 1
        target.taken += settled.taken
        if settled.relationship.type == "ON_COMPLETE" or (self._closing is not None and from_cleaning):
            target.cleaning |= settled.taken
        if target.state != "pending" or target.ended:
            return
        if settled.failure is not None:
            target.started_us = self._now_us
            self._fail(target, settled.failure)
            return
        decision = decide(self.recipe, target, self.steps, self.taken)
        if decision == "run" and (self._closing is None or target.cleaning):
            self._begin(target)
        elif decision != "wait":
            self._end(target, "skipped")

    # --- commands -----------------------------------------------------------------------------------------------------

    def _ask(self, command: Command) -> None:
        key = _key_of(command)
        self._outstanding.pop(key, None)
        self._outstanding[key] = command
        self._commands.append(command)

    def _withdraw(self, step: Step) -> None:
        """Nothing that this step asked for is awaited any more."""
        self._outstanding.pop((step.name, step.item, "work"), None)
        self._outstanding.pop((step.name, step.item, "timer"), None)

    def _interrupt(self, step: Step) -> None:
        self._withdraw(step)
        self._commands.append(Interrupt(node=step.name, item=step.item, attempt=step.attempt))

    # --- time, names and values ---------------------------------------------------------------------------------------

    @property
    def _started(self) -> RunStarted:
        assert self.started is not None
        return self.started

    def _limit_us(self, step: Step) -> int:
        """When the attempt, or the whole step, has had all the time that the recipe gives it."""
        node, attempt = step.node, step.attempts[-1]
        ends = [_NEVER]
        if node.timeout_ms is not None:
            ends.append(attempt.started_us + node.timeout_ms * 1000)
        if node.deadline_ms is not None and step.started_us is not None:
            ends.append(step.started_us + node.deadline_ms * 1000)
        return min(ends)

    def _within_limits(self, step: Step, due_us: int) -> int:
        return min(due_us, self._limit_us(step))

    def _left_ms(self, step: Step) -> int | None:
        """What is left of the attempt's wall time, rounded up: whoever carries out the command ends it, never early."""
        limit_us = self._limit_us(step)
        return None if limit_us == _NEVER else max(1, -((self._now_us - limit_us) // 1000))

    def _overdue(self, step: Step, delay_us: int = 0) -> bool:
        deadline_ms = step.node.deadline_ms
        if deadline_ms is None or step.started_us is None:
            return False
        return self._now_us + delay_us >= step.started_us + deadline_ms * 1000

    def _timed_out(self, step: Step) -> Failure:
        """How the time ran out: the step's, or else the attempt's, which may be tried again."""
        if self._overdue(step):
            return Failure("deadline", f"the step took longer than {step.node.deadline_ms} ms")
        return Failure("timeout", f"the attempt took longer than {step.node.timeout_ms} ms", retryable=True)

    def _seed(self, step: Step) -> str:
        return f"{self._started.run}:{step.name}:{_dotted(step.item)}:{step.attempt}"

    def _call_key(self, step: Step, number: int) -> str:
        """The idempotency key of a call: `run:step:item:turn`, and the number of the call where it is not the first.

        The same for every attempt, so that a server that has seen the request of an earlier attempt can tell.
        """
        key = f"{self._started.run}:{quote(step.name, safe='')}:{_dotted(step.item)}:1"
        return key if number == 0 else f"{key}:{number}"

    def _evaluate(self, fields: Iterable[tuple[str, Expression]], purpose: str) -> dict[str, Value]:
        """A map of expressions, each with a seed of its own: two `uuid()` of one node are two."""
        return {key: expression.evaluate(self._scope(f"{purpose}.{key}")) for key, expression in fields}

    def _scope(self, purpose: str) -> Scope:
        given = self._started.input
        return Scope(
            value_of=self._value_of,
            params=given if isinstance(given, dict) else {},
            input=given,
            trigger=self._started.trigger,
            at_us=self._now_us,
            seed=hashlib.sha256(f"{self._started.run}:{purpose}".encode()).hexdigest(),
        )

    def _value_of(self, name: str) -> Value:
        step = self.steps.get(name)
        return None if step is None else step.value


_NEVER = 2**63
_OPEN_STATES: tuple[RunState, ...] = ("running", "retrying", "waiting")
_ENDED_AS: Mapping[str, str] = {"failed": "failed", "cancelled": "was cancelled"}


def _key_of(command: Command) -> _Key:
    """Where an open command is kept. A step has at most one timer and one piece of work, a run one end."""
    match command:
        case Conclude():
            return _END
        case StartTimer(node=node, item=item):
            return (node, item, "timer")
        case _:
            return (command.node, command.item, "work")


def _dotted(item: Iterable[int]) -> str:
    return ".".join(map(str, item))


def _failure_of_run(step: Step) -> Failure:
    """The failure of a run is that of its first step that failed unhandled, and says which step that was."""
    assert step.failure is not None
    failure = step.failure
    details = {**(failure.details or {}), "node": step.name, "item": list(step.item)}
    return Failure(failure.code, f"step {step.name!r} failed: {failure.message}", failure.retryable, details)


def _past_deadline(step: Step, failure: Failure) -> Failure:
    message = f"the step did not succeed within {step.node.deadline_ms} ms; the last attempt: {failure.message}"
    return Failure("deadline", message, details={"attempts": step.attempt, "last": failure.code})
