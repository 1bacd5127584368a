"""The laws are worth something: each of these machines is broken on purpose, and the suite of laws must say so.

A defect is planted into the run machine, random worlds are played in it, and some law has to be broken within
`WORLDS` of them. That the same worlds are fine without the defect is the first test here.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from cypher_executor.core import retries, routing
from cypher_executor.core import run as run_module
from cypher_executor.core.commands import Perform, StartTimer
from cypher_executor.core.events import AttemptSucceeded, CallAnswered, Event, TimerFired
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step
from tests.core.laws import check_replays
from tests.core.oracle import Oracle
from tests.core.world import World, random_recipe

WORLDS = 400

Plant = Callable[[pytest.MonkeyPatch], None]
DEFECTS: dict[str, Plant] = {}


def defect(plant: Plant) -> Plant:
    """Register a defect under its name."""
    DEFECTS[plant.__name__] = plant
    return plant


def play_worlds() -> None:
    """Play all worlds, and hold every law and the oracle against them."""
    for number in range(WORLDS):
        rng = Random(number)
        world = World(random_recipe(rng), rng)
        world.play()
        check_replays(world.recipe, world.ledger.seen)
        Oracle(world.run, world.ledger.seen).check()


def test_without_a_defect_these_worlds_keep_every_law() -> None:
    play_worlds()


# --- routing ----------------------------------------------------------------------------------------------------------


@defect
def a_join_counts_a_relationship_twice(patch: pytest.MonkeyPatch) -> None:
    arrive = Run._arrive

    def twice(self: Run, target: Step, settled: Any, from_cleaning: bool) -> None:
        target.taken += settled.taken
        arrive(self, target, settled, from_cleaning)

    patch.setattr(Run, "_arrive", twice)


@defect
def a_join_does_not_wait_for_all(patch: pytest.MonkeyPatch) -> None:
    decide = routing.decide

    def hasty(recipe: Any, step: Step, steps: Any, taken: Any) -> routing.Decision:
        return "run" if step.taken and step.node.join == "all" else decide(recipe, step, steps, taken)

    patch.setattr(run_module, "decide", hasty)


@defect
def a_join_forgets_the_failure_of_a_source(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routing, "_unanswered", lambda *_: False)


@defect
def a_skip_is_not_passed_on(patch: pytest.MonkeyPatch) -> None:
    route = Run._route
    patch.setattr(Run, "_route", lambda self, step: None if step.state == "skipped" else route(self, step))


@defect
def a_condition_of_null_counts_as_true(patch: pytest.MonkeyPatch) -> None:
    settle = routing.settle

    def lax(step: Step, outgoing: Any, evaluate: Any) -> Any:
        return settle(step, outgoing, lambda *about: evaluate(*about) in (True, None))

    patch.setattr(run_module, "settle", lax)


@defect
def otherwise_does_not_look_at_its_siblings(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routing, "_has_condition", lambda relationship: False)


@defect
def an_unhandled_failure_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "_note_unhandled", lambda self, step: None)


# --- attempts ---------------------------------------------------------------------------------------------------------


@defect
def one_attempt_too_few(patch: pytest.MonkeyPatch) -> None:
    delay = retries.retry_delay_us

    def early_end(policy: Any, attempt: int, *more: Any) -> int | None:
        return delay(policy, attempt + 1, *more)

    patch.setattr(run_module, "retry_delay_us", early_end)


@defect
def one_attempt_too_many(patch: pytest.MonkeyPatch) -> None:
    delay = retries.retry_delay_us

    def late_end(policy: Any, attempt: int, *more: Any) -> int | None:
        return delay(policy, attempt - 1, *more)

    patch.setattr(run_module, "retry_delay_us", late_end)


@defect
def the_attempt_of_an_answer_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    awaits = Run._awaits_answer

    def careless(self: Run, event: Any) -> bool:
        step = self.steps.get(event.node)
        if step is None or not isinstance(event, AttemptSucceeded):
            return awaits(self, event)
        return (step.name, step.item, "work") in self._outstanding

    patch.setattr(Run, "_awaits_answer", careless)


@defect
def a_late_answer_is_accepted(patch: pytest.MonkeyPatch) -> None:
    awaits = Run.awaits

    def welcoming(self: Run, event: Event) -> bool:
        late = isinstance(event, AttemptSucceeded) and event.node in self.steps and self.ended is None
        return awaits(self, event) or (late and not self.steps[event.node].ended)  # type: ignore[union-attr]

    patch.setattr(Run, "awaits", welcoming)


@defect
def the_tape_of_an_attempt_goes_on_in_the_next(patch: pytest.MonkeyPatch) -> None:
    begin = Run._begin_attempt

    def keeping(self: Run, step: Step) -> None:
        tape = list(step.tape)
        step.tape = _Sticky(tape)
        begin(self, step)

    patch.setattr(Run, "_begin_attempt", keeping)


class _Sticky(list[Any]):
    def clear(self) -> None:
        """Keep everything."""


@defect
def the_clock_of_an_attempt_moves(patch: pytest.MonkeyPatch) -> None:
    call = Run._call

    def moving(self: Run, step: Step, event: Any) -> None:
        step.attempts[-1].clock_us = event.at_us + 1
        call(self, step, event)

    patch.setattr(Run, "_call", moving)


@defect
def a_call_may_be_answered_out_of_order(patch: pytest.MonkeyPatch) -> None:
    awaits = Run._awaits_answer

    def careless(self: Run, event: Any) -> bool:
        if not isinstance(event, CallAnswered) or event.item:
            return awaits(self, event)
        work = self._outstanding.get((event.node, event.item, "work"))
        return isinstance(work, Perform) and work.attempt == event.attempt

    patch.setattr(Run, "_awaits_answer", careless)


@defect
def a_timer_may_fire_early(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Run, event: TimerFired) -> bool:
        timer = self._outstanding.get((event.node, event.item, "timer"))
        return isinstance(timer, StartTimer) and timer.attempt == event.attempt

    patch.setattr(Run, "_awaits_timer", careless)


# --- the run ----------------------------------------------------------------------------------------------------------


@defect
def closing_skips_cleaning_up(patch: pytest.MonkeyPatch) -> None:
    begin = Run._begin

    def stop(self: Run, step: Step) -> None:
        if self._closing is None:
            begin(self, step)
        else:
            self._end(step, "skipped")

    patch.setattr(Run, "_begin", stop)


@defect
def a_cancelled_step_is_not_interrupted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "_interrupt", Run._withdraw)


@defect
def closing_forgets_a_step_that_retries(patch: pytest.MonkeyPatch) -> None:
    close = Run._close

    def forgetful(self: Run, *about: Any) -> None:
        retrying = [step for step in self.steps.values() if step.state == "retrying"]
        for step in retrying:
            step.state = "pending"
        close(self, *about)

    patch.setattr(Run, "_close", forgetful)


@defect
def the_end_is_asked_for_before_the_last_step(patch: pytest.MonkeyPatch) -> None:
    begin = Run._begin_run

    def short(self: Run, event: Any) -> None:
        begin(self, event)
        self._open = max(0, self._open - 1)

    patch.setattr(Run, "_begin_run", short)


@defect
def the_time_of_a_replay_is_another(patch: pytest.MonkeyPatch) -> None:
    runs = iter(range(10**9))
    init = Run.__init__

    def late(self: Run, recipe: Any) -> None:
        init(self, recipe)
        self._number = next(runs)  # type: ignore[attr-defined]

    seed = Run._seed
    patch.setattr(Run, "__init__", late)
    patch.setattr(Run, "_seed", lambda self, step: f"{seed(self, step)}{self._number}")


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DEFECTS[name](monkeypatch)
    with pytest.raises(AssertionError):
        play_worlds()
