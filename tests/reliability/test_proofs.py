"""The short measure of every proof: no promise is broken, and enough was done for that to mean something."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.reliability import kills
from tests.reliability.kills import Chapter
from tests.reliability.proofs import Proof, Task, all_proofs

IN_ONE = [proof for proof in all_proofs() if proof.name != "kills"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("proof", IN_ONE, ids=lambda proof: proof.name)
def test_every_promise_is_kept(proof: Proof, tmp_path: Path) -> None:
    verdict = proof.carry_out(Task(seed=0, folder=tmp_path, full=False))
    assert verdict.problems == []
    assert all(verdict.figures.values()), f"something was not tried at all: {verdict.figures}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("chapter", list(kills.chapters(0, *kills.SHORT)), ids=lambda chapter: chapter.seed)
def test_every_promise_is_kept_under_kill_9(chapter: Chapter, tmp_path: Path) -> None:
    """The proof `kills`, chapter by chapter: they take a while, and two processes may share them."""
    outcome = asyncio.run(kills.play(chapter, tmp_path))
    assert outcome.problems == []
    assert outcome.deaths.total() == chapter.kills
    assert outcome.report.runs >= chapter.runs
