"""POST /query: read-only Cypher over recipes, and over runs as they are just now."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.responses import Response

from cypher_executor.service.answers import Answer, DiagnosticAnswer
from cypher_executor.service.bodies import query_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.requests import AskQuery

FAMILY = "query"
STEPS = 10_000_000
BYTES = 64 * 2**20


class QuerySummary(Answer):
    """What it took."""

    rows: int
    took_ms: float = Field(description="how long it was worked out")
    behind_ms: float = Field(description="for how long the graph has not told everything; 0: it is as new as the disk")


class GraphAnswer(Answer):
    """The nodes and relationships of the rows, each once."""

    nodes: list[dict[str, Any]]
    relationships: list[dict[str, Any]]


class QueryAnswer(Answer):
    """Columns and rows. Nodes, relationships and paths in rows are objects with a `kind`; times are text."""

    columns: list[str]
    rows: list[list[Any]]
    more: bool = Field(description="there are more rows than were asked for")
    graph: GraphAnswer | None
    plan: str | None = Field(description="of a query that began with EXPLAIN")
    notices: list[DiagnosticAnswer]
    summary: QuerySummary


async def ask(exchange: Exchange) -> Response:
    """The answer to one question. It is asked of the caller's own recipes and runs, whatever the text says."""
    # Loaded with the first question: a service begins the faster.
    from cypher_executor.cypher.query import Limits
    from cypher_executor.service.query_view import answer_of, evaluating

    asked: AskQuery = exchange.body
    limits = Limits(rows=asked.limit + 1, steps=STEPS, bytes=BYTES, seconds=asked.timeout_s)
    tenant = exchange.caller.tenant
    with evaluating():
        table = await exchange.house.questions.ask(asked.query, asked.parameters, tenant=tenant, limits=limits)
        return reply(200, await answer_of(table, asked.limit, graph=asked.graph))


ENDPOINTS = (
    Endpoint(
        name="ask_query",
        method="POST",
        path="/query",
        summary="Ask the graph of recipes and runs, in read-only Cypher",
        family=FAMILY,
        handler=ask,
        needs="read",
        body=query_body(),
        answers={200: Told("the answer, or the plan of what begins with EXPLAIN", QueryAnswer)},
        errors=(
            *("query_text_invalid", "parameter_missing", "expression_error", "budget_used_up", "text_invalid"),
            *("graph_unavailable", "journal_unavailable"),
        ),
    ),
)
