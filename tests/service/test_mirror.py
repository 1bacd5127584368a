"""GET /mirror: how far the graphs have come, and links into Neo4j Browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from cypher_executor.cypher.query import compile_query
from cypher_executor.mirror.mirror import Status
from cypher_executor.service.app import create_app
from cypher_executor.service.browsing import browser_of, draws_recipe, draws_run
from cypher_executor.settings import Neo4jSettings, Settings
from cypher_executor.wiring import House
from tests.service.support import Ask, body


async def test_without_neo4j_there_is_only_the_graph_for_queries(ask: Ask) -> None:
    await ask.post("/query", {"query": "RETURN 1"})
    told = body(await ask.get("/mirror"))
    assert told["neo4j"] is None and told["graph_lag_s"] >= 0


async def test_how_neo4j_stands_is_told_with_links(settings: Settings, house: House) -> None:
    import dataclasses

    import httpx2

    class Mirror:
        status = Status(position=7, behind_since_us=house.clock.now_us() - 3_000_000, failure="away", failures=2)

    neo4j = Neo4jSettings(uri="bolt://db.internal:7687", _env_file=None)  # type: ignore[call-arg]
    with_mirror = dataclasses.replace(
        house,
        settings=settings.model_copy(update={"neo4j": neo4j}),
        mirror=Mirror(),  # type: ignore[arg-type]
    )
    transport = httpx2.ASGITransport(app=create_app(settings, house=with_mirror))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        told = (await client.get("/mirror?run=run_1&recipe=shop")).json()["neo4j"]
    assert 3 <= told["lag_s"] < 60 and (told["position"], told["failure"], told["failures"]) == (7, "away", 2)
    assert told["open_run"].startswith("http://db.internal:7474/browser?cmd=edit&arg=MATCH%20p")
    assert "shop" in told["open_recipe"]


def test_a_link_holds_a_question_whatever_the_name() -> None:
    for name in ("shop", "it's", "a\\b' RETURN 1 //", "摘要 & more"):
        (text,) = parse_qs(urlsplit(draws_recipe("http://localhost:7474/browser", name)).query)["arg"]
        compiled = compile_query(text)
        assert compiled.query is not None and compiled.query.columns == ("p", "q"), text
    assert "run_1" in draws_run("http://x/browser", "run_1")
    assert browser_of("neo4j://[::1]:7687", None) == "http://[::1]:7474/browser"
    assert browser_of("bolt://h", "https://browser.example/") == "https://browser.example"
