"""GET /metrics: what monitors read."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.service.endpoint import Endpoint, Exchange, Told
from cypher_executor.service.metrics import exposed

FAMILY = "service"


async def metrics(exchange: Exchange) -> Response:
    """How the service is."""
    text, media_type = exposed(exchange.house, exchange.waiting)
    return Response(text, media_type=media_type)


ENDPOINTS = (
    Endpoint(
        name="metrics",
        method="GET",
        path="/metrics",
        summary="How much there is to do and how far the graphs have come, in the text format of Prometheus",
        family=FAMILY,
        handler=metrics,
        needs="read",
        answers={200: Told("the metrics")},
    ),
)
