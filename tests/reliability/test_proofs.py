"""The short measure of every proof: no promise is broken, and enough was done for that to mean something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.proofs import Proof, Task, all_proofs


@pytest.mark.timeout(300)
@pytest.mark.parametrize("proof", all_proofs(), ids=lambda proof: proof.name)
def test_every_promise_is_kept(proof: Proof, tmp_path: Path) -> None:
    verdict = proof.carry_out(Task(seed=0, folder=tmp_path, full=False))
    assert verdict.problems == []
    assert all(verdict.figures.values()), f"something was not tried at all: {verdict.figures}"
