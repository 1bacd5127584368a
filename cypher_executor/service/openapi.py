"""The OpenAPI 3.1 document, made from the records of the endpoints. Nothing in it is written by hand twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cypher_executor import __version__
from cypher_executor.service.answers import ProblemAnswer
from cypher_executor.service.endpoint import Endpoint, Told, encoded
from cypher_executor.service.families import ENDPOINTS, by_path
from cypher_executor.service.kinds import KINDS
from cypher_executor.service.problems import MEDIA_TYPE
from cypher_executor.service.requests import Request

_REF = "#/components/schemas/{model}"

_OF_EVERY_REQUEST = ("path_invalid", "query_invalid", "internal_error")
_OF_EVERY_GUARDED = ("host_refused",)
_OF_EVERY_KEYED = ("key_missing", "key_invalid", "scope_missing")
_OF_EVERY_CHANGE = ("origin_refused",)
_OF_EVERY_QUERY = ("request_invalid",)
_OF_EVERY_BODY = (
    "request_invalid",
    "encoding_unsupported",
    "media_type_unsupported",
    "body_too_large",
    "body_too_slow",
    "json_invalid",
    "json_duplicate_key",
    "json_too_deep",
    "number_out_of_range",
)

_REQUEST_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "prefer": {
        "description": "`wait=30` waits up to 30 seconds for the end of the run, `respond-async` not at all (RFC 7240)",
        "schema": {"type": "string", "examples": ["wait=30"]},
    },
    "idempotency-key": {
        "description": "the same key with the same request gives the same run, for 72 hours",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    },
}
_ANSWER_HEADERS: Mapping[str, str] = {
    "location": "where the run or the recipe is",
    "preference-applied": "how long the service was ready to wait",
    "retry-after": "after how many seconds to ask again",
    "allow": "the methods that are possible here",
    "www-authenticate": "that a key is wanted, and whether the one that came opens nothing",
    "x-request-id": "the id of this request: the caller's own, or a new one",
}
_HEADERS_OF_STATUS = {401: ("www-authenticate",), 429: ("retry-after",), 503: ("retry-after",)}
_DESCRIPTION = (
    "Workflows drawn as Cypher graphs. Errors are problem details (RFC 9457); `code` is for programs and never changes."
)


@cache
def document() -> bytes:
    """The document as JSON."""
    return encoded(as_dict())


_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a key, once one was made; its scope is named"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "the same key"},
}


def as_dict() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "cypher-executor", "version": __version__, "description": _DESCRIPTION},
        "paths": {path: {e.method.lower(): _operation(e) for e in found} for path, found in by_path().items()},
        "components": {"schemas": _schemas(), "securitySchemes": _SECURITY},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.family],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_header_parameters(endpoint)],
        "responses": _responses(endpoint),
        "security": [] if endpoint.needs is None else [{name: [endpoint.needs]} for name in _SECURITY],
    }
    return operation if endpoint.body is None else {**operation, "requestBody": _request_body(endpoint)}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    model = endpoint.query
    if model is None:
        return []
    schema = model.model_json_schema(ref_template=_REF)
    found = [_query_parameter(name, field) for name, field in schema["properties"].items()]
    return [*found, _ANY_QUERY] if endpoint.takes_any_query else found


_ANY_QUERY = {
    "name": "values",
    "in": "query",
    "style": "form",
    "explode": True,
    "description": "everything else becomes input, as text",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


def _query_parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in schema.items() if key != "description"}
    return {"name": name, "in": "query", "schema": plain, "description": schema["description"]}


def _header_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [{"name": name, "in": "header", **_REQUEST_HEADERS[name]} for name in endpoint.headers]


def _request_body(endpoint: Endpoint) -> dict[str, Any]:
    assert endpoint.body is not None
    content = {media_type: {"schema": _schema_of(schema)} for media_type, schema in endpoint.body.media.items()}
    return {"required": endpoint.body.required, "content": content}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    answers = {str(status): _told(told) for status, told in sorted(endpoint.answers.items())}
    problems: dict[str, list[str]] = {}
    for code in codes_of(endpoint):
        problems.setdefault(str(KINDS[code].status), []).append(code)
    for status, codes in sorted(problems.items()):
        answers[status] = _with_problem(answers.get(status), codes)
    return answers


def codes_of(endpoint: Endpoint) -> list[str]:
    """Every code that this endpoint may answer with, each once."""
    changes = _OF_EVERY_CHANGE if endpoint.method != "GET" and not endpoint.open else ()
    body = _OF_EVERY_BODY if endpoint.body is not None else ()
    query = _OF_EVERY_QUERY if endpoint.query is not None else ()
    reached = () if endpoint.open else _OF_EVERY_GUARDED
    keyed = () if endpoint.needs is None else _OF_EVERY_KEYED
    return list(dict.fromkeys((*endpoint.errors, *query, *body, *changes, *reached, *keyed, *_OF_EVERY_REQUEST)))


def _told(told: Told) -> dict[str, Any]:
    answer = {"description": told.when, "headers": _headers(*told.headers)}
    if told.model is None:
        return answer
    return {**answer, "content": {"application/json": {"schema": _schema_of(told.model)}}}


def _with_problem(told: Mapping[str, Any] | None, codes: list[str]) -> dict[str, Any]:
    """An answer that tells of an error, or, where a status can mean both, does so in a media type of its own."""
    described = "; ".join(f"`{code}`: {KINDS[code].title}" for code in codes)
    content = {MEDIA_TYPE: {"schema": _schema_of(ProblemAnswer)}}
    if told is None:
        headers = _HEADERS_OF_STATUS.get(KINDS[codes[0]].status, ())
        return {"description": described, "headers": _headers(*headers), "content": content}
    return {
        **told,
        "description": f"{told['description']}; or {described}",
        "content": {**told.get("content", {}), **content},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {n: {"description": _ANSWER_HEADERS[n], "schema": {"type": "string"}} for n in (*names, "x-request-id")}


def _schema_of(schema: type[BaseModel] | Mapping[str, Any]) -> Mapping[str, Any]:
    return schema if isinstance(schema, Mapping) else {"$ref": _REF.format(model=schema.__name__)}


def _schemas() -> dict[str, Any]:
    """The schemas of all bodies: of requests as they are read, of answers as they are written."""
    found: list[type[BaseModel]] = [ProblemAnswer]
    for endpoint in ENDPOINTS:
        found += [told.model for told in endpoint.answers.values() if told.model is not None]
        media = endpoint.body.media.values() if endpoint.body is not None else ()
        found += [model for model in media if isinstance(model, type)]
    _, schemas = models_json_schema(
        [(model, "validation" if issubclass(model, Request) else "serialization") for model in dict.fromkeys(found)],
        ref_template=_REF,
    )
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions
