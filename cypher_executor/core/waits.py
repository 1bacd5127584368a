"""What a step does while nothing is executed for it: it waits for time to pass, for a run that it has started, for the
ends of other runs, or for a callback. `attempts.py` decides when a step waits, and what follows when that is over.

A wait is a command that is outstanding (`StartChild`, `WatchRuns`, `AwaitCallback`), a timer, or both: a timer that is
due at the step's own limit ends the wait, any other is the wait. Most waits are the whole attempt; a part may also wait
in a call, and then the end of the wait is the answer on its tape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, TypeGuard

from cypher_executor.core import orchestration, watching
from cypher_executor.core.commands import AwaitCallback, Call, StartChild, WatchRuns
from cypher_executor.core.events import (
    CallbackChecked,
    CallbackReceived,
    CallRequested,
    ChildEnded,
    ChildPaused,
    ChildStarted,
    WatchedEnded,
)
from cypher_executor.core.limits import NEVER, limit_us, overdue, timed_out
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.recipe import Value
from cypher_executor.core.step import Output, Step
from cypher_executor.core.values import Given
from cypher_executor.errors import Failure

WaitEvent = ChildStarted | ChildEnded | ChildPaused | WatchedEnded | CallbackChecked


@dataclass(frozen=True, slots=True)
class Answer:
    """A part waited in a call, and finds this on its tape."""

    given: Mapping[str, Value]


Waited = Output | Answer | Failure | None
"""What a wait has come to; None while it goes on."""


class Waits:
    """Begins and ends the waits of steps. `given` is what time it is, `outstanding` takes the commands."""

    def __init__(self, given: Given, outstanding: Outstanding) -> None:
        self._given = given
        self._outstanding = outstanding

    def awaits(self, step: Step, event: WaitEvent) -> bool:
        """Whether an answer for the newest attempt of a step is one that it waits for."""
        work = self._outstanding.work(step.name, step.item)
        match event:
            case ChildStarted():
                return isinstance(work, StartChild) and step.child is None
            case ChildEnded() | ChildPaused():
                return isinstance(work, StartChild) and step.child == event.child
            case WatchedEnded():
                return isinstance(work, WatchRuns) and step.watching is not None and event.run in step.watching.pending
            case CallbackChecked():
                return isinstance(work, AwaitCallback) and work.body != ()

    def take_in(self, step: Step, event: WaitEvent) -> Waited:
        """An answer that this step waits for."""
        match event:
            case ChildStarted():
                return self._child_started(step, event)
            case ChildEnded():
                return self._child_ended(step, event)
            case ChildPaused():
                return Output({**self._about_child(step, event), "status": "running_async"})
            case WatchedEnded():
                return self._watched(step, event)
            case CallbackChecked():
                return self._checked(step, event)

    def begin(self, step: Step, wanted: orchestration.Orchestrated, once: str) -> Waited:
        """What a part that runs in the engine asks for. `once` names the attempt, for whoever starts its child."""
        match wanted:
            case Failure():
                return wanted
            case orchestration.Delay(ms=ms):
                return self._wait_until(step, self._given.now_us + ms * 1000)
            case orchestration.Until(due_us=due_us):
                return self._wait_until(step, due_us)
            case orchestration.Child():
                return self._start_child(step, wanted, once)
            case orchestration.Callback():
                wait = AwaitCallback(**self._wait(step), schema=wanted.schema, note=wanted.note)
                return self._await_callback(step, wait)
            case orchestration.Watch():
                return self._watch(step, wanted)

    # --- time ---------------------------------------------------------------------------------------------------------

    def _wait_until(self, step: Step, due_us: int) -> Waited:
        if due_us <= self._given.now_us:
            return self.timer_over(step)
        self._outstanding.start_timer(step, min(due_us, limit_us(step)))
        return None

    def sleep(self, step: Step, request: Mapping[str, Value]) -> Waited:
        """A part sleeps, as a call."""
        ms = request.get("ms")
        if not _is_wait(ms):
            return _refused("request_invalid", "`ms` must be a number from 0")
        self._outstanding.drop_work(step)
        self._outstanding.start_timer(step, min(self._given.now_us + ceil(ms * 1000), limit_us(step)))
        return None

    def timer_over(self, step: Step) -> Waited:
        """The timer of a wait has fired, and not because the step's time is over."""
        if step.calling is None:
            return Output({"waited_ms": (self._given.now_us - step.attempts[-1].started_us) // 1000})
        if step.calling[0].get("op") == "wait_for_callback":
            return _refused("timeout", "nobody called in time")
        return Answer({"ok": True})

    def out_of_time(self, step: Step) -> Waited:
        """The attempt has had its time. Some waits are to succeed with what there is then, but for a deadline."""
        part, now_us = step.node.part, self._given.now_us
        wanted = orchestration.orchestrate(part, step.input) if part in orchestration.ENGINE_PARTS and part else None
        match wanted:
            case orchestration.Callback(on_timeout="partial") if not overdue(step, now_us):
                return Output(None)
            case orchestration.Watch(on_timeout="partial") if not overdue(step, now_us) and step.watching:
                return Output(watching.output(step.watching))
        return timed_out(step, now_us)

    def is_limited(self, step: Step) -> bool:
        """Whether the timer that a step has going is the end of its time, and not a wait of its own."""
        timer = self._outstanding.timer(step.name, step.item)
        waits = step.state == "waiting" and not step.resting
        return waits and timer is not None and timer.due_us >= limit_us(step)

    def renew(self, step: Step, *, limited: bool) -> None:
        """The run was reopened: who waits for somebody does so from now on. A time that was waited for stays."""
        wait = self._outstanding.work(step.name, step.item)
        if isinstance(wait, AwaitCallback):
            request = {} if step.calling is None else step.calling[0]
            self._ask(step, replace(wait, until_us=self._until(request.get("timeout_ms"))))
        elif limited:
            self._wait_within_limit(step)

    def _wait_within_limit(self, step: Step) -> None:
        step.state = "waiting"
        if limit_us(step) != NEVER:
            self._outstanding.start_timer(step, limit_us(step))

    # --- children -----------------------------------------------------------------------------------------------------

    def _start_child(self, step: Step, child: orchestration.Child, once: str) -> Waited:
        depth = self._given.started.depth + 1
        if depth > orchestration.MAX_DEPTH:
            message = f"runs may start runs {orchestration.MAX_DEPTH} deep; does a recipe start itself without an end?"
            return Failure("too_deep", message)
        step.child = None
        command = StartChild(
            node=step.name,
            item=step.item,
            attempt=step.attempt,
            workflow=child.workflow,
            input=child.input,
            wait=child.wait,
            once=once,
            key=child.key,
            depth=depth,
            share=step.share,
        )
        self._outstanding.begin(step, command, self._given.now_us)
        return None

    def _child_started(self, step: Step, event: ChildStarted) -> Waited:
        step.child = event.child
        command = self._outstanding.work(step.name, step.item)
        assert isinstance(command, StartChild)
        if not command.wait:
            return Output({"run_id": event.child, "workflow": event.workflow, "status": "started"})
        self._wait_within_limit(step)
        return None

    def _child_ended(self, step: Step, event: ChildEnded) -> Waited:
        about = {**self._about_child(step, event), "status": event.state}
        if event.state == "succeeded":
            return Output({**about, "result": event.result})
        message = f"the run {event.child} of {about['workflow']!r} {_ENDED_AS[event.state]}{_why(event.failure)}"
        retryable = event.failure is not None and event.failure.retryable
        return Failure("child_failed", message, retryable, {**about, **_cause(event)})

    def _about_child(self, step: Step, event: ChildEnded | ChildPaused) -> dict[str, Value]:
        command = self._outstanding.work(step.name, step.item)
        assert isinstance(command, StartChild)
        return {"run_id": event.child, "workflow": command.workflow}

    # --- other runs ---------------------------------------------------------------------------------------------------

    def _watch(self, step: Step, watch: orchestration.Watch) -> Waited:
        step.watching = watching.begin(watch)
        if not watch.runs:
            return Output(watching.output(step.watching))
        self._outstanding.ask(WatchRuns(node=step.name, item=step.item, attempt=step.attempt, runs=watch.runs))
        self._wait_within_limit(step)
        return None

    def _watched(self, step: Step, event: WatchedEnded) -> Waited:
        assert step.watching is not None
        watching.note(step.watching, event)
        verdict = watching.verdict(step.watching)
        if verdict == "go_on":
            return None
        self._outstanding.interrupt(step)
        return Output(watching.output(step.watching)) if verdict == "succeed" else watching.failure(step.watching)

    # --- callbacks ----------------------------------------------------------------------------------------------------

    def awaits_callback(self, step: Step, event: CallbackReceived) -> bool:
        """Whether the wait that is called has begun, or may still begin. Between two turns the former one is over."""
        if step.ended or (step.resting and event.turn <= step.turn):
            return False
        return (event.turn, event.number) >= (step.turn, _waits_on(step.tape))

    def call_back(self, step: Step, event: CallbackReceived) -> Waited:
        """Somebody called. When this step does not wait for it yet, it is kept."""
        work = self._outstanding.work(step.name, step.item)
        if isinstance(work, AwaitCallback) and (work.turn, work.number) == (event.turn, event.number):
            return self._called_back(step, work, event.body)
        return None

    def pause(self, step: Step, event: CallRequested) -> Waited:
        """A part waits for a callback, as a call."""
        timeout_ms, schema, note = (event.request.get(name) for name in ("timeout_ms", "schema", "note"))
        if timeout_ms is not None and not _is_wait(timeout_ms):
            return _refused("request_invalid", "`timeout_ms` must be a number from 0")
        if schema is not None and not isinstance(schema, dict | bool):
            return _refused("request_invalid", "`schema` must be a JSON Schema")
        wait = AwaitCallback(
            **self._wait(step),
            schema=schema,
            note=note if isinstance(note, str) else None,
            call=event.number,
            digest=self._given.started.parts[step.node.part or ""],
            until_us=self._until(timeout_ms),
        )
        return self._await_callback(step, wait)

    def _until(self, timeout_ms: Value) -> int | None:
        return None if timeout_ms is None else self._given.now_us + ceil(timeout_ms * 1000)

    def _wait(self, step: Step) -> dict[str, Any]:
        """What names a wait."""
        number = _waits_on(step.tape)
        return {
            "node": step.name,
            "item": step.item,
            "attempt": step.attempt,
            "turn": step.turn,
            "number": number,
        }

    def _await_callback(self, step: Step, wait: AwaitCallback) -> Waited:
        early = self._given.callbacks.get((wait.node, wait.item, wait.turn, wait.number))
        if early is not None and wait.schema is None and wait.call is None:
            return Output(early.body)
        self._ask(step, wait if early is None else replace(wait, body=(early.body,)))
        return None

    def _ask(self, step: Step, wait: AwaitCallback) -> None:
        self._outstanding.ask(wait)
        step.state = "waiting"
        due_us = min(limit_us(step), NEVER if wait.until_us is None else wait.until_us)
        if due_us != NEVER:
            self._outstanding.start_timer(step, due_us)

    def _checked(self, step: Step, event: CallbackChecked) -> Waited:
        """An early callback fits, or it does not: then it is as if it had never come."""
        wait = self._outstanding.work(step.name, step.item)
        assert isinstance(wait, AwaitCallback)
        if event.problem is None:
            return self._called_back(step, wait, wait.body[0])
        del self._given.callbacks[wait.node, wait.item, wait.turn, wait.number]
        self._outstanding.ask(replace(wait, body=()))
        return None

    def _called_back(self, step: Step, wait: AwaitCallback, body: Value) -> Waited:
        self._outstanding.withdraw(step)
        return Output(body) if wait.call is None else Answer({"ok": True, "body": body})


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


def _is_wait(ms: Value) -> TypeGuard[float]:
    """Whether this is a number of milliseconds that somebody may want to wait."""
    return isinstance(ms, int | float) and not isinstance(ms, bool) and 0 <= ms <= orchestration.MAX_WAIT_MS


def _waits_on(tape: Sequence[Call]) -> int:
    """How many of the calls on a tape were waits for a callback."""
    return sum(request.get("op") == "wait_for_callback" for request, _ in tape)


def _refused(code: str, message: str) -> Answer:
    """The answer of a call that the run machine itself turns down."""
    return Answer({"ok": False, "error": {"code": code, "message": message, "retryable": False}})
