"""The service about itself. None of this needs a key, and none of it tells anything of recipes or runs."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor import __version__
from cypher_executor.errors import Unavailable
from cypher_executor.service import answers
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply

FAMILY = "service"


async def health(exchange: Exchange) -> Response:
    """The process answers."""
    return reply(200, {"status": "ok"})


async def ready(exchange: Exchange) -> Response:
    """New runs are taken on."""
    house = exchange.house
    if not house.journal.healthy:
        raise Unavailable("the journal cannot be written", code="journal_unavailable")
    if not house.engine.accepting:
        raise Unavailable("the service is starting or stopping", code="not_ready")
    return reply(200, {"status": "ready", "unreadable_runs": len(house.engine.unreadable)})


async def version(exchange: Exchange) -> Response:
    """What is running."""
    return reply(200, {"name": "cypher-executor", "version": __version__})


ENDPOINTS = (
    Endpoint(
        name="health",
        method="GET",
        path="/healthz",
        summary="Whether the service answers",
        family=FAMILY,
        handler=health,
        needs=None,
        answers={200: Told("it does", answers.Health)},
    ),
    Endpoint(
        name="ready",
        method="GET",
        path="/readyz",
        summary="Whether new runs are taken on",
        family=FAMILY,
        handler=ready,
        needs=None,
        answers={200: Told("they are", answers.Ready)},
        errors=("not_ready", "journal_unavailable"),
    ),
    Endpoint(
        name="version",
        method="GET",
        path="/version",
        summary="What is running",
        family=FAMILY,
        handler=version,
        needs=None,
        answers={200: Told("name and version", answers.Version)},
    ),
)
