"""`bench`: its commands as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cypher_executor.cli import reliability
from cypher_executor.errors import NotFound
from tests.cli.support import cyx


def test_the_proofs_are_listed_with_their_measures() -> None:
    shown = cyx("bench", "reliability", "--list", "--json")
    assert shown.returncode == 0
    assert {"name", "about", "short", "full"} <= json.loads(shown.stdout)[0].keys()


def test_an_unknown_proof_is_refused_with_the_names_of_those_that_there_are() -> None:
    shown = cyx("bench", "reliability", "kill")
    assert shown.returncode == 2
    assert "kills" in shown.stderr


def test_without_a_checkout_it_is_told_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cypher_executor.__file__", str(tmp_path / "site-packages" / "cypher_executor" / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound) as refused:
        reliability.checkout()
    assert any("clone" in action for action in refused.value.next_actions)
