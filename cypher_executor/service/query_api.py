"""The HTTP Query API of Neo4j, version 2: one statement a request, rows as they are worked out.

Status and head of an answer are sent before the first row is known, as Neo4j does it; what goes wrong after that stands
behind the rows, under `errors`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cypher_executor import strict_json
from cypher_executor.compat import refusals
from cypher_executor.compat.desk import Answer, Desk, Question
from cypher_executor.compat.json_values import plain, typed, untyped
from cypher_executor.compat.notices import notifications
from cypher_executor.compat.plans import Plan
from cypher_executor.compat.refusals import INVALID_REQUEST, Refused, refusal
from cypher_executor.errors import CypherExecutorError
from cypher_executor.service.auth import Caller
from cypher_executor.service.bodies import RawBody
from cypher_executor.service.endpoint import Exchange, encoded
from cypher_executor.service.neo4j_address import PLAIN, TYPED
from cypher_executor.service.neo4j_clients import deeds_of
from cypher_executor.wiring import House

BOOKMARK = "executor:live"
TAKE_S = 60.0
"""How long a client may take nothing of what it is sent."""
ROWS_AT_ONCE = 200

NO_COUNTERS: Mapping[str, Any] = {
    "containsUpdates": False,
    **dict.fromkeys(
        ("nodesCreated", "nodesDeleted", "propertiesSet", "relationshipsCreated", "relationshipsDeleted"), 0
    ),
    **dict.fromkeys(("labelsAdded", "labelsRemoved", "indexesAdded", "indexesRemoved"), 0),
    **dict.fromkeys(("constraintsAdded", "constraintsRemoved"), 0),
    "containsSystemUpdates": False,
    "systemUpdates": 0,
}
"""No statement changes the graph."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a request asks for."""

    text: str
    parameters: Mapping[str, Any]
    may_write: bool
    timeout_s: float | None
    counters: bool


_FIELDS: Mapping[str, type] = {
    "statement": str,
    "parameters": dict,
    "includeCounters": bool,
    "bookmarks": list,
    "impersonatedUser": str,
    "accessMode": str,
    "maxExecutionTime": int,
}


def statement_of(body: RawBody) -> Statement:
    """The statement that a body is. Raises Refused."""
    try:
        found = strict_json.loads(body.raw)
    except CypherExecutorError as error:
        raise Refused(INVALID_REQUEST, error.message) from None
    if not isinstance(found, dict):
        raise Refused(INVALID_REQUEST, 'the body is a JSON object: {"statement": "RETURN 1", "parameters": {}}')
    for name, value in found.items():
        _check(name, value)
    if not found.get("statement"):
        raise Refused(INVALID_REQUEST, "the body has no `statement`")
    if found.get("impersonatedUser") is not None:
        raise Refused(refusals.FORBIDDEN, "nobody can ask in another's name here")
    mode = (found.get("accessMode") or "WRITE").upper()
    if mode not in ("READ", "WRITE"):
        raise Refused(INVALID_REQUEST, "`accessMode` is READ or WRITE")
    seconds = found.get("maxExecutionTime")
    parameters = found.get("parameters") or {}
    if body.media_type in TYPED:
        parameters = {name: _untyped(value) for name, value in parameters.items()}
    counters = bool(found.get("includeCounters"))
    return Statement(found["statement"], parameters, mode == "WRITE", seconds and float(seconds), counters)


def _check(name: str, value: Any) -> None:
    kind = _FIELDS.get(name)
    if kind is None:
        raise Refused(INVALID_REQUEST, f"{name!r} is nothing that a request has: {', '.join(_FIELDS)}")
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise Refused(INVALID_REQUEST, f"`{name}` is of another type than it should be")
    if isinstance(value, int) and kind is int and value < 1:
        raise Refused(INVALID_REQUEST, f"`{name}` is a number from 1")


def _untyped(value: Any) -> Any:
    try:
        return untyped(value)
    except CypherExecutorError as error:
        raise refusal(error, "") from None


