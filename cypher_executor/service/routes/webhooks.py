"""The named webhook: every recipe can be triggered under its name, by whoever can send a POST."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.core.recipe import Value
from cypher_executor.service import answers, requests, starts
from cypher_executor.service.auth import WITHHELD_HEADERS
from cypher_executor.service.bodies import input_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told
from cypher_executor.service.headers import preferences
from cypher_executor.service.queries import names_of
from cypher_executor.service.starts import Asked
from cypher_executor.service.times import iso

FAMILY = "webhooks"

KEY_FIELD = "api_key"
"""Where older callers put their key beside the input. It never becomes input."""

_STATUS = {"succeeded": 200}
"""The status of an ended run; every other end is a 500."""


async def trigger(exchange: Exchange) -> Response:
    """Start the recipe with body and query as its input, and wait for the result."""
    asked = Asked(_input(exchange), _trigger(exchange), exchange.path["name"])
    started = await starts.start(exchange, asked)
    wanted = preferences(exchange.headers)
    limit_s = exchange.house.settings.wait_limit_s
    if exchange.query.asynchronous or wanted.respond_async:
        return starts.answer(202, await starts.seen(exchange, started.run))
    wait_s = limit_s if wanted.wait_s is None else min(wanted.wait_s, limit_s)
    view = await starts.ended_within(exchange, started.run, wait_s)
    status = _STATUS.get(view["state"], 500) if starts.has_ended(view) else 202
    return starts.answer(status, view)


def _input(exchange: Exchange) -> dict[str, Value]:
    """The body over the query: what stands in both is taken from the body, which knows more types than text."""
    return {name: value for name, value in (_query(exchange) | exchange.body).items() if name != KEY_FIELD}


def _query(exchange: Exchange) -> dict[str, Value]:
    """What is not ours; a name that stands several times is a list."""
    ours = (*names_of(requests.NamedTriggerQuery), KEY_FIELD)
    theirs = {name: values for name, values in exchange.raw_query.items() if name not in ours}
    return {name: values[0] if len(values) == 1 else values for name, values in theirs.items()}


def _trigger(exchange: Exchange) -> dict[str, Value]:
    headers = {name: value for name, value in exchange.headers.items() if name not in WITHHELD_HEADERS}
    return {
        "kind": "named_webhook",
        "headers": headers,
        "query": _query(exchange),
        "time": iso(exchange.house.clock.now_us()),
    }


ENDPOINTS = (
    Endpoint(
        name="trigger_recipe",
        method="POST",
        path="/webhooks/named/{name}/trigger",
        summary="Trigger a recipe by its name: body and query become its input, the answer is the run",
        family=FAMILY,
        handler=trigger,
        needs="run",
        query=requests.NamedTriggerQuery,
        takes_any_query=True,
        body=input_body(),
        headers=("prefer", "idempotency-key"),
        answers={
            200: Told("the run has succeeded", answers.RunAnswer, ("location",)),
            202: Told("the run is on disk and goes on", answers.RunAnswer, ("location",)),
            500: Told("the run has failed or was cancelled", answers.RunAnswer, ("location",)),
        },
        errors=(
            "unknown_recipe",
            "request_invalid",
            "input_invalid",
            "idempotency_conflict",
            "header_invalid",
            "too_many_runs",
            "overloaded",
            "not_ready",
            "journal_unavailable",
        ),
    ),
)
