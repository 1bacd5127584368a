"""What happens inside of a step, from its first attempt to its outcome: the half of the run machine that looks at one
step at a time. `run.py` is the other half.

A step is one piece of work at a time: an execution, a call, a timer or a child. Each answer leads to the next piece of
work, or to an *outcome*: an output, or a failure that is not tried again. Every method that may come to the outcome
returns it, and None while the step goes on.

A step that repeats takes *turns*: after an output that is not yet what it repeats for it rests, and then begins again
with fresh retries. A turn always ends in a timer, even in one that is due at once, so that a repetition is a row of
events and never a recursion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, TypeGuard
from urllib.parse import quote

from cypher_executor.core import orchestration, watching
from cypher_executor.core.commands import (
    AwaitCallback,
    Call,
    Command,
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
    ChildEnded,
    ChildPaused,
    ChildStarted,
    StepEvent,
    TimerFired,
    WatchedEnded,
)
from cypher_executor.core.limits import NEVER, left_ms, limit_us, overdue, past_deadline, past_repeating, timed_out
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.recipe import Value
from cypher_executor.core.retries import retry_delay_us
from cypher_executor.core.step import Attempt, Step
from cypher_executor.core.values import Given, Values, dotted
from cypher_executor.errors import ExpressionError, Failure

MAX_LOSSES = 3
"""How many workers one attempt may take down before its step fails with `worker_lost`."""


@dataclass(frozen=True, slots=True)
class Output:
    """A step has succeeded with this."""

    value: Value


Outcome = Output | Failure | None
"""What became of a step; None while it goes on."""


class Attempts:
    """Moves steps from attempt to attempt. `given` is what time it is, `outstanding` takes the commands."""

    def __init__(self, given: Given, outstanding: Outstanding, values: Values) -> None:
        self._given = given
        self._outstanding = outstanding
        self._values = values

    def awaits(self, step: Step, event: StepEvent) -> bool:
        """Whether an answer is one that this step waits for."""
        if isinstance(event, TimerFired):
            return self.awaits_timer(event)
        if step.attempt != event.attempt:
            return False
        work = self._outstanding.work(step.name, step.item)
        match event:
            case AttemptSucceeded() | AttemptLost():
                return isinstance(work, Execute)
            case AttemptFailed():
                return isinstance(work, Execute | StartChild | WatchRuns) and step.child is None
            case CallRequested():
                return isinstance(work, Execute) and event.number == len(step.tape)
            case CallAnswered():
                return _is_call(work) and event.number == len(step.tape)
            case ChildStarted():
                return isinstance(work, StartChild) and step.child is None
            case ChildEnded() | ChildPaused():
                return isinstance(work, StartChild) and step.child == event.child
            case WatchedEnded():
                return step.watching is not None and event.run in step.watching.pending
            case CallbackChecked():
                return isinstance(work, AwaitCallback) and work.body != ()

    def awaits_timer(self, event: TimerFired) -> bool:
        """A timer that fires early is another one, of which nothing is wanted any more: a step has one at a time."""
        timer = self._outstanding.timer(event.node, event.item)
        return timer is not None and timer.attempt == event.attempt and event.at_us >= timer.due_us

    def take_in(self, step: Step, event: StepEvent) -> Outcome:
        """An answer that this step waits for."""
        match event:
            case AttemptSucceeded():
                return self._succeed(step, event.output, event.started_us)
            case AttemptFailed():
                self._end_attempt(step, event.started_us)
                return self._fail(step, event.failure)
            case AttemptLost():
                return self._lose(step)
            case CallRequested():
                return self._call(step, event)
            case CallAnswered():
                return self._resume(step, event.answer)
            case TimerFired():
                return self._timer_fired(step)
            case ChildStarted():
                return self._child_started(step, event)
            case ChildEnded():
                return self._child_ended(step, event)
            case ChildPaused():
                return self._child_paused(step, event)
            case WatchedEnded():
                return self._watched(step, event)
            case CallbackChecked():
                return self._checked(step, event)

    # --- attempts -----------------------------------------------------------------------------------------------------

    def begin(self, step: Step) -> Outcome:
        """The next attempt of a step."""
        now_us = self._given.now_us
        step.attempts.append(Attempt(step.attempt + 1, started_us=now_us, clock_us=now_us))
        step.tape.clear()
        step.calling = step.watching = None
        step.losses = 0
        if step.node.part in orchestration.ENGINE_PARTS:
            return self._orchestrate(step)
        return self._execute(step)

    def _execute(self, step: Step) -> Outcome:
        part, now_us = step.node.part, self._given.now_us
        digest = self._given.started.parts.get(part) if part else None
        if part is None or digest is None:
            return self._fail(step, Failure("part_unavailable", f"the part {part!r} is not known to this run"))
        if now_us >= limit_us(step):
            return self._fail(step, timed_out(step, now_us))
        command = Execute(
            node=step.name,
            item=step.item,
            attempt=step.attempt,
            part=part,
            digest=digest,
            input=step.input,
            tape=tuple(step.tape),
            timeout_ms=left_ms(step, now_us),
            clock_us=step.attempts[-1].clock_us,
            seed=self._seed(step),
        )
        self._work(step, command)
        return None

    def _work(self, step: Step, command: Execute | Perform | StartChild) -> None:
        """Ask for something to be done, or have it noted while the run is paused."""
        self._outstanding.ask(command)
        held = self._outstanding.withholding
        step.state, step.held_since_us = ("waiting", self._given.now_us) if held else ("running", None)

    def release(self, step: Step, command: Command) -> Outcome:
        """The run goes on: ask for what this step was held up with. The time that it was held up does not count."""
        held_us = self._given.now_us - (step.held_since_us or self._given.now_us)
        attempt = step.attempts[-1]
        match command:
            case Execute() if not step.tape and not step.losses:
                attempt.started_us = attempt.clock_us = self._given.now_us
                return self._execute(step)
            case Execute():
                attempt.held_us += held_us
                return self._execute(step)
            case Perform():
                attempt.held_us += held_us
                self._work(step, replace(command, timeout_ms=left_ms(step, self._given.now_us)))
            case StartChild():
                self._work(step, command)
        return None

    def begin_anew(self, step: Step) -> Outcome:
        """Somebody wants this step to be tried again: with all the retries, turns and time that the recipe gives it."""
        self._outstanding.withdraw(step)
        step.earlier, step.earlier_turns, step.resting, step.child = step.attempt, step.turn, False, None
        step.started_us = self._given.now_us
        step.turn += step.node.repeat is not None
        return self.begin(step)

    def _orchestrate(self, step: Step) -> Outcome:
        assert step.node.part is not None
        wanted = orchestration.orchestrate(step.node.part, step.input)
        match wanted:
            case Failure():
                return self._fail(step, wanted)
            case orchestration.Delay(ms=ms):
                return self._wait_until(step, self._given.now_us + ms * 1000)
            case orchestration.Until(due_us=due_us):
                return self._wait_until(step, due_us)
            case orchestration.Child():
                return self._start_child(step, wanted)
            case orchestration.Callback():
                wait = AwaitCallback(**self._wait(step), schema=wanted.schema, note=wanted.note)
                return self._await_callback(step, wait)
            case orchestration.Watch():
                return self._watch(step, wanted)

    def _end_attempt(self, step: Step, started_us: int | None = None) -> None:
        """Note when the attempt ended and, for the first execution of it, when a worker really began."""
        attempt = step.attempts[-1]
        attempt.ended_us = self._given.now_us
        if started_us is not None and not step.tape:
            attempt.started_us = started_us

    def _succeed(self, step: Step, output: Value, started_us: int | None = None) -> Outcome:
        self._end_attempt(step, started_us)
        step.attempts[-1].succeeded = True
        return Output(output) if step.node.repeat is None else self._end_turn(step, output)

    def _fail(self, step: Step, failure: Failure) -> Outcome:
        """Try again if the recipe says so and the step's deadline leaves the time for it; else the step has failed."""
        attempt, now_us = step.attempts[-1], self._given.now_us
        attempt.ended_us, attempt.failure = now_us, failure
        self._outstanding.withdraw(step)
        if overdue(step, now_us):
            return failure if failure.code == "deadline" else past_deadline(step, failure)
        delay_us = retry_delay_us(step.node.retry, step.attempt - step.earlier, failure, self._seed(step))
        if delay_us is None:
            return failure
        if overdue(step, now_us + delay_us):
            return past_deadline(step, failure)
        step.state = "retrying"
        self._start_timer(step, now_us + delay_us)
        return None

    def _retry(self, step: Step) -> Outcome:
        """Begin the next attempt, unless its timer fired so late that there is no time left for it."""
        failure = step.attempts[-1].failure
        assert failure is not None
        return past_deadline(step, failure) if overdue(step, self._given.now_us) else self.begin(step)

    def _lose(self, step: Step) -> Outcome:
        step.losses += 1
        if step.losses < MAX_LOSSES:
            return self._execute(step)
        message = f"the worker that ran this step went down {step.losses} times"
        return self._fail(step, Failure("worker_lost", message))

    # --- turns --------------------------------------------------------------------------------------------------------

    def _end_turn(self, step: Step, output: Value) -> Outcome:
        """A step that repeats has an output: it is the last one, or another turn follows."""
        repeat = step.node.repeat
        assert repeat is not None
        self._outstanding.withdraw(step)
        step.output = output
        try:
            done = self._values.until(repeat.until, step)
        except ExpressionError as error:
            return error.failure()
        return Output(output) if done else self._rest(step, repeat.every_ms * 1000, repeat.times)

    def _rest(self, step: Step, every_us: int, times: int) -> Outcome:
        turns = step.turn - step.earlier_turns
        if turns >= times:
            message = f"`until` was still not true after {turns} turns"
            return Failure("repeat_exhausted", message, details={"turns": turns})
        due_us = self._given.now_us + every_us
        if overdue(step, due_us):
            return past_repeating(step)
        step.state, step.resting = "waiting", True
        self._start_timer(step, due_us)
        return None

    def _next_turn(self, step: Step) -> Outcome:
        step.resting = False
        if overdue(step, self._given.now_us):
            return past_repeating(step)
        step.turn += 1
        step.earlier = step.attempt
        return self.begin(step)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _call(self, step: Step, event: CallRequested) -> Outcome:
        if event.number == 0:
            step.attempts[-1].started_us = event.started_us
        if event.request.get("op") == "sleep":
            return self._sleep(step, event.request)
        if event.request.get("op") == "wait_for_callback":
            return self._pause(step, event)
        part, digest = step.node.part, self._given.started.parts[step.node.part or ""]
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
            timeout_ms=left_ms(step, self._given.now_us),
        )
        self._work(step, command)
        return None

    def _sleep(self, step: Step, request: Mapping[str, Value]) -> Outcome:
        ms = request.get("ms")
        step.calling = (request, {})
        if not _is_wait(ms):
            return self._resume(step, _refused("request_invalid", "`ms` must be a number from 0"))
        self._outstanding.drop_work(step)
        step.state = "waiting"
        self._start_timer(step, min(self._given.now_us + ceil(ms * 1000), limit_us(step)))
        return None

    def _resume(self, step: Step, answer: Mapping[str, Value]) -> Outcome:
        """Put the answer on the tape and run the part again from its beginning."""
        assert step.calling is not None
        self._outstanding.withdraw(step)
        step.tape.append((step.calling[0], answer))
        step.calling = None
        return self._execute(step)

    # --- timers -------------------------------------------------------------------------------------------------------

    def _wait_until(self, step: Step, due_us: int) -> Outcome:
        if due_us <= self._given.now_us:
            return self._finish_wait(step)
        step.state = "waiting"
        self._start_timer(step, min(due_us, limit_us(step)))
        return None

    def _start_timer(self, step: Step, due_us: int) -> None:
        self._outstanding.ask(StartTimer(node=step.name, item=step.item, attempt=step.attempt, due_us=due_us))

    def _timer_fired(self, step: Step) -> Outcome:
        """What a timer means follows from what the step is doing and from what the timer was set to.

        A wait that was to be over in time is over, however late the news of it: a service that was down is no time-out.
        """
        timer = self._outstanding.drop_timer(step.name, step.item)
        assert timer is not None
        if step.state == "retrying":
            return self._retry(step)
        if step.resting:
            return self._next_turn(step)
        if timer.due_us >= limit_us(step):
            self._outstanding.interrupt(step)
            return self._out_of_time(step)
        if step.calling is None:
            return self._finish_wait(step)
        if step.calling[0].get("op") == "wait_for_callback":
            return self._resume(step, _refused("timeout", "nobody called in time"))
        return self._resume(step, {"ok": True})

    def _out_of_time(self, step: Step) -> Outcome:
        """The attempt has had its time. Some waits are to succeed with what there is then, but for a deadline."""
        part, now_us = step.node.part, self._given.now_us
        wanted = orchestration.orchestrate(part, step.input) if part in orchestration.ENGINE_PARTS and part else None
        match wanted:
            case orchestration.Callback(on_timeout="partial") if not overdue(step, now_us):
                return self._succeed(step, None)
            case orchestration.Watch(on_timeout="partial") if not overdue(step, now_us) and step.watching:
                return self._succeed(step, watching.output(step.watching))
        return self._fail(step, timed_out(step, now_us))

    def _finish_wait(self, step: Step) -> Outcome:
        return self._succeed(step, {"waited_ms": (self._given.now_us - step.attempts[-1].started_us) // 1000})

    # --- children -----------------------------------------------------------------------------------------------------

    def _start_child(self, step: Step, child: orchestration.Child) -> Outcome:
        depth = self._given.started.depth + 1
        if depth > orchestration.MAX_DEPTH:
            message = f"runs may start runs {orchestration.MAX_DEPTH} deep; does a recipe start itself without an end?"
            return self._fail(step, Failure("too_deep", message))
        step.child = None
        command = StartChild(
            node=step.name,
            item=step.item,
            attempt=step.attempt,
            workflow=child.workflow,
            input=child.input,
            wait=child.wait,
            once=self._seed(step),
            key=child.key,
            depth=depth,
        )
        self._work(step, command)
        return None

    def _child_started(self, step: Step, event: ChildStarted) -> Outcome:
        step.child = event.child
        command = self._outstanding.work(step.name, step.item)
        assert isinstance(command, StartChild)
        if not command.wait:
            return self._succeed(step, {"run_id": event.child, "workflow": event.workflow, "status": "started"})
        self._wait_within_limit(step)
        return None

    def _child_paused(self, step: Step, event: ChildPaused) -> Outcome:
        command = self._outstanding.work(step.name, step.item)
        assert isinstance(command, StartChild)
        return self._succeed(step, {"run_id": event.child, "workflow": command.workflow, "status": "running_async"})

    def _child_ended(self, step: Step, event: ChildEnded) -> Outcome:
        command = self._outstanding.work(step.name, step.item)
        assert isinstance(command, StartChild)
        about = {"run_id": event.child, "workflow": command.workflow, "status": event.state}
        if event.state == "succeeded":
            return self._succeed(step, {**about, "result": event.result})
        message = f"the run {event.child} of {command.workflow!r} {_ENDED_AS[event.state]}{_why(event.failure)}"
        retryable = event.failure is not None and event.failure.retryable
        return self._fail(step, Failure("child_failed", message, retryable, {**about, **_cause(event)}))

    def _watch(self, step: Step, watch: orchestration.Watch) -> Outcome:
        step.watching = watching.begin(watch)
        if not watch.runs:
            return self._succeed(step, watching.output(step.watching))
        self._outstanding.ask(WatchRuns(node=step.name, item=step.item, attempt=step.attempt, runs=watch.runs))
        self._wait_within_limit(step)
        return None

    def _watched(self, step: Step, event: WatchedEnded) -> Outcome:
        watch = orchestration.orchestrate(step.node.part or "", step.input)
        assert step.watching is not None and isinstance(watch, orchestration.Watch)
        watching.note(step.watching, event)
        verdict = watching.verdict(step.watching, watch)
        if verdict == "go_on":
            return None
        self._outstanding.interrupt(step)
        if verdict == "succeed":
            return self._succeed(step, watching.output(step.watching))
        return self._fail(step, watching.failure(step.watching))

    def _wait_within_limit(self, step: Step) -> None:
        step.state = "waiting"
        if limit_us(step) != NEVER:
            self._start_timer(step, limit_us(step))

    # --- callbacks ----------------------------------------------------------------------------------------------------

    def awaits_callback(self, step: Step, event: CallbackReceived) -> bool:
        """Whether the wait that is called has begun, or may still begin."""
        return not step.ended and (event.turn, event.number) >= (step.turn, _waits_on(step.tape))

    def call_back(self, step: Step, event: CallbackReceived) -> Outcome:
        """Somebody called. When this step does not wait for it yet, it is kept."""
        work = self._outstanding.work(step.name, step.item)
        if isinstance(work, AwaitCallback) and (work.turn, work.number) == (event.turn, event.number):
            return self._called_back(step, work, event.body)
        return None

    def _pause(self, step: Step, event: CallRequested) -> Outcome:
        """A part waits for a callback, as a call."""
        request = event.request
        step.calling = (request, {})
        timeout_ms, schema, note = request.get("timeout_ms"), request.get("schema"), request.get("note")
        if timeout_ms is not None and not _is_wait(timeout_ms):
            return self._resume(step, _refused("request_invalid", "`timeout_ms` must be a number from 0"))
        if schema is not None and not isinstance(schema, dict | bool):
            return self._resume(step, _refused("request_invalid", "`schema` must be a JSON Schema"))
        until_us = None if timeout_ms is None else self._given.now_us + ceil(timeout_ms * 1000)
        digest = self._given.started.parts[step.node.part or ""]
        wait = AwaitCallback(
            **self._wait(step),
            schema=schema,
            note=note if isinstance(note, str) else None,
            call=event.number,
            digest=digest,
            until_us=until_us,
        )
        return self._await_callback(step, wait)

    def _wait(self, step: Step) -> dict[str, Any]:
        number = _waits_on(step.tape)
        return {
            "node": step.name,
            "item": step.item,
            "attempt": step.attempt,
            "turn": step.turn,
            "number": number,
        }

    def _await_callback(self, step: Step, wait: AwaitCallback) -> Outcome:
        early = self._given.callbacks.get((wait.node, wait.item, wait.turn, wait.number))
        if early is not None and wait.schema is None and wait.call is None:
            return self._succeed(step, early.body)
        self._outstanding.ask(wait if early is None else replace(wait, body=(early.body,)))
        step.state = "waiting"
        due_us = min(limit_us(step), NEVER if wait.until_us is None else wait.until_us)
        if due_us != NEVER:
            self._start_timer(step, due_us)
        return None

    def _checked(self, step: Step, event: CallbackChecked) -> Outcome:
        """An early callback fits, or it does not: then it is as if it had never come."""
        wait = self._outstanding.work(step.name, step.item)
        assert isinstance(wait, AwaitCallback)
        if event.problem is None:
            return self._called_back(step, wait, wait.body[0])
        del self._given.callbacks[wait.node, wait.item, wait.turn, wait.number]
        self._outstanding.ask(replace(wait, body=()))
        return None

    def _called_back(self, step: Step, wait: AwaitCallback, body: Value) -> Outcome:
        self._outstanding.withdraw(step)
        return self._succeed(step, body) if wait.call is None else self._resume(step, {"ok": True, "body": body})

    # --- names --------------------------------------------------------------------------------------------------------

    def _seed(self, step: Step) -> str:
        return f"{self._given.started.run}:{step.name}:{dotted(step.item)}:{step.attempt}"

    def _call_key(self, step: Step, number: int) -> str:
        """The idempotency key of a call: `run:step:item:turn`, and the number of the call where it is not the first.

        The same for every attempt of a turn, so that a server that has seen the request of an earlier attempt can tell.
        """
        run, name = self._given.started.run, quote(step.name, safe="")
        key = f"{run}:{name}:{dotted(step.item)}:{step.turn}"
        return key if number == 0 else f"{key}:{number}"


def _why(failure: Failure | None) -> str:
    """Why a child did not succeed. Of a failure of its own child only the code: that message is told by that run, and
    would grow with every level that repeats it."""
    if failure is None:
        return ""
    return f" ({failure.code})" if failure.code == "child_failed" else f" ({failure.code}): {failure.message}"


def _cause(event: ChildEnded) -> dict[str, Value]:
    """Where it began, however many runs lie between: of a child's child it is the one that that child was told."""
    if event.failure is None:
        return {}
    told = (event.failure.details or {}).get("cause") if event.failure.code == "child_failed" else None
    here = {"run_id": event.child, "code": event.failure.code, "message": event.failure.message}
    return {"cause": told if isinstance(told, dict) else here}


_ENDED_AS: Mapping[str, str] = {"failed": "failed", "cancelled": "was cancelled"}


def _is_call(work: Command | None) -> bool:
    return isinstance(work, Perform) or (isinstance(work, AwaitCallback) and work.call is not None)


def _is_wait(ms: Value) -> TypeGuard[float]:
    """Whether this is a number of milliseconds that somebody may want to wait."""
    return isinstance(ms, int | float) and not isinstance(ms, bool) and 0 <= ms <= orchestration.MAX_WAIT_MS


def _waits_on(tape: Sequence[Call]) -> int:
    """How many of the calls on a tape were waits for a callback."""
    return sum(request.get("op") == "wait_for_callback" for request, _ in tape)


def _refused(code: str, message: str) -> Mapping[str, Value]:
    """The answer of a call that the run machine itself turns down."""
    return {"ok": False, "error": {"code": code, "message": message, "retryable": False}}
