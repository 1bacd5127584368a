"""A service in a process of its own, which all clients here ask; with a run that waits for somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.cli.support import serving

FETCHING_S = 900

APPROVAL = """
CREATE (:Recipe {name: 'approval'})
CREATE (order {total: 120})-[:ON_SUCCESS]->(approve:wait_for_callback {timeout: '1h'})
CREATE (approve)-[:ON_SUCCESS]->(thank {text: 'thanks'})
"""


@dataclass(frozen=True)
class Asked:
    """The service that is asked. `http` is its own address, `bolt` that of Bolt over TCP, `run` one that waits."""

    http: str
    bolt: str
    run: str

    @property
    def websocket(self) -> str:
        """Bolt in WebSocket, on the port of the service."""
        return self.http.replace("http://", "bolt://")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the tests need may be fetched, once."""
    for item in items:
        if "clients" in item.path.parts:
            item.add_marker(pytest.mark.timeout(FETCHING_S))


def _asked(folder: Path, *words: str) -> Iterator[Asked]:
    with serving(folder, "--workers", "1", *words) as found:
        stored = httpx2.post(f"{found.url}/recipes", content=APPROVAL)
        assert stored.status_code == 201, stored.text
        bolt = found.bolt or found.url.replace("http://", "bolt://")
        yield Asked(found.url, bolt, waiting_run(found.url))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """One that listens for Bolt on a port of its own, too."""
    yield from _asked(tmp_path_factory.mktemp("clients"), "--bolt-port", "0")


@pytest.fixture
def without_port(tmp_path: Path) -> Iterator[Asked]:
    """One that speaks Bolt on its own port alone."""
    yield from _asked(tmp_path / "data")


def waiting_run(url: str) -> str:
    """A run of `approval` that waits for somebody."""
    run: str = httpx2.post(f"{url}/runs", json={"recipe": "approval", "input": {}}).json()["id"]
    while httpx2.get(f"{url}/runs/{run}").json()["state"] != "waiting":
        pass
    return run
