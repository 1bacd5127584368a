"""What monitors read: in the format of Prometheus, as the page of documentation lists it."""

from __future__ import annotations

import asyncio
import dataclasses
import re

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from cypher_executor.mirror.mirror import Status
from cypher_executor.service.app import create_app
from cypher_executor.service.metrics import METRICS, PREFIX
from cypher_executor.settings import Settings
from cypher_executor.wiring import House
from tests.pages import DOCS
from tests.service.support import Ask, body

OPTIONAL = {"mirror_lag_seconds", "mirror_failures", "graph_lag_seconds"}


def read(answer: httpx2.Response) -> dict[str, float]:
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {sample.name.removeprefix(PREFIX): sample.value for family in families for sample in family.samples}


async def test_what_is_known_is_told(ask: Ask) -> None:
    found = read(await ask.get("/metrics"))
    assert found["ready"] == 1 and found["journal_healthy"] == 1 and found["journal_commits_total"] >= 0
    assert {f"{one.name}{'_total' * (one.kind == 'counter')}" for one in METRICS} - found.keys() <= OPTIONAL


async def test_a_run_that_waits_is_seen_until_it_has_ended(ask: Ask) -> None:
    before = read(await ask.get("/metrics"))
    started = body(await ask.post("/runs", {"cypher": "CREATE (a:wait_for_callback)"}))
    async with asyncio.timeout(30):
        while (found := read(await ask.get("/metrics")))["waits_for_callbacks"] == before["waits_for_callbacks"]:
            pass
    assert found["waits_for_callbacks"] == before["waits_for_callbacks"] + 1
    assert found["open_runs"] == before["open_runs"] + 1
    assert (await ask.post(f"/runs/{started['id']}/cancel")).status_code == 200
    async with asyncio.timeout(30):
        while read(await ask.get("/metrics"))["open_runs"] != before["open_runs"]:
            pass


async def test_the_lag_of_the_graph_is_told_once_it_is_followed(ask: Ask) -> None:
    await ask.post("/query", {"query": "RETURN 1"})
    assert read(await ask.get("/metrics"))["graph_lag_seconds"] >= 0


async def test_the_lag_of_the_mirror_is_told_where_there_is_one(settings: Settings, house: House) -> None:
    class Mirror:
        status = Status(position=7, behind_since_us=house.clock.now_us() - 3_000_000, failure="away", failures=2)

    with_mirror = dataclasses.replace(house, mirror=Mirror())  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app=create_app(settings, house=with_mirror))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        found = read(await client.get("/metrics"))
    assert 3 <= found["mirror_lag_seconds"] < 60 and found["mirror_failures"] == 2


def test_the_page_lists_what_there_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", (DOCS / "metrics.md").read_text("utf-8"), re.MULTILINE)
    there = [(f"{PREFIX}{one.name}{'_total' * (one.kind == 'counter')}", one.kind, one.help) for one in METRICS]
    assert rows == there
