"""GET /mirror: how new the graph of queries is, how Neo4j's is, and links that open Neo4j Browser."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.responses import Response

from cypher_executor.service.answers import Answer
from cypher_executor.service.browsing import browser_of, draws_recipe, draws_run
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.requests import MirrorQuery

FAMILY = "query"


class Neo4jAnswer(Answer):
    """The mirror in Neo4j. `position` is how far it has come in the journal; null before it reached the database."""

    position: int | None
    lag_s: float = Field(description="for how long the mirror has not told everything")
    failure: str | None = Field(description="why the database could not be reached last time")
    failures: int = Field(description="how often in a row")
    browser: str = Field(description="where Neo4j Browser is: NEO4J_BROWSER, or the usual port")
    open_run: str | None = Field(description="opens the run of `run` in Neo4j Browser")
    open_recipe: str | None = Field(description="opens the recipe of `recipe` in Neo4j Browser")


class MirrorAnswer(Answer):
    """The graphs that follow the journal. `neo4j` is null where there is none."""

    graph_lag_s: float | None = Field(description="of the graph for queries; null before it is followed")
    neo4j: Neo4jAnswer | None


async def show(exchange: Exchange) -> Response:
    """How far both have come."""
    house = exchange.house
    return reply(200, {"graph_lag_s": house.questions.lag_s, "neo4j": _neo4j(exchange)})


def _neo4j(exchange: Exchange) -> dict[str, Any] | None:
    house, query = exchange.house, exchange.query
    neo4j = house.settings.neo4j
    if house.mirror is None or neo4j is None or neo4j.uri is None:
        return None
    status, browser = house.mirror.status, browser_of(neo4j.uri, neo4j.browser)
    return {
        "position": status.position,
        "lag_s": status.lag_s(house.clock.now_us()),
        "failure": status.failure,
        "failures": status.failures,
        "browser": browser,
        "open_run": None if query.run is None else draws_run(browser, query.run),
        "open_recipe": None if query.recipe is None else draws_recipe(browser, query.recipe),
    }


ENDPOINTS = (
    Endpoint(
        name="show_mirror",
        method="GET",
        path="/mirror",
        summary="How new the graph for queries and the mirror in Neo4j are, and links into Neo4j Browser",
        family=FAMILY,
        handler=show,
        needs="read",
        query=MirrorQuery,
        answers={200: Told("how far both have come", MirrorAnswer)},
    ),
)
