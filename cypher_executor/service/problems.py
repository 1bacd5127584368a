"""Errors as answers: RFC 9457 problem details, one shape for all of them, from one table (`kinds`).

A code that is not in the table has the status of its class, so that an error which the rest of the house begins to
raise is answered sensibly before anybody has added it there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cypher_executor import errors
from cypher_executor.bills import ReachesMore
from cypher_executor.cypher.bill import more_json
from cypher_executor.cypher.diagnostics import to_json
from cypher_executor.service.kinds import KINDS, Kind

MEDIA_TYPE = "application/problem+json"


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
        "next_actions": list(error.next_actions or filter(None, [kind.remedy])),
        "request_id": request_id,
    }
    return Problem(kind.status, body | _extras(error), _headers(error))


def internal_problem(request_id: str) -> Problem:
    """The answer to whoever met a bug: it says where to look, and nothing of what went wrong."""
    told = errors.CypherExecutorError(
        "the request met a bug in cypher-executor; the service's log has the details under this request id",
        code="internal_error",
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
    diagnostics = getattr(error, "diagnostics", None)  # of recipes and of queries
    if diagnostics is not None:
        return {"diagnostics": [to_json(d) for d in diagnostics]}
    if isinstance(error, errors.RequestInvalid) and error.problems:
        return {"problems": [dict(p) for p in error.problems]}
    if isinstance(error, ReachesMore):
        return {"more": more_json(error.more)}
    return {}


def _headers(error: errors.CypherExecutorError) -> Mapping[str, str]:
    if isinstance(error, errors.Unavailable):
        return {"retry-after": str(max(1, math.ceil(error.retry_after_s)))}
    return error.headers if isinstance(error, Refusal) else {}
