"""A data folder for each test, on a morning in January."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schedules.support import Clock, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    clock = Clock()
    clock.at("2026-01-05T08:30:00Z")
    return Shop(tmp_path / "data", clock)
