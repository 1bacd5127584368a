"""Help for editors: what may stand at a place of a text, and what stands there. Needs no state, as `check` does not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from cypher_executor.core.parts import Part
from cypher_executor.library import MAX_TEXT_BYTES
from cypher_executor.service.answers import Answer
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.problems import Refusal
from cypher_executor.service.requests import Request

FAMILY = "editor"


class Place(Request):
    """A place in a text that is being written."""

    cypher: str = Field(description="the text, however far it is written")
    line: int = Field(ge=1, description="from 1")
    column: int = Field(ge=1, description="from 1, in code points; the place before the character in this column")


class Span(Answer):
    """A piece of a text; lines and columns from 1 in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Help(Answer):
    """A word: what to write for it, where, and what it means."""

    label: str
    kind: str
    detail: str = Field(description="its type or its signature")
    help: str = Field(description="a sentence")
    insert: str = Field(description="what to write at `where`")
    value_schema: dict[str, Any] | None = Field(alias="schema", description="JSON Schema of its value, where known")
    where: Span


class Completions(Answer):
    """What may stand at a place, the most likely first."""

    items: list[Help]


class Hovered(Answer):
    """What stands at a place; null when there is nothing to say."""

    item: Help | None


async def complete_here(exchange: Exchange) -> Response:
    """Completions."""
    from cypher_executor.cypher.editor import complete

    place, parts = _asked(exchange)
    items = await asyncio.to_thread(complete, place.cypher, place.line, place.column, parts=parts)
    return reply(200, {"items": [item.to_json() for item in items]})


async def hover_here(exchange: Exchange) -> Response:
    """What is known of a word."""
    from cypher_executor.cypher.editor import hover

    place, parts = _asked(exchange)
    item = await asyncio.to_thread(hover, place.cypher, place.line, place.column, parts=parts)
    return reply(200, {"item": None if item is None else item.to_json()})


def _asked(exchange: Exchange) -> tuple[Place, Mapping[str, Part]]:
    place: Place = exchange.body
    if len(place.cypher.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise Refusal(f"a recipe may have at most {MAX_TEXT_BYTES // 1024} KiB", code="recipe_too_large")
    return place, {part.name: part for part in exchange.house.parts.all()}


def _answered(model: type[BaseModel], when: str) -> Mapping[int, Told]:
    return {200: Told(when, model)}


ENDPOINTS = (
    Endpoint(
        name="complete",
        method="POST",
        path="/complete",
        summary="What may stand at a place of a recipe that is being written",
        family=FAMILY,
        handler=complete_here,
        needs="read",
        body=json_body(Place),
        answers=_answered(Completions, "the completions, none where nothing is known"),
        errors=("recipe_too_large",),
    ),
    Endpoint(
        name="hover",
        method="POST",
        path="/hover",
        summary="What stands at a place of a recipe",
        family=FAMILY,
        handler=hover_here,
        needs="read",
        body=json_body(Place),
        answers=_answered(Hovered, "the word, null where nothing is to be said"),
        errors=("recipe_too_large",),
    ),
)
