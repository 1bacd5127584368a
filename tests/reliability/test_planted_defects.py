"""Each defect that is planted here breaks a promise that the proofs see, within as little as CI does of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest

from cypher_executor.adapters import memory
from cypher_executor.adapters.sqlite import connection, journal, records, writer
from cypher_executor.core import attempts, events, run, step
from cypher_executor.engine import children, engine, live, steering, timers, turns
from cypher_executor.engine.live import Started
from cypher_executor.ports import Claimed, Entry
from tests.core.defects_of_steps import a_join_does_not_wait_for_all, a_timer_may_fire_early
from tests.reliability import io_errors, power, trials
from tests.reliability.proofs import Verdict
from tests.reliability.simulation.disk import Platter
from tests.reliability.simulation.story import tell

pytestmark = pytest.mark.breaks_journals

Plant = Callable[[pytest.MonkeyPatch], None]
Look = Callable[[Path], list[str]]
"""Carries out a part of a proof, until it finds something; gives what it has found."""

SEEDS = 150
"""Each defect of the engine is seen in one of so many stories."""


def stories(folder: Path) -> list[str]:
    """What the first story that goes wrong has to say."""
    return next((told.problems for seed in range(SEEDS) if (told := tell(seed)).problems), [])


def power_cuts(folder: Path) -> list[str]:
    with trials.bench(folder) as bench:
        found = (power.trial(bench, folder / "trial", seed, Verdict()) for seed in range(60))
        return next((problems for problems in found if problems), [])


def failing_disks(folder: Path) -> list[str]:
    verdict = Verdict()
    with trials.bench(folder) as bench:
        for kind in ("sync", "write"):
            io_errors._every(bench, folder / "trial", 0, kind, verdict)
            if verdict.problems:
                break
    return verdict.problems


def two_writers(folder: Path) -> list[str]:
    """An engine that was thought to be dead goes on, beside the one that has taken its runs."""
    with trials.bench(folder) as bench:
        return asyncio.run(trials.two_writers(bench.begin(folder / "trial")))


# --- the engine -------------------------------------------------------------------------------------------------------


def acknowledge_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    taken_in = turns.Turns._next

    def _next(self: turns.Turns, group: Any) -> Any:
        found = taken_in(self, group)
        for begun, beginning in group.beginnings.items():
            beginning.answer(Started(begun, fresh=True))
        return found

    patch.setattr(turns.Turns, "_next", _next)


def wishes_are_granted_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    async def until_synced(self: live.Live, version: int) -> None: ...

    patch.setattr(live.Live, "until_synced", until_synced)


def effects_run_ahead_of_the_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns, "HARMLESS_OPS", frozenset({"http_request"}))


def a_failed_write_is_taken_for_a_good_one(patch: pytest.MonkeyPatch) -> None:
    async def confirm(self: engine.Engine) -> None:
        async for group, answer in self._disk.confirmed():
            if isinstance(answer, Exception):
                await self._journal.reopen()
                for begun, beginning in group.beginnings.items():
                    beginning.answer(Started(begun, fresh=True))
            else:
                self._turns.confirmed(group, answer)

    patch.setattr(engine.Engine, "_confirm", confirm)


def memory_is_trusted_after_a_failed_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns.Turns, "forget_all", lambda self: None)


def recovery_forgets_what_is_outstanding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(turns.Turns, "_carry_out_all", lambda self, one, commands: None)


def a_run_that_is_being_read_is_over(patch: pytest.MonkeyPatch) -> None:
    async def in_memory(self: steering.Steering, asked: Any) -> Any:
        return self._runs.runs.get(asked)

    patch.setattr(steering.Steering, "_live", in_memory)


def a_cancel_that_comes_too_late_is_granted(patch: pytest.MonkeyPatch) -> None:
    async def ask(self: steering.Steering, asked: Any, event: Any) -> bool:
        found = await self._live(asked)
        if found is not None:
            await self._runs.wish(found, event)
        return found is not None

    patch.setattr(steering.Steering, "_ask", ask)


def timers_fire_early(patch: pytest.MonkeyPatch) -> None:
    start = timers.Timers.start

    def early(self: timers.Timers, asked: Any, command: Any) -> None:
        due_us = command.due_us - 100_000
        start(self, asked, type(command)(**{**{f: getattr(command, f) for f in command.__slots__}, "due_us": due_us}))

    patch.setattr(timers.Timers, "start", early)
    a_timer_may_fire_early(patch)


def timers_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(timers.Timers, "_nap_s", lambda self: None)


def children_claim_nothing(patch: pytest.MonkeyPatch) -> None:
    start = engine.Engine.start_child

    async def unclaimed(self: engine.Engine, *given: Any, claim: Any, **more: Any) -> Started:
        return await start(self, *given, claim=None, **more)  # type: ignore[arg-type]

    patch.setattr(engine.Engine, "start_child", unclaimed)


def parents_are_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children.Children, "_tell_parents", lambda self, child, end: None)


def every_callback_is_the_first(patch: pytest.MonkeyPatch) -> None:
    call_first = steering.Steering._call_first

    async def call_back(self: Any, wait: Any, body: Any) -> Any:
        return await call_first(self, self._runs.runs.get(wait.run), wait, body)

    patch.setattr(steering.Steering, "call_back", call_back)


def an_answer_that_comes_twice_counts_twice(patch: pytest.MonkeyPatch) -> None:
    awaits = run.Run.awaits

    def every_answer(self: run.Run, event: Any) -> bool:
        if isinstance(event, events.AttemptSucceeded) and self.started is not None and self.ended is None:
            return (event.node, event.item) in self.steps
        return awaits(self, event)

    patch.setattr(run.Run, "awaits", every_answer)


def a_worker_that_dies_fails_its_step(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempts, "MAX_LOSSES", 1)


def a_worker_that_dies_takes_its_step_along(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempts.Attempts, "_lose", lambda self, lost: None)


def keys_of_effects_change_with_the_attempt(patch: pytest.MonkeyPatch) -> None:
    call_key = attempts.Attempts._call_key

    def changing(self: Any, asking: step.Step, number: int) -> str:
        return f"{call_key(self, asking, number)}{asking.attempt}"

    patch.setattr(attempts.Attempts, "_call_key", changing)


def a_call_is_carried_out_twice(patch: pytest.MonkeyPatch) -> None:
    perform = turns.Calls.perform

    def twice(self: Any, tasks: Any, asking: Any, command: Any) -> None:
        perform(self, tasks, asking, command)
        perform(self, tasks, asking, command)

    patch.setattr(turns.Calls, "perform", twice)


# --- the journal ------------------------------------------------------------------------------------------------------


def keys_are_looked_up_outside_of_the_transaction(patch: pytest.MonkeyPatch) -> None:
    begin = memory.MemoryJournal._open

    def unasked(self: memory.MemoryJournal, entry: Entry) -> Claimed | None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(memory.MemoryJournal, "_holder", lambda self, claim, now_us: None)
            return begin(self, entry)

    patch.setattr(memory.MemoryJournal, "_open", unasked)


def events_of_a_group_are_torn(patch: pytest.MonkeyPatch) -> None:
    """A write that was cut off leaves the end of what it was to write, without the beginning."""

    def half(self: Platter, chance: Random) -> None:
        for entries in self.in_doubt:
            self.write([[replace(entry, events=entry.events[-1:]) for entry in entries if entry.after]])
        self.in_doubt.clear()

    patch.setattr(Platter, "settle", half)


def a_fence_is_missing(patch: pytest.MonkeyPatch) -> None:
    """Events are written behind whatever the run has, however many these are."""
    append = journal._append

    def unfenced(file: apsw.Connection, prepared: Any) -> Any:
        outcome = append(file, prepared)
        if isinstance(outcome, journal.Stale) and outcome.version:
            moved = replace(prepared, entry=replace(prepared.entry, after=outcome.version))
            return append(file, moved)
        return outcome

    patch.setattr(journal, "_append", unfenced)


def commits_are_not_synced(patch: pytest.MonkeyPatch) -> None:
    set_up = connection._SQL["set_up"].replace("synchronous = FULL", "synchronous = NORMAL")
    patch.setitem(connection._SQL, "set_up", set_up)  # type: ignore[arg-type]


def each_entry_is_acknowledged_by_itself(patch: pytest.MonkeyPatch) -> None:
    """What is told before the transaction has ended may be taken back with it."""
    commit = writer.Writer._commit

    def early(self: writer.Writer, jobs: Any) -> Any:
        try:
            return commit(self, jobs)
        except apsw.Error:
            return [[journal.Appended() for _ in job.work.args[0]] for job in jobs]

    patch.setattr(writer.Writer, "_commit", early)


def large_values_are_not_filed(patch: pytest.MonkeyPatch) -> None:
    encode = records.encode

    def without(event: Any) -> records.Record:
        found = encode(event)
        return records.Record(found.kind, found.at_us, found.body, found.outside, ())

    patch.setattr(journal, "encode", without)


def ends_are_not_noted(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(journal._SQL, "end_run", "SELECT ?, ?, ?")  # type: ignore[arg-type]


CAUGHT: list[tuple[Plant, Look]] = [
    (acknowledge_before_the_commit, stories),
    (wishes_are_granted_before_the_commit, stories),
    (effects_run_ahead_of_the_disk, stories),
    (a_failed_write_is_taken_for_a_good_one, stories),
    (memory_is_trusted_after_a_failed_write, stories),
    (recovery_forgets_what_is_outstanding, stories),
    (a_run_that_is_being_read_is_over, stories),
    (a_cancel_that_comes_too_late_is_granted, stories),
    (timers_fire_early, stories),
    (timers_are_forgotten, stories),
    (children_claim_nothing, stories),
    (parents_are_not_told, stories),
    (every_callback_is_the_first, stories),
    (an_answer_that_comes_twice_counts_twice, stories),
    (a_worker_that_dies_fails_its_step, stories),
    (a_worker_that_dies_takes_its_step_along, stories),
    (keys_of_effects_change_with_the_attempt, stories),
    (a_call_is_carried_out_twice, stories),
    (a_join_does_not_wait_for_all, stories),
    (keys_are_looked_up_outside_of_the_transaction, stories),
    (events_of_a_group_are_torn, stories),
    (a_fence_is_missing, two_writers),
    (commits_are_not_synced, power_cuts),
    (each_entry_is_acknowledged_by_itself, failing_disks),
    (large_values_are_not_filed, power_cuts),
    (ends_are_not_noted, power_cuts),
]


@pytest.mark.parametrize(("plant", "look"), CAUGHT, ids=[plant.__name__ for plant, _ in CAUGHT])
def test_a_planted_defect_turns_a_proof_red(
    plant: Plant, look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(monkeypatch)
    assert look(tmp_path)


@pytest.mark.parametrize("look", [two_writers])
def test_without_a_defect_nothing_is_found(look: Look, tmp_path: Path) -> None:
    """The other looks are proofs of their own (`test_proofs.py`)."""
    assert look(tmp_path) == []
