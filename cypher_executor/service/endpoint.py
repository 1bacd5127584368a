"""Endpoints: one record each, from which the route, its checks and its documentation are made.

To add a route, write a record into a family under `routes/`; nothing else has to know of it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import orjson
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.responses import Response

from cypher_executor.core.keys import Scope
from cypher_executor.service.auth import Caller
from cypher_executor.service.bodies import Body
from cypher_executor.service.hooks import Hooks
from cypher_executor.service.waiting import Waiting
from cypher_executor.wiring import House

if TYPE_CHECKING:
    from cypher_executor.compat.desk import Desk

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that has been let in, and what its endpoint works with.

    `path`, `query` and `body` are what the record of the endpoint says: decoded, checked, and in their own types.
    `raw_query` has all values of every name. `base_url` is where the caller found us, without a slash at the end. The
    desk of clients of Neo4j is made when it is first wanted, as it knows all of the language.
    """

    house: House
    hooks: Hooks
    desk: Callable[[], Desk]
    waiting: Waiting
    caller: Caller
    headers: Headers
    base_url: str
    method: str
    path: Mapping[str, str]
    raw_query: Mapping[str, list[str]]
    query: Any = None
    body: Any = None


Handler = Callable[[Exchange], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is documented: when it is given, what its body holds, and which headers it has of its own."""

    when: str
    model: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that can be asked. `needs` None exempts it from keys; `errors` are the codes that are its own.

    `open`: whoever calls from wherever is let in, because the endpoint itself finds out whether they may.
    `basic`: a key may also stand as the password of Basic authentication, as clients of Neo4j send it.
    """

    name: str
    method: Method
    path: str
    summary: str
    family: str
    handler: Handler
    needs: Scope | None
    answers: Mapping[int, Told]
    query: type[BaseModel] | None = None
    takes_any_query: bool = False
    body: Body | None = None
    headers: tuple[str, ...] = ()
    errors: tuple[str, ...] = field(default=())
    open: bool = False
    basic: bool = False


def reply(status: int, value: Any, **headers: str) -> Response:
    """A JSON answer. An underscore in the name of a header stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(encoded(value), status, named, "application/json")


def encoded(value: Any) -> bytes:
    """JSON. What orjson does not write (it stops at a depth of 254) is left to the standard library."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def in_path(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")
