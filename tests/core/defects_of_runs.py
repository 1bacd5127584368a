"""Defects of the run machine, to be planted: how runs begin, close and end, and how loops and turns go."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from cypher_executor.core.attempts import Attempts
from cypher_executor.core.loops import Loops
from cypher_executor.core.machine import Machine
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step
from cypher_executor.core.table import LoopState, Table
from cypher_executor.core.values import Values
from cypher_executor.errors import Failure
from tests.core.planting import defect


@defect
def closing_skips_cleaning_up(patch: pytest.MonkeyPatch) -> None:
    begin = Machine.begin

    def stop(self: Machine, step: Step) -> None:
        if self.closing is None:
            begin(self, step)
        else:
            self.end(step, "skipped")

    patch.setattr(Machine, "begin", stop)


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
        whole = self._machine.whole
        whole.open = max(0, whole.open - 1)

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


@defect
def a_loop_takes_no_notice_of_its_concurrency(patch: pytest.MonkeyPatch) -> None:
    def unlimited(loop: LoopState) -> Any:
        assert loop.region.loop is not None
        return replace(loop.region.loop, concurrency=None)

    patch.setattr(LoopState, "loop", property(unlimited))


@defect
def the_last_item_of_a_loop_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    begin = Loops._begin_items
    patch.setattr(Loops, "_begin_items", lambda self, loop, items: begin(self, loop, items[:-1] or items))


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
