"""Schedules: list, look at, pause, resume, and run one now."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.schedules import KeptSchedule, ScheduleKey
from cypher_executor.engine.children import claim_of_key
from cypher_executor.library import composed
from cypher_executor.service import answers, starts
from cypher_executor.service.answers import triggers
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Handler, Told, reply
from cypher_executor.service.headers import idempotency_key
from cypher_executor.service.requests_triggers import ScheduleQuery, SchedulesQuery, SteerSchedule
from cypher_executor.service.schedule_view import schedule_view

FAMILY = "schedules"


async def list_all(exchange: Exchange) -> Response:
    """A page of schedules."""
    query: SchedulesQuery = exchange.query
    recipe, _, node = (query.after or "").partition("/")
    tenant = exchange.caller.tenant
    found = await exchange.house.schedules.listed(tenant, query.recipe, (recipe, node), query.limit)
    behind = "/".join(found[-1].key[1:]) if len(found) == query.limit else None
    now_us = exchange.house.clock.now_us()
    return reply(200, {"schedules": [schedule_view(one, now_us) for one in found], "next_after": behind})


async def show(exchange: Exchange) -> Response:
    """A schedule with as many of its next times as are asked for."""
    kept = await exchange.house.schedules.one(_key(exchange))
    return reply(200, schedule_view(kept, exchange.house.clock.now_us(), exchange.query.times))


async def pause(exchange: Exchange) -> Response:
    """Let a schedule fire no more."""
    return _told(exchange, await exchange.house.schedules.pause(_key(exchange)))


async def resume(exchange: Exchange) -> Response:
    """Let a schedule fire again."""
    return _told(exchange, await exchange.house.schedules.resume(_key(exchange)))


async def run(exchange: Exchange) -> Response:
    """Begin a run as the schedule would."""
    key, given = _key(exchange), idempotency_key(exchange.headers)
    about = fingerprint(f"schedule {key.node}", None)
    claim = None if given is None else claim_of_key(key.tenant, key.recipe, given, about)
    started = await exchange.house.schedules.run_now(key, claim)
    return starts.answer(202, await starts.seen(exchange, started.run))


def _key(exchange: Exchange) -> ScheduleKey:
    return ScheduleKey(exchange.caller.tenant, composed(exchange.path["recipe"]), composed(exchange.path["node"]))


def _told(exchange: Exchange, kept: KeptSchedule) -> Response:
    return reply(200, schedule_view(kept, exchange.house.clock.now_us()))


_ONE = triggers.ScheduleAnswer
_PATH = "/schedules/{recipe}/{node}"


def _steering(name: str, handler: Handler, summary: str) -> Endpoint:
    return Endpoint(
        name=f"{name}_schedule",
        method="POST",
        path=f"{_PATH}/{name}",
        summary=summary,
        family=FAMILY,
        handler=handler,
        needs="run",
        body=json_body(SteerSchedule, required=False),
        answers={200: Told("the schedule as it is now, on disk", _ONE)},
        errors=("unknown_schedule", "journal_unavailable"),
    )


ENDPOINTS = (
    Endpoint(
        name="list_schedules",
        method="GET",
        path="/schedules",
        summary="Every schedule of the stored recipes: when it fires, and what became of its times",
        family=FAMILY,
        handler=list_all,
        needs="read",
        query=SchedulesQuery,
        answers={200: Told("a page of schedules", triggers.ScheduleList)},
        errors=("journal_unavailable",),
    ),
    Endpoint(
        name="show_schedule",
        method="GET",
        path=_PATH,
        summary="A schedule, with its next times",
        family=FAMILY,
        handler=show,
        needs="read",
        query=ScheduleQuery,
        answers={200: Told("the schedule", _ONE)},
        errors=("unknown_schedule", "journal_unavailable"),
    ),
    _steering("pause", pause, "Let a schedule fire no more; its times are left out until it is resumed"),
    _steering("resume", resume, "Let a paused schedule fire again, from its next time on"),
    Endpoint(
        name="run_schedule",
        method="POST",
        path=f"{_PATH}/run",
        summary="Begin a run now as this schedule would, paused or not; `overlap` does not count it",
        family=FAMILY,
        handler=run,
        needs="run",
        body=json_body(SteerSchedule, required=False),
        headers=("idempotency-key",),
        answers={202: Told("the run is on disk", answers.RunAnswer, ("location",))},
        errors=(
            *("unknown_schedule", "unknown_recipe", "input_invalid", "idempotency_conflict", "header_invalid"),
            *("too_many_runs", "overloaded", "not_ready", "journal_unavailable"),
        ),
    ),
)
