"""What tools of Neo4j are answered over HTTP, in Neo4j's words."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Discovery(BaseModel):
    """Where Bolt and the Query API are."""

    bolt_routing: str
    bolt_direct: str
    query: str
    neo4j_version: str
    neo4j_edition: str


class QueryData(BaseModel):
    """Rows: values in the order of the fields."""

    fields: list[str]
    values: list[list[Any]]


class Neo4jError(BaseModel):
    """One thing that is wrong."""

    code: str
    message: str


class Neo4jErrors(BaseModel):
    """All that is wrong."""

    errors: list[Neo4jError]


class QueryRows(BaseModel):
    """The answer to a statement."""

    data: QueryData
    bookmarks: list[str] | None = None
    counters: dict[str, Any] | None = None
    notifications: list[dict[str, Any]] | None = None
    queryPlan: dict[str, Any] | None = None
    errors: list[Neo4jError] | None = None
