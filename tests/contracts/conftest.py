"""One suite for every journal and every catalog: what holds for one must hold for all that can stand in for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.memory import MemoryCatalog, MemoryJournal
from cypher_executor.adapters.sqlite import Database, SqliteCatalog, SqliteJournal
from cypher_executor.core.events import AttemptSucceeded, Parent, RunEnded, RunId, RunStarted
from cypher_executor.core.recipe import Digest
from cypher_executor.ports import Catalog, Claim, Entry, Opening
from tests.contracts.s3 import S3Server, s3_server, use

DIGEST = Digest("sha256:" + "0" * 64)


@dataclass
class Time:
    """The time, which only tests move."""

    us: int = 1_000_000

    def __call__(self) -> int:
        return self.us


@dataclass
class Storage:
    """A journal and a catalog over one storage, and the time that it sees."""

    journal: Any
    catalog: Catalog
    time: Time


@dataclass
class Writing:
    """Makes entries. Runs get ids in the order in which they are made."""

    numbers: Any = field(default_factory=lambda: count(1))

    def opening(
        self, run: str | None = None, *, claim: Claim | None = None, text: str = "RETURN 1", **more: Any
    ) -> Entry:
        """The entry with which a run begins. `more` are fields of its RunStarted."""
        run_id = RunId(run or f"run_{next(self.numbers):026}")
        about: dict[str, Any] = {"at_us": 1000, "recipe": DIGEST, "name": None, "version": None, "input": {}}
        started = RunStarted(run=run_id, **{**about, "trigger": {}, "parts": {}, **more})
        return Entry(run_id, 0, (started,), Opening(text, claim))

    def step(self, run: RunId, after: int, output: Any = None, node: str = "a") -> Entry:
        """One more event of a run."""
        event = AttemptSucceeded(at_us=2000, node=node, attempt=1, output=output, started_us=1500)
        return Entry(run, after, (event,))

    def end(self, run: RunId, after: int, state: Any = "succeeded", at_us: int = 9000) -> Entry:
        """The end of a run."""
        return Entry(run, after, (RunEnded(at_us=at_us, state=state),))

    def child_of(self, run: RunId) -> Parent:
        """Who started a run."""
        return Parent(run=run, node="t")


def memory_storage(folder: Path, time: Time) -> Storage:
    texts: dict[Digest, str] = {}
    return Storage(MemoryJournal(time, texts), MemoryCatalog(texts), time)


def sqlite_storage(folder: Path, time: Time) -> Storage:
    database = Database(folder / "data")
    return Storage(SqliteJournal(database, time), SqliteCatalog(database), time)


STORAGES: dict[str, Callable[[Path, Time], Storage]] = {"memory": memory_storage, "sqlite": sqlite_storage}


@pytest.fixture
def make() -> Writing:
    return Writing()


@pytest.fixture(params=list(STORAGES))
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = STORAGES[request.param](tmp_path, Time())
    yield opened
    await opened.journal.close()


@pytest.fixture
def journal(storage: Storage) -> Any:
    return storage.journal


@pytest.fixture
def catalog(storage: Storage) -> Catalog:
    return storage.catalog


@pytest.fixture
def kinds() -> list[Callable[[Path], Storage]]:
    """Opens each kind of storage, for a test that compares them."""
    return [partial(kind, time=Time()) for kind in STORAGES.values()]


@pytest.fixture(scope="session")
def s3_running() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def server(s3_running: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server of all tests, which this process speaks to."""
    use(monkeypatch, s3_running)
    return s3_running
