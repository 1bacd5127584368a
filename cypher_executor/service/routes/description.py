"""The service described for programs: the OpenAPI document."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.service.endpoint import Endpoint, Exchange, Told

FAMILY = "service"


async def openapi(exchange: Exchange) -> Response:
    """The document that all endpoints together make."""
    from cypher_executor.service.openapi import document  # it reads every record, this one among them

    return Response(document(), media_type="application/json")


ENDPOINTS = (
    Endpoint(
        name="openapi",
        method="GET",
        path="/openapi.json",
        summary="This description, as OpenAPI 3.1",
        family=FAMILY,
        handler=openapi,
        needs=None,
        answers={200: Told("the document")},
    ),
)
