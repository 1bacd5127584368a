"""Kinds of bodies: what is made of the bytes, and what the documentation says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from cypher_executor import strict_json
from cypher_executor.errors import RequestInvalid
from cypher_executor.service.fitting import fitted
from cypher_executor.service.problems import Refusal
from cypher_executor.service.requests import AskQuery, RecipeText
from cypher_executor.settings import Settings


@dataclass(frozen=True, slots=True)
class Limit:
    """How large a body may be, by the settings, and the one of them that says it."""

    kb: Callable[[Settings], int]
    setting: str


USUAL = Limit(lambda settings: settings.max_body_kb, "CYPHER_EXECUTOR_MAX_BODY_KB")


@dataclass(frozen=True, slots=True)
class Body:
    """A kind of body: how it is read, and what the documentation says of it.

    `read` gets the bytes and the media type, with `whole_type` all that the content type says. `media` has a JSON
    Schema, or a model, for each type that is documented. `limit` is for bodies that may be larger than others.
    """

    read: Callable[[bytes, str], Any]
    media: Mapping[str, type[BaseModel] | Mapping[str, Any]]
    required: bool = True
    whole_type: bool = False
    limit: Limit | None = None


def json_body(model: type[BaseModel], *, required: bool = True) -> Body:
    """A JSON object of this shape. One that is not required may be left out altogether."""

    def read(raw: bytes, media_type: str) -> Any:
        if not raw and not required:
            return model()
        _refuse_unless(media_type, _JSON_OR_UNSAID)
        return fitted(model, strict_json.loads(raw))

    return Body(read, {"application/json": model}, required)


def query_body() -> Body:
    """A query: its text, or JSON that holds it. No query begins with a brace."""

    def read(raw: bytes, media_type: str) -> AskQuery:
        _refuse_unless(media_type, _RECIPE_TYPES)
        if _is_json(media_type) or raw.lstrip()[:1] == b"{":
            return fitted(AskQuery, strict_json.loads(raw))
        return fitted(AskQuery, {"query": _text(raw)})

    text = {"type": "string", "description": "the query"}
    return Body(read, {"application/json": AskQuery, "text/plain": text, "application/x-cypher": text})


def recipe_body() -> Body:
    """A recipe: its text, or JSON that holds it. No recipe begins with a brace, so the two cannot be confused."""

    def read(raw: bytes, media_type: str) -> RecipeText:
        _refuse_unless(media_type, _RECIPE_TYPES)
        if _is_json(media_type) or raw.lstrip()[:1] == b"{":
            return fitted(RecipeText, strict_json.loads(raw))
        return RecipeText(cypher=_text(raw), name=None, allow=False)

    text = {"type": "string", "description": "the recipe"}
    return Body(read, {"text/plain": text, "application/x-cypher": text, "application/json": RecipeText})


def input_body() -> Body:
    """The input of a run: a JSON object, whatever the content type says. Nothing at all is an empty one."""

    def read(raw: bytes, media_type: str) -> dict[str, Any]:
        value = strict_json.loads(raw) if raw.strip() else {}
        if not isinstance(value, dict):
            message = f"the body must be a JSON object, whose members become the input; this is {_kind_of(value)}"
            raise RequestInvalid(message, problems=[{"path": "", "message": "must be an object"}])
        return value

    return Body(read, {"application/json": {"type": "object", "additionalProperties": True}}, required=False)


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body as it came: its endpoint decides what to make of it, because the bytes themselves matter."""

    raw: bytes
    media_type: str

    def json(self) -> Any:
        """The JSON value that it is, whatever the content type says; nothing at all is null. Raises RequestInvalid."""
        return strict_json.loads(self.raw) if self.raw.strip() else None


def raw_body(media: Mapping[str, Mapping[str, Any]] | None = None) -> Body:
    """Bytes. `media` is what the documentation says of them: a JSON Schema for JSON, and for whatever else there is."""
    return Body(RawBody, {"application/json": {}, **(media or {})}, required=False)


_JSON_OR_UNSAID = frozenset({"", "application/json", "text/plain", "application/x-www-form-urlencoded"})
"""The types of a JSON body: JSON's own, and those that clients send who say nothing of the matter."""

_RECIPE_TYPES = _JSON_OR_UNSAID | {"application/x-cypher", "text/x-cypher", "application/octet-stream"}


def _refuse_unless(media_type: str, known: frozenset[str]) -> None:
    if media_type not in known and not _is_json(media_type):
        raise Refusal(f"a body of type {media_type!r} is not read here", code="media_type_unsupported")


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refusal(f"the text is not UTF-8: byte {wrong.start} does not fit", code="text_invalid") from None


def _kind_of(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
