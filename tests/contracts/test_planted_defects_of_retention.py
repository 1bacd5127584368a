"""What is promised of old runs, and of lists of runs: each defect planted here turns the tests of journals red."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters import memory
from cypher_executor.adapters.memory import MemoryJournal
from cypher_executor.adapters.sqlite import expiring
from cypher_executor.adapters.sqlite import journal as sqlite_journal
from cypher_executor.core import retention
from cypher_executor.core.retention import FOR_EVER, Keep
from tests.contracts import test_journal, test_journal_retention
from tests.contracts.conftest import Storage, Time, Writing, memory_storage, sqlite_storage
from tests.core import test_retention

Plant = Callable[[pytest.MonkeyPatch], None]
NEEDED = expiring._SQL["give_up"]


def no_age_is_too_old(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Keep, "wants", lambda self, age_us, newer: self.newest is None or newer < self.newest)


def all_of_a_kind_are_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Keep, "wants", lambda self, age_us, newer: self.for_us is None or age_us < self.for_us)


def without_rules_all_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retention, "_usual", lambda: dict.fromkeys(("succeeded", "failed", "cancelled"), FOR_EVER))


def memory_needs_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryJournal, "_needed", lambda self, now_us: set())


def parents_need_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(expiring._SQL, "give_up", NEEDED.replace("above.id = runs.parent AND", "FALSE AND"))


def keys_need_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(expiring._SQL, "give_up", NEEDED.replace("claims.run = runs.number AND", "FALSE AND"))


def open_runs_are_like_others(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(expiring._SQL, "give_up", NEEDED.replace("above.ended_us IS NULL AND", "FALSE AND"))


def memory_lists_from_the_beginning(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memory.heapq, "nlargest", lambda limit, found, key: sorted(found, key=key)[:limit])


def lists_begin_anywhere(patch: pytest.MonkeyPatch) -> None:
    values = sqlite_journal._list_values
    patch.setattr(sqlite_journal, "_list_values", lambda which: {**values(which), "first": ""})


Test = Callable[..., Awaitable[None]]
SPAN: dict[str, Any] = {"which": test_journal.RunFilter(first=test_journal.RunId("run_16")), "numbers": [18, 17, 16]}
Opens = Callable[[Path, Time], Storage]
CAUGHT: list[tuple[Plant, Opens, Test, dict[str, Any]]] = [
    *(
        (
            no_age_is_too_old,
            opens,
            test_journal_retention.test_a_run_is_forgotten_when_it_is_older_than_its_rule_and_not_before,
            {},
        )
        for opens in (memory_storage, sqlite_storage)
    ),
    *(
        (all_of_a_kind_are_kept, opens, test_journal_retention.test_the_newest_of_each_recipe_and_state_are_kept, {})
        for opens in (memory_storage, sqlite_storage)
    ),
    (
        memory_needs_nothing,
        memory_storage,
        test_journal_retention.test_the_child_of_an_open_run_is_kept_until_that_has_ended,
        {},
    ),
    (memory_needs_nothing, memory_storage, test_journal_retention.test_a_run_is_kept_while_its_key_is_remembered, {}),
    (
        parents_need_nothing,
        sqlite_storage,
        test_journal_retention.test_the_child_of_an_open_run_is_kept_until_that_has_ended,
        {},
    ),
    (
        open_runs_are_like_others,
        sqlite_storage,
        test_journal_retention.test_a_run_that_an_open_run_found_by_its_key_is_kept_too,
        {},
    ),
    (keys_need_nothing, sqlite_storage, test_journal_retention.test_a_run_is_kept_while_its_key_is_remembered, {}),
    (
        memory_lists_from_the_beginning,
        memory_storage,
        test_journal.test_lists_hold_the_runs_that_fit_newest_first,
        SPAN,
    ),
    (lists_begin_anywhere, sqlite_storage, test_journal.test_lists_hold_the_runs_that_fit_newest_first, SPAN),
]


@pytest.mark.parametrize(("plant", "opens", "test", "more"), CAUGHT)
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant, opens: Opens, test: Test, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = opens(tmp_path, Time())
    plant(monkeypatch)
    given = {"storage": storage, "journal": storage.journal, "make": Writing(), **more}
    with pytest.raises(AssertionError):
        await test(**{name: given[name] for name in inspect.signature(test).parameters})
    await storage.journal.close()


def test_without_the_usual_rules_everything_would_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    without_rules_all_is_kept(monkeypatch)
    with pytest.raises(AssertionError):
        test_retention.test_without_rules_the_usual_ones_hold()
