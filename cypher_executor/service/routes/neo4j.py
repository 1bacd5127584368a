"""What tools of Neo4j ask over HTTP: what there is here, and the Query API."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.bolt.origins import allowed
from cypher_executor.compat.discovery import discovery
from cypher_executor.service.answers import neo4j as answers
from cypher_executor.service.bodies import raw_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.neo4j_address import NEO4J_VERSION, TYPED, bolt_address
from cypher_executor.service.page import INDEX, file_of, wants_page

FAMILY = "neo4j"


async def discover(exchange: Exchange) -> Response:
    """Where Bolt and the Query API are, which Browser asks from a page of its own; to people, our page."""
    if wants_page(exchange.headers):
        page = file_of(INDEX)
        assert page is not None
        return page
    told = discovery(NEO4J_VERSION, bolt_address(exchange.house.settings), exchange.base_url)
    origin = exchange.headers.get("origin")
    named = {"vary": "Accept, Origin"}
    if origin is not None and allowed(origin, exchange.house.settings.bolt_origins):
        named["access-control-allow-origin"] = origin
    return reply(200, told, **named)


async def query(exchange: Exchange) -> Response:
    """Answer a statement."""
    from cypher_executor.service.query_api import answered  # it knows all of the language, which is loaded later

    return await answered(exchange)


async def transaction(exchange: Exchange) -> Response:
    """There are none over HTTP: nothing changes the graph, so there is nothing to keep together."""
    from cypher_executor.service.query_api import no_transactions

    return no_transactions()


_SENT = {
    "type": "object",
    "required": ["statement"],
    "properties": {
        "statement": {"type": "string", "examples": ["MATCH (r:Run) RETURN r.name AS name LIMIT $n"]},
        "parameters": {"type": "object", "additionalProperties": True},
        "accessMode": {"enum": ["READ", "WRITE"]},
        "includeCounters": {"type": "boolean"},
        "maxExecutionTime": {"type": "integer", "minimum": 1, "description": "seconds"},
    },
}
_WRONG = Told("what is wrong, with Neo4j's codes", answers.Neo4jErrors)

ENDPOINTS = (
    Endpoint(
        name="discover",
        method="GET",
        path="/",
        summary="Where Bolt and the Query API are, as tools of Neo4j ask it; a browser gets the page",
        family=FAMILY,
        handler=discover,
        needs=None,
        answers={200: Told("their addresses", answers.Discovery)},
    ),
    Endpoint(
        name="query_v2",
        method="POST",
        path="/db/{database}/query/v2",
        summary="Answer a statement, as Neo4j's Query API does",
        family=FAMILY,
        handler=query,
        needs="read",
        basic=True,
        body=raw_body({"application/json": _SENT, TYPED[0]: {"type": "object"}}),
        answers={
            202: Told("the rows; `errors` behind them when something went wrong on the way", answers.QueryRows),
            **dict.fromkeys((400, 403, 404, 406, 503), _WRONG),
        },
    ),
    Endpoint(
        name="begin_query_transaction",
        method="POST",
        path="/db/{database}/query/v2/tx",
        summary="Refused: there are no transactions over HTTP",
        family=FAMILY,
        handler=transaction,
        needs="read",
        basic=True,
        answers={400: _WRONG},
    ),
)
