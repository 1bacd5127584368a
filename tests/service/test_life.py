"""How the service begins and ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from cypher_executor.core.events import RunId
from cypher_executor.errors import CypherExecutorError
from cypher_executor.service.app import create_app
from cypher_executor.service.waiting import Waiting
from cypher_executor.settings import Settings
from cypher_executor.wiring import House
from tests.service.support import LASTS, Ask, body


async def test_the_application_opens_a_house_of_its_own_and_keeps_what_it_was_told(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, workers=1, seeds=True, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    async with living(settings) as ask:
        names = [recipe["name"] for recipe in body(await ask.get("/recipes"))["recipes"]]
        assert "parallel_fanout" in names
        run = body(await ask.post("/runs", {"cypher": LASTS}))
    async with living(settings) as ask:
        again = body(await ask.get(f"/runs/{run['id']}"))
        assert (again["id"], again["state"], again["started_at"]) == (run["id"], "waiting", run["started_at"])
        assert [recipe["name"] for recipe in body(await ask.get("/recipes"))["recipes"]] == names


async def test_a_folder_that_another_service_holds_is_refused(settings: Settings, house: House) -> None:
    app = create_app(settings)
    with pytest.raises(CypherExecutorError):
        async with app.router.lifespan_context(app):
            raise AssertionError("two services share a data folder")


@pytest.mark.timeout(30)
async def test_callers_who_wait_are_let_go_when_the_service_ends(settings: Settings, house: House, name: str) -> None:
    app = create_app(settings, house=house)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        ask = Ask(client)
        run = body(await ask.post("/runs", {"cypher": LASTS}, idempotency_key=name))
        waiting = asyncio.create_task(
            ask.post("/runs", {"cypher": LASTS}, prefer="wait=600", idempotency_key=name), name="caller"
        )
        await somebody_waits(app.state.waiting)
        app.state.waiting.end_all()
        answer = await waiting
        assert (answer.status_code, body(answer)["id"]) == (202, run["id"])
        late = await ask.post("/runs", {"cypher": LASTS}, prefer="wait=600", idempotency_key=name)
        assert late.status_code == 202
        await ask.post(f"/runs/{run['id']}/cancel")


async def test_without_being_let_go_callers_would_wait_on(
    settings: Settings, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: it is that call which ends their waiting, and nothing else."""
    monkeypatch.setattr(Waiting, "end_all", lambda self: None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await test_callers_who_wait_are_let_go_when_the_service_ends(settings, house, name)


async def test_nobody_is_kept_waiting_for_a_run_that_has_ended(house: House) -> None:
    async with asyncio.timeout(10):
        assert await Waiting().until_ended(house.engine, RunId("run_0"), 20.0) is None


async def somebody_waits(waiting: Waiting) -> None:
    while not waiting.count:
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def living(settings: Settings) -> AsyncIterator[Ask]:
    """An application between its start and its end."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Ask(client)
