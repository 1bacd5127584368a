"""Every sentence on the page about runs is kept by something that can turn red, and is named with it.

The sentences are those of the page itself: one that is added there has to be added here, with the defects that break
it; those of the numbered promises as a whole, all others by their beginnings (`promises.py`). What a defect does,
and the test that it turns red, stands in the module that lists it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import promises
from tests.contracts import test_planted_defects_of_retention
from tests.core.test_planted_defects import DEFECTS
from tests.engine import (
    test_cache,
    test_fairness,
    test_kept_outputs,
    test_overload,
    test_planted_defects,
    test_shares,
    test_turnstile,
)
from tests.pages import DOCS
from tests.reliability import test_planted_defects as proofs
from tests.schedules import test_planted_defects as schedules
from tests.service import test_idempotency, test_planted_defects_of_runs

TESTS = Path(__file__).parent
_LISTS = (
    test_planted_defects,
    test_overload,
    test_fairness,
    test_shares,
    test_turnstile,
    test_cache,
    test_kept_outputs,
    proofs,
    schedules,
    test_planted_defects_of_retention,
    test_planted_defects_of_runs,
)
PLANTED = {plant.__name__ for where in _LISTS for plant, *_ in where.CAUGHT} | DEFECTS.keys()
"""The defects that are planted, each in a test of its own, by name."""

EXPLAINS: Mapping[str, str] = {
    "An error or a time-out on starting means *unknown*: ask again with the same `Idempotency-Key`.": (
        test_idempotency.test_the_same_request_under_the_same_key_is_the_same_run.__name__
    ),
    "What is not promised: exactly-once effects in other people's systems, and surviving the loss of the disk.": "",
}
"""Sentences that say what to do, or what is not promised; with the test that does it where there is one."""

ON_DISK = (
    "acknowledge_before_the_sync",
    "acknowledge_before_the_commit",
    "wishes_are_granted_before_the_commit",
    "callers_see_what_is_not_on_disk",
    "a_retry_is_not_written",
    "commits_are_not_synced",
    "a_failed_write_is_taken_for_a_good_one",
)
ONE_KEY = ("keys_are_looked_up_outside_of_the_transaction", "children_claim_nothing", "keys_are_not_compared")
ONE_END = (
    "a_late_answer_is_accepted",
    "the_end_is_asked_for_before_the_last_step",
    "closing_forgets_a_step_that_retries",
    "recovery_forgets_what_is_outstanding",
    "ends_are_not_noted",
)
BEHIND_THE_DISK = ("calls_run_ahead_of_the_disk", "effects_run_ahead_of_the_disk", "callers_see_what_is_not_on_disk")

BROKEN_BY: Mapping[str, tuple[str, ...]] = {
    "Accepted means durable.": ON_DISK,
    "A 2xx answer to starting, cancelling, pausing, resuming, retrying or calling back leaves only after the journal "
    "has been synced to disk.": ON_DISK,
    "One run per key, one end per run.": (*ONE_KEY, *ONE_END),
    "The same key gives the same run; the same key with another recipe or input is refused with 422.": ONE_KEY,
    "Every run reaches exactly one final state, and that is its last event.": ONE_END,
    "The completion of a step is journaled at most once.": (
        "the_attempt_of_an_answer_is_not_checked",
        "an_answer_that_comes_twice_counts_twice",
        "a_fence_is_missing",
    ),
    "A part may execute more than once, because a crash can hide an answer.": ("recovery_forgets_what_is_outstanding",),
    "Every HTTP request of a part carries an `Idempotency-Key` that is the same each time that request of that step is "
    "made: `run:step:item:turn`, and from the second call of a step on also the number of the call.": (
        "keys_of_effects_change_with_the_attempt",
    ),
    "Pure work runs ahead of the disk, effects never do.": ("every_group_is_written_at_once", *BEHIND_THE_DISK),
    "Before a call of a part is carried out, and before any answer leaves, everything that it depends on has been "
    "synced.": BEHIND_THE_DISK,
    "Timers never fire early.": ("timers_fire_early", "a_timer_may_fire_early"),
    "After a down time they fire at once; while the service runs they are late by less than a second, even when the "
    "machine's clock is set.": ("timers_are_forgotten", "a_clock_that_is_set_is_not_noticed"),
    "A run keeps what it started with: its recipe, and the digest of every part.": (
        "a_recovered_run_has_the_newest_recipe",
        "a_recovered_run_has_the_newest_parts",
    ),
}
"""The sentences, and the defects that break them."""


def sentences() -> list[str]:
    """The sentences of the numbered promises."""
    promises = re.findall(r"^\d\. (.*?)(?=^\d\. |\n\n)", _page(), re.MULTILINE | re.DOTALL)
    return [sentence for promise in promises for sentence in _split(promise)]


def others() -> dict[str, list[str]]:
    """All other sentences, by section. The row of a table is one; what is shown as code is none."""
    page = re.sub(r"```.*?```|^\d\. .*?(?=^\d\. |\n\n)", "", _page(), flags=re.MULTILINE | re.DOTALL)
    found: dict[str, list[str]] = {}
    for section in re.split(r"^#+ ", page, flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        pieces = [piece for piece in re.split(r"\n\n|\n(?=\* |\|)", text) if piece.strip()]
        rows = [piece.strip() for piece in pieces if piece.lstrip().startswith("|")]
        prose = [sentence for piece in pieces if not piece.lstrip().startswith("|") for sentence in _split(piece)]
        rules = {number for number, row in enumerate(rows) if {*row} <= {*"|- "}}
        heads = rules | {number - 1 for number in rules}
        found[title] = prose + [row for number, row in enumerate(rows) if number not in heads]
    return found


def _page() -> str:
    return (DOCS / "runs.md").read_text("utf-8")


def _split(text: str) -> list[str]:
    plain = " ".join(text.strip().removeprefix("* ").replace("**", "").split())
    return re.split(r"(?<=[.]) (?=[A-Z`*])", plain)


def test_every_sentence_is_broken_by_something() -> None:
    assert sentences() and set(sentences()) == BROKEN_BY.keys() | EXPLAINS.keys()
    assert all(BROKEN_BY.values())


@pytest.mark.parametrize("section", others())
def test_every_sentence_of_a_section_is_kept_by_something(section: str) -> None:
    found, beginnings = others()[section], promises.SECTIONS[section]
    nobody = [sentence for sentence in found if not any(map(sentence.startswith, beginnings))]
    assert not nobody, "say in tests/promises.py what keeps these"
    gone = [beginning for beginning in beginnings if not any(one.startswith(beginning) for one in found)]
    assert not gone, "these are on the page no more"


def test_what_breaks_them_is_planted() -> None:
    assert {defect for defects in BROKEN_BY.values() for defect in defects} <= PLANTED


def test_what_keeps_them_is_planted_or_tested() -> None:
    kept = [one for section in promises.SECTIONS.values() for one in section.values()]
    names = {name for one in kept for name in (*one.planted, *one.tested)}
    assert {name for name in names if "::" not in name} <= PLANTED
    assert {name for name in names if "::" in name and not _is_there(*name.split("::"))} == set()


def _is_there(path: str, test: str) -> bool:
    return re.search(rf"^(async )?def {test}\(", (TESTS / path).read_text("utf-8"), re.MULTILINE) is not None
