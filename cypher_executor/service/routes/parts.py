"""The catalogue of parts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from cypher_executor.core.parts import Example, Part
from cypher_executor.errors import NotFound, nearest
from cypher_executor.service import answers
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply

FAMILY = "parts"


async def list_parts(exchange: Exchange) -> Response:
    """Every part, shortly."""
    return reply(200, {"parts": [_line(part) for part in exchange.house.parts.all()]})


async def show_part(exchange: Exchange) -> Response:
    """One part, with all that its manifest says."""
    parts, name = exchange.house.parts, exchange.path["name"]
    part = parts.find(name)
    if part is None:
        near = nearest(name, [part.name for part in parts.all()])
        raise NotFound(f"there is no part {name!r}", code="unknown_part", did_you_mean=near)
    return reply(200, _whole(part))


def _line(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "version": part.version,
        "summary": part.summary,
        "digest": part.digest,
        "pure": part.pure,
    }


def _whole(part: Part) -> dict[str, Any]:
    return {
        **_line(part),
        "input": part.input,
        "output": part.output,
        "grants": asdict(part.grants),
        "limits": asdict(part.limits),
        "examples": [_example(example) for example in part.examples],
    }


def _example(example: Example) -> dict[str, Any]:
    end = {"output": example.output} if example.error is None else {"error": example.error}
    calls = [{"request": request, "answer": answer} for request, answer in example.calls]
    return {"title": example.title, "input": example.input, **end, "calls": calls}


ENDPOINTS = (
    Endpoint(
        name="list_parts",
        method="GET",
        path="/parts",
        summary="Every part that recipes may use",
        family=FAMILY,
        handler=list_parts,
        needs="read",
        answers={200: Told("the parts, by name", answers.PartList)},
    ),
    Endpoint(
        name="show_part",
        method="GET",
        path="/parts/{name}",
        summary="A part with its schemas, grants, limits and examples",
        family=FAMILY,
        handler=show_part,
        needs="read",
        answers={200: Told("the part", answers.PartAnswer)},
        errors=("unknown_part",),
    ),
)
