"""The laws are worth something: each of these machines is broken on purpose, and the suite of laws must say so.

A defect is planted into the run machine, random worlds are played in it, and some law has to be broken within
`WORLDS` of them. The first that shows it is remembered in `FOUND_IN` and played first; that all of these worlds are
fine without a defect is the first test here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

import pytest

from cypher_executor.core import attempts as attempts_module
from cypher_executor.core import outstanding, replay, retries, routing, watching
from cypher_executor.core import run as run_module
from cypher_executor.core.attempts import Attempts
from cypher_executor.core.commands import Perform
from cypher_executor.core.events import (
    AttemptSucceeded,
    CallAnswered,
    CallbackReceived,
    Event,
    RunEnded,
    RunReopened,
    TimerFired,
    WatchedEnded,
)
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.run import Run
from cypher_executor.core.step import Output, Step
from cypher_executor.core.table import LoopState, Table
from cypher_executor.core.values import Values
from cypher_executor.core.waits import Waits
from cypher_executor.errors import Failure
from tests.core.laws import check_replays
from tests.core.oracle import Oracle
from tests.core.world import PARTS, WAITING_PARTS, World, random_recipe

WORLDS = 1500

Plant = Callable[[pytest.MonkeyPatch], None]
DEFECTS: dict[str, Plant] = {}


def defect(plant: Plant) -> Plant:
    """Register a defect under its name."""
    DEFECTS[plant.__name__] = plant
    return plant


def play_world(number: int) -> None:
    """Play one world, and hold every law and the oracle against it. In some the run is reopened, or mostly waits."""
    rng = Random(number)
    recipe = random_recipe(rng, WAITING_PARTS if number % 4 == 3 else PARTS)
    world = World(recipe, rng, lives=(1, 2, 1, 3)[number % 4])
    world.play()
    check_replays(world.recipe, world.ledger.seen)
    if not world.reopened:
        Oracle(world.run, world.ledger.seen).check()


def test_without_a_defect_these_worlds_keep_every_law() -> None:
    for number in sorted({*range(40), *FOUND_IN.values()}):
        play_world(number)


# --- routing ----------------------------------------------------------------------------------------------------------


@defect
def a_join_counts_a_relationship_twice(patch: pytest.MonkeyPatch) -> None:
    arrive = Run._arrive

    def twice(self: Run, settled: Any, within: Any, **more: Any) -> None:
        self.steps[settled.relationship.target, within.item].taken += settled.taken
        arrive(self, settled, within, **more)

    patch.setattr(Run, "_arrive", twice)


@defect
def a_join_does_not_wait_for_all(patch: pytest.MonkeyPatch) -> None:
    decide = routing.decide

    def hasty(recipe: Any, step: Step) -> routing.Decision:
        return "run" if step.taken and step.node.join == "all" else decide(recipe, step)

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
    patch.setattr(Run, "_fail_around", lambda self, step, within: False)


# --- attempts ---------------------------------------------------------------------------------------------------------


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
    patch.setattr(Outstanding, "interrupt", Outstanding.withdraw)


@defect
def closing_forgets_a_step_that_retries(patch: pytest.MonkeyPatch) -> None:
    going_on = Table.going_on

    def forgetful(self: Table, within: Any) -> Any:
        return (step for step in going_on(self, within) if step.state != "retrying")

    patch.setattr(Table, "going_on", forgetful)


@defect
def the_end_is_asked_for_before_the_last_step(patch: pytest.MonkeyPatch) -> None:
    begin = Run._begin_run

    def short(self: Run, event: Any) -> None:
        begin(self, event)
        self._whole.open = max(0, self._whole.open - 1)

    patch.setattr(Run, "_begin_run", short)


@defect
def the_time_of_a_replay_is_another(patch: pytest.MonkeyPatch) -> None:
    runs = iter(range(10**9))
    init, seed = Attempts.__init__, Attempts._seed

    def late(self: Attempts, *about: Any) -> None:
        init(self, *about)
        self._number = next(runs)  # type: ignore[attr-defined]

    patch.setattr(Attempts, "__init__", late)
    patch.setattr(Attempts, "_seed", lambda self, step: f"{seed(self, step)}{self._number}")


# --- loops and turns --------------------------------------------------------------------------------------------------


@defect
def a_loop_takes_no_notice_of_its_concurrency(patch: pytest.MonkeyPatch) -> None:
    def unlimited(loop: LoopState) -> Any:
        assert loop.region.loop is not None
        return replace(loop.region.loop, concurrency=None)

    patch.setattr(LoopState, "loop", property(unlimited))


@defect
def the_last_item_of_a_loop_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    begin = Run._begin_items
    patch.setattr(Run, "_begin_items", lambda self, loop, items: begin(self, loop, items[:-1] or items))


@defect
def a_list_of_outputs_is_in_another_order(patch: pytest.MonkeyPatch) -> None:
    read = Values._list

    def reversing(self: Values, way: Any, item: Any, name: str) -> Any:
        found = read(self, way, item, name)
        return found[::-1] if way and isinstance(found, list) else found

    patch.setattr(Values, "_list", reversing)


@defect
def a_loop_that_was_stopped_is_collected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LoopState, "complete", property(lambda loop: not loop.stillborn and not loop.cancelled))


@defect
def a_loop_that_stops_goes_on_with_its_items(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LoopState, "stopped", property(lambda loop: loop.cancelled))


@defect
def a_loop_that_collects_stops_all_the_same(patch: pytest.MonkeyPatch) -> None:
    def stopping(loop: LoopState) -> Any:
        assert loop.region.loop is not None
        return replace(loop.region.loop, on_fail="stop")

    patch.setattr(LoopState, "loop", property(stopping))


@defect
def a_failure_stops_only_the_innermost_loop(patch: pytest.MonkeyPatch) -> None:
    around = Table.around
    patch.setattr(Table, "around", lambda self, within: islice(around(self, within), 1))


@defect
def what_is_no_list_is_an_empty_one(patch: pytest.MonkeyPatch) -> None:
    items_of = Values.items_of

    def lenient(self: Values, *about: Any) -> Any:
        found = items_of(self, *about)
        return [] if isinstance(found, Failure) and found.code == "not_a_list" else found

    patch.setattr(Values, "items_of", lenient)


@defect
def one_turn_too_many(patch: pytest.MonkeyPatch) -> None:
    rest = Attempts._rest
    patch.setattr(Attempts, "_rest", lambda self, step, every_us, times: rest(self, step, every_us, times + 1))


@defect
def the_retries_of_a_turn_are_those_of_the_step(patch: pytest.MonkeyPatch) -> None:
    turn = Attempts._next_turn

    def forgetful(self: Attempts, step: Step) -> Any:
        outcome = turn(self, step)
        step.earlier = 0
        return outcome

    patch.setattr(Attempts, "_next_turn", forgetful)


# --- callbacks, watches, pauses, reopening ----------------------------------------------------------------------------


@defect
def a_callback_is_accepted_twice(patch: pytest.MonkeyPatch) -> None:
    awaits = Run._awaits_callback

    def careless(self: Run, event: CallbackReceived) -> bool:
        step = self.steps.get((event.node, event.item))
        return awaits(self, event) or (step is not None and not step.ended)

    patch.setattr(Run, "_awaits_callback", careless)


@defect
def an_early_callback_is_lost(patch: pytest.MonkeyPatch) -> None:
    def forgetful(self: Waits, step: Step, wait: Any) -> Any:
        self._given.callbacks.pop((wait.node, wait.item, wait.turn, wait.number), None)
        self._ask(step, wait)

    patch.setattr(Waits, "_await_callback", forgetful)


@defect
def an_early_callback_that_does_not_fit_bars_the_next(patch: pytest.MonkeyPatch) -> None:
    checked = Waits._checked

    def barring(self: Waits, step: Step, event: Any) -> Any:
        kept = dict(self._given.callbacks)
        outcome = checked(self, step, event)
        self._given.callbacks |= kept
        return outcome

    patch.setattr(Waits, "_checked", barring)


@defect
def a_watch_counts_a_run_twice(patch: pytest.MonkeyPatch) -> None:
    def counting(watched: Any, event: Any) -> None:
        pending = dict(watched.pending)
        note(watched, event)
        watched.pending.update({event.run: None} if len(pending) > 1 else {})

    note = watching.note
    patch.setattr(watching, "note", counting)


@defect
def the_end_of_a_run_is_heard_after_the_watch(patch: pytest.MonkeyPatch) -> None:
    awaits = Attempts.awaits

    def open_eared(self: Attempts, step: Step, event: Any) -> bool:
        if isinstance(event, WatchedEnded):
            return step.watching is not None and event.run in step.watching.pending
        return awaits(self, step, event)

    patch.setattr(Attempts, "awaits", open_eared)


@defect
def a_paused_run_begins_work(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "_hold", lambda self: setattr(self._outstanding, "withholding", True))
    patch.setattr(Outstanding, "ask", _asks_at_once)


def _asks_at_once(self: Outstanding, command: Any) -> None:
    key = outstanding._key_of(command)
    self._open.pop(key, None)
    self._open[key] = command
    self._new.append(command)


@defect
def a_run_that_goes_on_forgets_what_was_kept_back(patch: pytest.MonkeyPatch) -> None:
    def forgetting(self: Outstanding) -> list[Any]:
        self.withholding = False
        self._withheld.clear()
        return []

    patch.setattr(Outstanding, "release", forgetting)


@defect
def a_reopened_run_executes_a_finished_step_again(patch: pytest.MonkeyPatch) -> None:
    again = replay._again

    def generous(old: Run) -> Any:
        return {**again(old), **{key: 1 for key, step in old.steps.items() if step.attempts}}

    conclude = Run._conclude_step

    def forgiving(self: Run, step: Step, outcome: Any) -> None:
        if isinstance(outcome, Output) and step.forgiven < self.again.get((step.name, step.item), 0):
            outcome = Failure("part:bad", "once more")
        conclude(self, step, outcome)

    patch.setattr(replay, "_again", generous)
    patch.setattr(Run, "_conclude_step", forgiving)


@defect
def a_reopened_run_is_still_cancelled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replay, "_closes", lambda event: isinstance(event, RunEnded))


@defect
def a_replay_forgets_an_earlier_reopening(patch: pytest.MonkeyPatch) -> None:
    closes = replay._closes
    patch.setattr(replay, "_closes", lambda event: closes(event) or isinstance(event, RunReopened))


@defect
def a_late_answer_counts_once_the_run_is_reopened(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "unheard", property(lambda self: frozenset(), lambda self, numbers: None), raising=False)


FOUND_IN: dict[str, int] = {
    "a_join_counts_a_relationship_twice": 12,
    "a_join_does_not_wait_for_all": 14,
    "a_join_forgets_the_failure_of_a_source": 14,
    "a_skip_is_not_passed_on": 1,
    "a_condition_of_null_counts_as_true": 14,
    "otherwise_does_not_look_at_its_siblings": 152,
    "an_unhandled_failure_is_forgotten": 2,
    "one_attempt_too_few": 46,
    "one_attempt_too_many": 40,
    "the_attempt_of_an_answer_is_not_checked": 21,
    "a_late_answer_is_accepted": 11,
    "the_tape_of_an_attempt_goes_on_in_the_next": 19,
    "the_clock_of_an_attempt_moves": 10,
    "a_call_may_be_answered_out_of_order": 11,
    "a_timer_may_fire_early": 2,
    "closing_skips_cleaning_up": 256,
    "a_cancelled_step_is_not_interrupted": 1,
    "closing_forgets_a_step_that_retries": 0,
    "the_end_is_asked_for_before_the_last_step": 0,
    "the_time_of_a_replay_is_another": 0,
    "a_loop_takes_no_notice_of_its_concurrency": 21,
    "the_last_item_of_a_loop_is_forgotten": 91,
    "a_list_of_outputs_is_in_another_order": 3318,
    "a_loop_that_was_stopped_is_collected": 92,
    "a_loop_that_stops_goes_on_with_its_items": 92,
    "a_loop_that_collects_stops_all_the_same": 112,
    "a_failure_stops_only_the_innermost_loop": 1646,
    "what_is_no_list_is_an_empty_one": 7,
    "one_turn_too_many": 36,
    "the_retries_of_a_turn_are_those_of_the_step": 72,
    "a_callback_is_accepted_twice": 238,
    "an_early_callback_is_lost": 55,
    "an_early_callback_that_does_not_fit_bars_the_next": 55,
    "a_watch_counts_a_run_twice": 47,
    "the_end_of_a_run_is_heard_after_the_watch": 171,
    "a_paused_run_begins_work": 11,
    "a_run_that_goes_on_forgets_what_was_kept_back": 11,
    "a_reopened_run_executes_a_finished_step_again": 5,
    "a_reopened_run_is_still_cancelled": 1,
    "a_replay_forgets_an_earlier_reopening": 3,
    "a_late_answer_counts_once_the_run_is_reopened": 199,
}
"""A world that shows the defect, so that the others need not be played."""


def test_every_defect_has_a_world_that_shows_it() -> None:
    assert FOUND_IN.keys() == DEFECTS.keys()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DEFECTS[name](monkeypatch)
    with pytest.raises(AssertionError):
        for number in (FOUND_IN[name], *range(WORLDS)):
            play_world(number)
