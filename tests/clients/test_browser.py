"""Neo4j Browser draws a live run, and there is no Neo4j anywhere."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.clients.conftest import Asked, waiting_run
from tests.neo4j.browser import browser, page_server, screenshots
from tests.neo4j.fetched import Missing

RUN = "MATCH p = (:Run {id: '%s'})-[:RAN]->(:Step)-[:OF]->(:Node) RETURN p"


async def drawn(asked: Asked, picture: Path) -> list[str]:
    """Where Browser has connected to, after it has drawn a run that waited, and drawn it again when it had gone on."""
    run = waiting_run(asked.http)
    with page_server() as page:
        async with browser() as opened:
            await opened.connect(page, asked.bolt)
            await opened.ask(RUN % run)
            await opened.drawn(7)
            told = await opened.told()
            for words in ("Run (1)", "Step (3)", "Node (3)", "Waiting (2)", "Succeeded (1)", "RAN (3)", "OF (3)"):
                assert words in told, told
            await opened.keep(picture)
            answered(asked, run)
            await opened.ask(RUN % run)
            await opened.drawn(7)
            assert "Succeeded (4)" in await opened.told()
            await opened.ask("CREATE (a:Mine) RETURN a")
            assert "Neo.ClientError.Statement.AccessMode" in await opened.told()
            return opened.sockets


def answered(asked: Asked, run: str) -> None:
    """Let the run go on to its end."""
    waits = httpx2.get(f"{asked.http}/waits").json()["waits"]
    (address,) = [wait["callback_url"] for wait in waits if wait["run"] == run]
    assert httpx2.post(address, json={"ok": True}).status_code == 200
    while httpx2.get(f"{asked.http}/runs/{run}").json()["state"] != "succeeded":
        pass


@pytest.mark.parametrize(
    "way", ["on the port of the service", pytest.param("on the port of Bolt", marks=pytest.mark.long)]
)
async def test_browser_draws_a_live_run(way: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    asked: Asked = request.getfixturevalue("service" if way.endswith("Bolt") else "without_port")
    try:
        sockets = await drawn(asked, screenshots(tmp_path) / f"live run {way}.png")
    except Missing as missing:
        pytest.skip(str(missing))
    assert set(sockets) == {asked.bolt.replace("bolt://", "ws://") + "/"}
