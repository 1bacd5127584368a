"""Defects of the run machine, to be planted: callbacks, watches, pauses and reopening."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core import outstanding, replay, watching
from cypher_executor.core.attempts import Attempts
from cypher_executor.core.events import (
    CallbackReceived,
    RunEnded,
    RunReopened,
    WatchedEnded,
)
from cypher_executor.core.machine import Machine
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.run import Run
from cypher_executor.core.step import Output, Step
from cypher_executor.core.waits import Waits
from cypher_executor.errors import Failure
from tests.core.planting import defect


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

    conclude = Machine.conclude

    def forgiving(self: Machine, step: Step, outcome: Any) -> None:
        if isinstance(outcome, Output) and step.forgiven < self.again.get((step.name, step.item), 0):
            outcome = Failure("part:bad", "once more")
        conclude(self, step, outcome)

    patch.setattr(replay, "_again", generous)
    patch.setattr(Machine, "conclude", forgiving)


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
