"""Defects of the run machine, to be planted: what ways and attempts do."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core import attempts as attempts_module
from cypher_executor.core import machine, retries, routing
from cypher_executor.core.attempts import Attempts
from cypher_executor.core.commands import Perform
from cypher_executor.core.events import (
    AttemptSucceeded,
    CallAnswered,
    Event,
    TimerFired,
)
from cypher_executor.core.machine import Machine
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step
from tests.core.planting import defect


@defect
def a_join_counts_a_relationship_twice(patch: pytest.MonkeyPatch) -> None:
    arrive = Machine.arrive

    def twice(self: Machine, settled: Any, within: Any, **more: Any) -> None:
        self.table.steps[settled.relationship.target, within.item].taken += settled.taken
        arrive(self, settled, within, **more)

    patch.setattr(Machine, "arrive", twice)


@defect
def a_join_does_not_wait_for_all(patch: pytest.MonkeyPatch) -> None:
    decide = routing.decide

    def hasty(recipe: Any, step: Step) -> routing.Decision:
        return "run" if step.taken and step.node.join == "all" else decide(recipe, step)

    patch.setattr(machine, "decide", hasty)


@defect
def a_join_forgets_the_failure_of_a_source(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routing, "_unanswered", lambda *_: False)


@defect
def a_skip_is_not_passed_on(patch: pytest.MonkeyPatch) -> None:
    route = Machine._route
    patch.setattr(Machine, "_route", lambda self, step: None if step.state == "skipped" else route(self, step))


@defect
def a_condition_of_null_counts_as_true(patch: pytest.MonkeyPatch) -> None:
    settle = routing.settle

    def lax(step: Step, outgoing: Any, evaluate: Any) -> Any:
        return settle(step, outgoing, lambda *about: evaluate(*about) in (True, None))

    patch.setattr(machine, "settle", lax)


@defect
def otherwise_does_not_look_at_its_siblings(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routing, "_has_condition", lambda relationship: False)


@defect
def an_unhandled_failure_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Machine, "_fail_around", lambda self, step, within: False)


@defect
def one_attempt_too_few(patch: pytest.MonkeyPatch) -> None:
    delay = retries.retry_delay_us

    def early_end(policy: Any, attempt: int, *more: Any) -> int | None:
        return delay(policy, attempt + 1, *more)

    patch.setattr(attempts_module, "retry_delay_us", early_end)


@defect
def one_attempt_too_many(patch: pytest.MonkeyPatch) -> None:
    delay = retries.retry_delay_us

    def late_end(policy: Any, attempt: int, *more: Any) -> int | None:
        return delay(policy, attempt - 1, *more)

    patch.setattr(attempts_module, "retry_delay_us", late_end)


@defect
def the_attempt_of_an_answer_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    awaits = Attempts.awaits

    def careless(self: Attempts, step: Step, event: Any) -> bool:
        if not isinstance(event, AttemptSucceeded):
            return awaits(self, step, event)
        return self._outstanding.work(step.name, step.item) is not None

    patch.setattr(Attempts, "awaits", careless)


@defect
def a_late_answer_is_accepted(patch: pytest.MonkeyPatch) -> None:
    awaits = Run.awaits

    def welcoming(self: Run, event: Event) -> bool:
        step = self.steps.get((event.node, event.item)) if isinstance(event, AttemptSucceeded) else None
        late = step is not None and self.ended is None and not step.ended
        return awaits(self, event) or late

    patch.setattr(Run, "awaits", welcoming)


@defect
def the_tape_of_an_attempt_goes_on_in_the_next(patch: pytest.MonkeyPatch) -> None:
    begin = Attempts.begin

    def keeping(self: Attempts, step: Step) -> Any:
        step.tape = _Sticky(step.tape)
        return begin(self, step)

    patch.setattr(Attempts, "begin", keeping)


class _Sticky(list[Any]):
    def clear(self) -> None:
        """Keep everything."""


@defect
def the_clock_of_an_attempt_moves(patch: pytest.MonkeyPatch) -> None:
    call = Attempts._call

    def moving(self: Attempts, step: Step, event: Any) -> Any:
        step.attempts[-1].clock_us = event.at_us + 1
        return call(self, step, event)

    patch.setattr(Attempts, "_call", moving)


@defect
def a_call_may_be_answered_out_of_order(patch: pytest.MonkeyPatch) -> None:
    awaits = Attempts.awaits

    def careless(self: Attempts, step: Step, event: Any) -> bool:
        if not isinstance(event, CallAnswered):
            return awaits(self, step, event)
        work = self._outstanding.work(step.name, step.item)
        return isinstance(work, Perform) and work.attempt == event.attempt

    patch.setattr(Attempts, "awaits", careless)


@defect
def a_timer_may_fire_early(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Attempts, event: TimerFired) -> bool:
        timer = self._outstanding.timer(event.node, event.item)
        return timer is not None and timer.attempt == event.attempt

    patch.setattr(Attempts, "awaits_timer", careless)
