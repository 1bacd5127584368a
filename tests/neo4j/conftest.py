"""Tests that need a graph database may take as long as it takes to fetch one, once.

They come before all other tests: pytest-xdist (`--dist worksteal`) gives what comes first to one process and lets the
others steal from the end, so one server is enough however many processes there are.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.neo4j.databases import arcadedb, database, running

__all__ = ["arcadedb", "database", "running"]

SETTING_UP_S = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(key=lambda item: not item.path.is_relative_to(here))
    for item in items:
        if {"running", "arcadedb"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(SETTING_UP_S))