def media_type_of(accept: str | None) -> str:
    """In which media type to answer. Raises Refused when it is none of ours."""
    wanted = [part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    for one in wanted:
        if one in TYPED or one == PLAIN:
            return one
    if any(one in ("*/*", "application/*", "") for one in wanted):
        return PLAIN
    raise Refused(NOT_ACCEPTABLE, f"answers are {PLAIN} or, with types, {TYPED[0]}")


NOT_ACCEPTABLE = "Neo.ClientError.Request.NotAcceptable"


async def answered(exchange: Exchange) -> Response:
    """The answer to the statement of a request, or what is wrong with it in Neo4j's words."""
    try:
        media_type = media_type_of(exchange.headers.get("accept"))
        statement = statement_of(exchange.body)
        question = Question(
            statement.text,
            statement.parameters,
            tenant=exchange.caller.tenant,
            database=exchange.path["database"],
            may_write=statement.may_write,
            deeds=_deeds(exchange.house, exchange.caller),
            timeout_s=statement.timeout_s,
            protocol="http",
        )
        return await asked(exchange.desk(), question, media_type, counters=statement.counters)
    except Refused as error:
        return refused(error)


def no_transactions() -> Response:
    """What is answered to whoever wants one over HTTP."""
    message = "there are no transactions over HTTP: send each statement to /db/{database}/query/v2, or use Bolt"
    return refused(Refused(INVALID_REQUEST, message))


def _deeds(house: House, caller: Caller) -> frozenset[str]:
    if caller.key is None:
        return frozenset(deeds_of(lambda scope: True))
    key = next((key for key in house.keys.of_tenant(caller.tenant) if key.id == caller.key), None)
    return frozenset() if key is None else frozenset(deeds_of(key.may))


async def asked(desk: Desk, question: Question, media_type: str, *, counters: bool) -> Response:
    """The answer to a statement. Raises Refused."""
    return Rows(await desk.ask(question), media_type, counters)


def refused(error: Refused) -> Response:
    """An answer that says what is wrong."""
    return Response(encoded({"errors": [_error(error)]}), _STATUS.get(error.code, _status(error.code)), {}, PLAIN)


def _error(error: Refused) -> dict[str, str]:
    code = INVALID_REQUEST if error.code == NOT_ACCEPTABLE else error.code
    return {"code": code, "message": error.message}


_STATUS: Mapping[str, int] = {
    refusals.UNAUTHORIZED: 401,
    refusals.FORBIDDEN: 403,
    refusals.NO_DATABASE: 404,
    NOT_ACCEPTABLE: 406,
}


def _status(code: str) -> int:
    kind = code.split(".")[1]
    return {"ClientError": 400, "TransientError": 503}.get(kind, 500)


class Rows(Response):
    """An answer that is sent as it is worked out. Whoever does not take it, or is gone, is not waited for."""

    def __init__(self, answer: Answer, media_type: str, counters: bool) -> None:
        super().__init__(None, 202, {}, media_type)
        del self.headers["content-length"]
        self._answer = answer
        self._counters = counters
        self._write: Callable[[Any], Any] = typed if media_type in TYPED else plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending, going = asyncio.create_task(self._sent(send)), asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((sending, going), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, going):
                task.cancel()
            await asyncio.gather(going, return_exceptions=True)
            (failure,) = await asyncio.gather(sending, return_exceptions=True)
            await self._answer.close()
        if isinstance(failure, Exception) and not isinstance(failure, OSError | TimeoutError):
            raise failure

    async def _sent(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces():
            async with asyncio.timeout(TAKE_S):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield b'{"data":{"fields":%b,"values":[' % encoded(list(self._answer.columns))
        errors, more, first = [], True, True
        while more:
            try:
                rows, more = await self._answer.take(ROWS_AT_ONCE)
            except Refused as error:
                errors, rows, more = [_error(error)], (), False
            if rows:
                written = await asyncio.to_thread(self._written, rows)
                yield written if first else b"," + written
                first = False
        rest = {"errors": errors} if errors else self._behind()
        yield b"]}," + encoded(rest)[1:]

    def _written(self, rows: Any) -> bytes:
        return b",".join(encoded([self._write(value) for value in row]) for row in rows)

    def _behind(self) -> dict[str, Any]:
        """What follows the rows."""
        told: dict[str, Any] = {}
        if self._answer.plan is not None:
            told["queryPlan"] = _plan(self._answer.plan)
        if self._counters:
            told["counters"] = NO_COUNTERS
        if self._answer.notices and (found := notifications(self._answer.notices)):
            told["notifications"] = found
        return {**told, "bookmarks": [BOOKMARK]}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _plan(top: Plan) -> dict[str, Any]:
    """A plan in the words of the Query API; plans are as deep as texts are long."""
    result: list[dict[str, Any]] = []
    todo: list[tuple[Plan, list[dict[str, Any]]]] = [(top, result)]
    while todo:
        plan, into = todo.pop()
        children: list[dict[str, Any]] = []
        into.append({
            "operatorType": plan["operatorType"],
            "arguments": plan["args"],
            "identifiers": plan["identifiers"],
            "children": children,
        })  # fmt: skip
        todo.extend((child, children) for child in reversed(plan["children"]))
    return result[0]
