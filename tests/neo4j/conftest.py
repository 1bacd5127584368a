"""Tests that need a graph database may take as long as it takes to fetch one, once."""

from __future__ import annotations

import pytest

from tests.neo4j.databases import arcadedb, database, running

__all__ = ["arcadedb", "database", "running"]

SETTING_UP_S = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"running", "arcadedb"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(SETTING_UP_S))
