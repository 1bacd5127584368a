"""Callbacks: the addresses of waits, which anybody may call who knows them, and the list of all waits.

A token proves by itself that its bearer was given it, so calls need no key and may come from anywhere, also from a
page of another site. A second call gets the answer of the first, whatever it sends: what it sends is not even read.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cypher_executor.core.callbacks import Wait, wait_of
from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Value
from cypher_executor.core.run import Run
from cypher_executor.errors import CypherExecutorError, NotFound, RequestInvalid
from cypher_executor.inputs import misfits
from cypher_executor.service import answers
from cypher_executor.service.bodies import raw_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.requests import WaitsQuery
from cypher_executor.service.times import iso
from cypher_executor.service.wait_view import listed_waits

FAMILY = "callbacks"


async def call_back(exchange: Exchange) -> Response:
    """Let a wait go on with this body, or keep it for a wait that has not begun."""
    wait = wait_of(exchange.house.callback_key, exchange.path["token"])
    if wait is None:
        raise _unknown()
    received_us = await _first_call(exchange, wait)
    if received_us is None:
        received_us = await _called(exchange, wait, exchange.body.json())
    told = {"accepted": True, "run": wait.run, "step": wait.node, "received_at": iso(received_us)}
    return reply(200, told)


async def _first_call(exchange: Exchange, wait: Wait) -> int | None:
    """When this wait was called first; None when it was not yet."""

    def at_us(run: Run) -> int | None:
        call = run.callbacks.get((wait.node, wait.item, wait.turn, wait.number))
        return None if call is None else call.at_us

    return await exchange.house.engine.inspect(wait.run, at_us)


async def _called(exchange: Exchange, wait: Wait, body: Value) -> int:
    try:
        return (await exchange.house.engine.call_back(wait, body)).at_us
    except NotFound:
        raise _unknown() from None
    except RequestInvalid as error:
        if error.code != "callback_misfit":
            raise
        schema = await exchange.house.engine.inspect(wait.run, lambda run: run.schema_of(wait))
        problems = [] if schema is None else misfits(schema, body)
        raise RequestInvalid(error.message, code=error.code, problems=problems) from None


def _unknown() -> NotFound:
    """The same for a token that was made up and for one whose run has been forgotten."""
    return NotFound("nobody waits under this address", code="unknown_wait")


async def list_waits(exchange: Exchange) -> Response:
    """A page of waits: those of so many runs as fill it."""
    query: WaitsQuery = exchange.query
    address = exchange.house.settings.address
    found: list[dict[str, Any]] = []
    for run in (runs := _waiting_runs(exchange, query)):
        found += await _waits(exchange, run, address)
        if len(found) >= query.limit:
            return reply(200, {"waits": found, "next_after": run if run != runs[-1] else None})
    return reply(200, {"waits": found, "next_after": None})


def _waiting_runs(exchange: Exchange, query: WaitsQuery) -> list[RunId]:
    """The runs that wait for a callback, oldest first."""
    fitting = {
        about.run
        for about, _ in exchange.house.engine.waits()
        if about.tenant == exchange.caller.tenant
        and query.recipe in (None, about.name)
        and about.run > (query.after or "")
    }
    return sorted(fitting)


async def _waits(exchange: Exchange, run: RunId, address: str) -> list[dict[str, Any]]:
    """The waits of a run as they are on disk. One that has just ended and cannot be read any more has none."""
    try:
        return await exchange.house.engine.inspect(run, lambda found: listed_waits(found, address)) or []
    except CypherExecutorError:
        if not exchange.house.journal.healthy:
            raise
        return []


ENDPOINTS = (
    Endpoint(
        name="call_back",
        method="POST",
        path="/callbacks/{token}",
        summary="Let a wait go on with this body: any JSON that fits its schema; the token is the key",
        family=FAMILY,
        handler=call_back,
        needs=None,
        open=True,
        body=raw_body(),
        answers={200: Told("it is on disk; every later call gets this same answer", answers.CallbackAccepted)},
        errors=("unknown_wait", "wait_over", "callback_misfit", "run_unreadable", "journal_unavailable"),
    ),
    Endpoint(
        name="list_waits",
        method="GET",
        path="/waits",
        summary="Every wait for a callback, with the address that answers it",
        family=FAMILY,
        handler=list_waits,
        needs="read",
        query=WaitsQuery,
        answers={200: Told("a page of waits", answers.WaitList)},
        errors=("journal_unavailable",),
    ),
)
