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

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from cypher_executor.core import orchestration
from cypher_executor.core.commands import (
    AwaitCallback,
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
    CallbackReceived,
    CallRequested,
    StepEvent,
    TimerFired,
)
from cypher_executor.core.limits import (
    deadline_us,
    left_ms,
    limit_us,
    overdue,
    past_deadline,
    past_repeating,
    timed_out,
)
from cypher_executor.core.outstanding import Outstanding, Pausable
from cypher_executor.core.recipe import Value
from cypher_executor.core.retries import retry_delay_us
from cypher_executor.core.step import Attempt, Outcome, Output, Step
from cypher_executor.core.values import Given, Values, dotted
from cypher_executor.core.waits import Answer, Waited, Waits
from cypher_executor.errors import ExpressionError, Failure

MAX_LOSSES = 3
"""How many workers one attempt may take down before its step fails with `worker_lost`."""


class Attempts:
    """Moves steps from attempt to attempt. `given` is what time it is, `outstanding` takes the commands."""

    def __init__(self, given: Given, outstanding: Outstanding, values: Values) -> None:
        self._given = given
        self._outstanding = outstanding
        self._values = values
        self._waits = Waits(given, outstanding)

    def awaits(self, step: Step, event: StepEvent) -> bool:
        """Whether an answer is one that this step waits for."""
        if isinstance(event, TimerFired):
            return self.awaits_timer(event)
        if step.attempt != event.attempt or self._outstanding.withholds(step):
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
            case _:
                return self._waits.awaits(step, event)

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
            case _:
                return self._after(step, self._waits.take_in(step, event))

    def awaits_callback(self, step: Step, event: CallbackReceived) -> bool:
        """Whether the wait that is called has begun, or may still begin."""
        return self._waits.awaits_callback(step, event)

    def call_back(self, step: Step, event: CallbackReceived) -> Outcome:
        """Somebody called."""
        return self._after(step, self._waits.call_back(step, event))

    # --- attempts -----------------------------------------------------------------------------------------------------

    def begin(self, step: Step) -> Outcome:
        """The next attempt of a step."""
        now_us = self._given.now_us
        step.attempts.append(Attempt(step.attempt + 1, started_us=now_us, clock_us=now_us))
        step.tape.clear()
        step.calling = step.watching = None
        step.losses = 0
        try:
            step.share = self._values.share_of(step)
        except ExpressionError as error:
            return self._fail(step, error.failure())
        if step.node.part is not None and step.node.part in orchestration.ENGINE_PARTS:
            wanted = orchestration.orchestrate(step.node.part, step.input)
            outcome = self._after(step, self._waits.begin(step, wanted, self._seed(step)))
            self._bound(step)
            return outcome
        return self._execute(step)

    def _execute(self, step: Step) -> Outcome:
        part, now_us = step.node.part, self._given.now_us
        digest = self._given.started.parts.get(part) if part else None
        if part is None or digest is None:
            why = "it was missing, switched off, or its grants were not approved"
            message = f"the part {part!r} could not be used when the run began: {why}; mend that and start a new run"
            return self._fail(step, Failure("part_unavailable", message))
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
            share=step.share,
        )
        self._outstanding.begin(step, command, now_us)
        self._bound(step)
        return None

    def _bound(self, step: Step) -> None:
        """Whoever may have to wait for a place is told of no limit meanwhile: let a timer see to the deadline."""
        if step.node.deadline_ms is None or step.share is None or self._outstanding.withholding:
            return
        work = self._outstanding.work(step.name, step.item)
        if isinstance(work, Execute | StartChild) and work.share is not None:
            due_us = deadline_us(step)
            self._outstanding.ask(StartTimer(node=step.name, item=step.item, attempt=step.attempt, due_us=due_us))

    def _after(self, step: Step, waited: Waited) -> Outcome:
        """What follows from what a wait has come to."""
        match waited:
            case Output(value=value):
                return self._succeed(step, value)
            case Answer(given=answer):
                return self._resume(step, answer)
            case Failure():
                return self._fail(step, waited)
        return None

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
        self._outstanding.start_timer(step, now_us + delay_us, "retrying")
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
        step.resting = True
        self._outstanding.start_timer(step, due_us)
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
        step.calling = (event.request, {})
        match event.request.get("op"):
            case "sleep":
                return self._after(step, self._waits.sleep(step, event.request))
            case "wait_for_callback":
                return self._after(step, self._waits.pause(step, event))
        return self._perform(step, event)

    def _perform(self, step: Step, event: CallRequested) -> Outcome:
        part, digest = step.node.part, self._given.started.parts[step.node.part or ""]
        assert part is not None
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
        self._outstanding.begin(step, command, self._given.now_us)
        return None

    def _resume(self, step: Step, answer: Mapping[str, Value]) -> Outcome:
        """Put the answer on the tape and run the part again from its beginning."""
        assert step.calling is not None
        self._outstanding.withdraw(step)
        step.tape.append((step.calling[0], answer))
        step.calling = None
        return self._execute(step)

    # --- timers -------------------------------------------------------------------------------------------------------

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
            return self._after(step, self._waits.out_of_time(step))
        return self._after(step, self._waits.timer_over(step))

    # --- runs that were paused or have ended go on --------------------------------------------------------------------

    def release(self, step: Step, command: Pausable) -> Outcome:
        """The run goes on: ask for what this step was held up with. The time that it was held up does not count."""
        held_us = self._given.now_us - (step.held_since_us or self._given.now_us)
        step.held_us += held_us
        return self._go_on(step, command, held_us)

    def renew(self, step: Step) -> Outcome:
        """The run was reopened: what this step has not ended begins in the present, with all the time that it may take.

        A child that it waits for was cancelled with the run, so that it takes another attempt to start another.
        """
        now_us, attempt = self._given.now_us, step.attempts[-1]
        work, limited = self._outstanding.work(step.name, step.item), self._waits.is_limited(step)
        anew, step.anew = step.anew, False
        if isinstance(work, StartChild) and work.wait and not anew:
            return self.begin_anew(step)
        step.started_us, step.held_us = now_us, 0
        held_us = now_us - attempt.started_us - attempt.held_us
        if isinstance(work, Pausable):
            return self._go_on(step, work, held_us)
        attempt.held_us += held_us
        self._waits.renew(step, limited=limited)
        return None

    def _go_on(self, step: Step, command: Pausable, held_us: int) -> Outcome:
        attempt, now_us = step.attempts[-1], self._given.now_us
        if isinstance(command, Execute) and not step.tape and not step.losses:
            attempt.started_us, attempt.clock_us, attempt.held_us = now_us, now_us, 0
        else:
            attempt.held_us += held_us
        match command:
            case Execute():
                return self._execute(step)
            case Perform():
                command = replace(command, timeout_ms=left_ms(step, now_us))
        self._outstanding.begin(step, command, now_us)
        self._bound(step)
        return None

    def begin_anew(self, step: Step) -> Outcome:
        """Somebody wants this step to be tried again: with all the retries, turns and time that the recipe gives it."""
        self._outstanding.withdraw(step)
        step.earlier, step.earlier_turns, step.resting, step.child = step.attempt, step.turn, False, None
        step.started_us, step.held_us = self._given.now_us, 0
        step.turn += step.node.repeat is not None
        return self.begin(step)

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


def _is_call(work: Command | None) -> bool:
    return isinstance(work, Perform) or (isinstance(work, AwaitCallback) and work.call is not None)
