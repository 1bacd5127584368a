"""Fixtures: a graph database to test against. Neo4j where it can be had, else ArcadeDB, else the tests are skipped.

`GRAPH_DATABASE=neo4j` or `=arcadedb` chooses one, and makes it an error when that one cannot be had.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import neo4j
import pytest

from tests.neo4j.arcade import ArcadeDB
from tests.neo4j.fetched import Missing
from tests.neo4j.real import Neo4j
from tests.neo4j.server import Server

KINDS: dict[str, Callable[[Path], Server]] = {"neo4j": partial(Neo4j, secured=True), "arcadedb": ArcadeDB}


class Database:
    """A running server, and what tests do with it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.driver = server.driver()

    @property
    def name(self) -> str:
        return self.server.name

    def ask(self, text: str, /, **parameters: object) -> list[neo4j.Record]:
        """The rows of one statement."""
        return self.driver.execute_query(text, parameters, database_=self.server.database).records

    def wipe(self) -> None:
        """Forget every node and every relationship."""
        self.ask("MATCH (n) DETACH DELETE n")


def made(folder: Path) -> Server:
    """A server that was not started yet. Skips the test when none can be had."""
    wanted = os.environ.get("GRAPH_DATABASE")
    reasons = []
    for name in [wanted] if wanted else KINDS:
        try:
            return KINDS[name](folder)
        except Missing as missing:
            assert not wanted, missing
            reasons.append(str(missing))
    pytest.skip("no graph database: " + "; ".join(reasons))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One server for all tests of this process."""
    yield from _running(made(tmp_path_factory.mktemp("graph-database")))


@pytest.fixture(scope="session")
def arcadedb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An ArcadeDB beside whatever `running` is."""
    try:
        server = ArcadeDB(tmp_path_factory.mktemp("arcadedb"))
    except Missing as missing:
        pytest.skip(str(missing))
    yield from _running(server)


def _running(server: Server) -> Iterator[Database]:
    server.start()
    database = Database(server)
    try:
        yield database
    finally:
        database.driver.close()
        server.kill()


@pytest.fixture
def database(running: Database) -> Database:
    """The server, empty."""
    running.wipe()
    return running
