"""The service that these tests ask: real parts, a real journal and one worker, opened once for all of them.

`ask` speaks to the application without a socket, `wire` to a real server on a free loopback port. Tests share the
house, so each uses recipe names of its own; `name` gives one.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette

from cypher_executor.core.events import RunId
from cypher_executor.engine import Engine
from cypher_executor.service.app import create_app
from cypher_executor.service.waiting import Waiting
from cypher_executor.service.wire import Protocol
from cypher_executor.settings import Settings
from cypher_executor.wiring import House, open_house
from tests.service.support import Ask, Wire

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for everything here, because the house lives on it."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and isinstance(item, pytest.Function) and _is_async(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def _is_async(test: Any) -> bool:
    return inspect.iscoroutinefunction(test.hypothesis.inner_test if hasattr(test, "hypothesis") else test)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data_dir = tmp_path_factory.mktemp("data")
    return Settings(data_dir=data_dir, workers=1, seeds=False, wait_limit_s=600.0, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(settings: Settings) -> AsyncIterator[House]:
    async with open_house(settings) as house:
        yield house


@pytest.fixture(scope="session")
def app(settings: Settings, house: House) -> Starlette:
    return create_app(settings, house=house)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ask(app: Starlette) -> AsyncIterator[Ask]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield Ask(client)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def wire(app: Starlette) -> AsyncIterator[Wire]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Protocol, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    yield Wire(listener.getsockname()[1], server.server_state.connections, server.server_state.tasks)
    server.should_exit = True
    await serving


@pytest.fixture
def name() -> str:
    return f"recipe_{next(_numbers)}"


@pytest.fixture
def wait_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a run in this test has waited long enough at once."""
    patient = Waiting.until_ended

    async def impatient(self: Waiting, engine: Engine, run: RunId, limit_s: float) -> bool:
        return await patient(self, engine, run, 0.0)

    monkeypatch.setattr(Waiting, "until_ended", impatient)
