"""Errors as answers: RFC 9457 problem details, one shape for all of them, from one table.

The table says which status a code has. A code that is not in it has the status of its class, so that an error which
the rest of the house begins to raise is answered sensibly before anybody has added it here. Codes are part of the
interface: added to, never changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from cypher_executor import errors
from cypher_executor.cypher.diagnostics import to_json

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems of one code have in common."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    # how the request was sent
    "http_invalid": Kind(400, "This is not HTTP"),
    "headers_too_large": Kind(431, "The request line and headers are too large"),
    "headers_too_slow": Kind(408, "The headers did not arrive in time"),
    "header_invalid": Kind(400, "A header has a value that it cannot have"),
    "path_invalid": Kind(400, "The path is not valid"),
    "query_invalid": Kind(400, "The query string is not valid"),
    "encoding_unsupported": Kind(415, "Compressed bodies are not read"),
    "media_type_unsupported": Kind(415, "A body of this type is not read here"),
    "body_too_large": Kind(413, "The body is too large"),
    "body_too_slow": Kind(408, "The body did not arrive in time"),
    "text_invalid": Kind(400, "The body is not UTF-8 text"),
    "json_invalid": Kind(400, "The body is not JSON"),
    "json_duplicate_key": Kind(400, "A key stands twice in one object"),
    "json_too_deep": Kind(400, "The body is nested too deeply"),
    "number_out_of_range": Kind(400, "A number is out of range"),
    # who asks, and for what
    "host_refused": Kind(403, "The service does not answer under this name"),
    "origin_refused": Kind(403, "Another site's page may not do this"),
    "unknown_route": Kind(404, "There is nothing at this path"),
    "method_not_allowed": Kind(405, "This method is not allowed here"),
    # what is asked
    "request_invalid": Kind(422, "The request does not fit"),
    "recipe_invalid": Kind(422, "The recipe has problems"),
    "recipe_too_large": Kind(413, "The recipe is too large"),
    "invalid_name": Kind(422, "This cannot be a name"),
    "name_missing": Kind(422, "The recipe has no name"),
    "name_mismatch": Kind(422, "The recipe has two names"),
    "input_invalid": Kind(422, "The input does not fit the recipe"),
    "idempotency_conflict": Kind(422, "The idempotency key was used for something else"),
    "expression_error": Kind(422, "An expression cannot be evaluated"),
    "module_refused": Kind(422, "The module may not be admitted"),
    "not_found": Kind(404, "There is no such thing"),
    "unknown_recipe": Kind(404, "There is no such recipe"),
    "unknown_version": Kind(404, "There is no such version of the recipe"),
    "unknown_run": Kind(404, "There is no such run"),
    "unknown_step": Kind(404, "There is no such step"),
    "unknown_part": Kind(404, "There is no such part"),
    "conflict": Kind(409, "This contradicts what is there"),
    "run_ended": Kind(409, "The run has ended"),
    # the service itself
    "unavailable": Kind(503, "Not now"),
    "not_ready": Kind(503, "The service is not ready"),
    "journal_unavailable": Kind(503, "The journal cannot be written or read"),
    "run_moved": Kind(503, "The run went on elsewhere"),
    "internal_error": Kind(500, "A bug in cypher-executor"),
}
"""Every code that the service answers with, and its status."""

_BY_CLASS: tuple[tuple[type[errors.CypherExecutorError], str], ...] = (
    (errors.RecipeInvalid, "recipe_invalid"),
    (errors.NotFound, "not_found"),
    (errors.Conflict, "conflict"),
    (errors.Unavailable, "unavailable"),
    (errors.ExpressionError, "expression_error"),
    (errors.ModuleRefused, "module_refused"),
    (errors.CypherExecutorError, "request_invalid"),
)


class Refusal(errors.RequestInvalid):
    """A request that is refused for the way in which it was made. `headers` belong to the answer."""

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """An error, ready to be sent."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: errors.CypherExecutorError, request_id: str) -> Problem:
    """The answer that tells of this error."""
    kind = kind_of(error)
    body = {
        "type": f"urn:cypher-executor:problem:{error.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": error.message,
        "code": error.code,
        "retryable": error.retryable,
        "where": None if error.place is None else where(error.place),
        "did_you_mean": error.did_you_mean,
        "next_actions": list(error.next_actions),
        "request_id": request_id,
    }
    return Problem(kind.status, body | _extras(error), _headers(error))


def internal_problem(request_id: str) -> Problem:
    """The answer to whoever met a bug: it says where to look, and nothing of what went wrong."""
    told = errors.CypherExecutorError(
        "the request met a bug in cypher-executor; the service's log has the details under this request id",
        code="internal_error",
        next_actions=["look for the request id in the log of the service"],
    )
    return problem_of(told, request_id)


def kind_of(error: errors.CypherExecutorError) -> Kind:
    """Status and title of an error."""
    found = KINDS.get(error.code)
    return found or next(KINDS[code] for cls, code in _BY_CLASS if isinstance(error, cls))


def where(place: errors.Place) -> dict[str, Any]:
    """A place in a text as JSON."""
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "node": place.node,
    }


def _extras(error: errors.CypherExecutorError) -> dict[str, Any]:
    if isinstance(error, errors.RecipeInvalid):
        return {"diagnostics": [to_json(d) for d in error.diagnostics]}
    if isinstance(error, errors.RequestInvalid) and error.problems:
        return {"problems": [dict(p) for p in error.problems]}
    return {}


def _headers(error: errors.CypherExecutorError) -> Mapping[str, str]:
    if isinstance(error, errors.Unavailable):
        return {"retry-after": str(max(1, math.ceil(error.retry_after_s)))}
    return error.headers if isinstance(error, Refusal) else {}


assert all(HTTPStatus(kind.status) for kind in KINDS.values()), "every status is one of HTTP's"
