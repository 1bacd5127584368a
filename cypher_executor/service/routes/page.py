"""The files of our own page. The page itself is at `/`, where tools of Neo4j are told something else."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.errors import NotFound
from cypher_executor.service.endpoint import Endpoint, Exchange, Told
from cypher_executor.service.page import file_of

FAMILY = "page"


async def show_file(exchange: Exchange) -> Response:
    """A file of the page."""
    name = exchange.path["file"]
    found = file_of(name)
    if found is None:
        raise NotFound(f"the page has no file {name!r}", code="unknown_route")
    return found


ENDPOINTS = (
    Endpoint(
        name="show_page_file",
        method="GET",
        path="/page/{file}",
        summary="A file of the page that is at /",
        family=FAMILY,
        handler=show_file,
        needs=None,
        answers={200: Told("the file, in its own media type")},
        errors=("unknown_route",),
    ),
)
