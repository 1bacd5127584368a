"""Modules that other compilers made, which know nothing of parts, run as they are.

Those of Rust and Go are larger and take longer to build: `python -m tests.worker.other_compilers`.
"""

from __future__ import annotations

import asyncio

import pytest

from cypher_executor.core.events import AttemptSucceeded, StepEvent
from tests.worker.other_compilers import FOLDER, OUTPUT, run_all

KEPT = sorted(FOLDER.glob("*/words.wasm"))


@pytest.fixture(scope="module")
def answers() -> dict[str, StepEvent]:
    return asyncio.run(run_all({path.parent.name: path.read_bytes() for path in KEPT}))


@pytest.mark.parametrize("language", [path.parent.name for path in KEPT])
def test_a_plain_command_reads_json_and_writes_json(answers: dict[str, StepEvent], language: str) -> None:
    event = answers[language]
    assert isinstance(event, AttemptSucceeded), event
    assert event.output == OUTPUT


def test_the_modules_that_are_kept_are_small() -> None:
    assert {path.parent.name for path in KEPT} >= {"assemblyscript", "c", "zig"}
    assert all(path.stat().st_size < 100_000 for path in KEPT)
