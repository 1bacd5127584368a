"""Runs: start, list, look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from cypher_executor.core.events import FINAL_STATES, Item, RunId, RunState
from cypher_executor.core.run import Run
from cypher_executor.core.run_ids import first_id_at
from cypher_executor.core.step import Step
from cypher_executor.errors import CypherExecutorError, NotFound, RequestInvalid, Unavailable, nearest
from cypher_executor.ports import RunFilter, RunSummary
from cypher_executor.service import answers, deriving, requests, starts
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.headers import preferences
from cypher_executor.service.looking import look_at, state_of, whole_run
from cypher_executor.service.run_view import step_detail, summary_view
from cypher_executor.service.starts import Asked
from cypher_executor.service.times import iso

FAMILY = "runs"

LOOK_AT_ONCE = 200
"""How many open runs are looked at in one piece, when only those of some state are wanted."""
MAX_LOOKED_AT = 10_000
"""How many of them one request looks at: a page may be shorter then, and the next one begins behind them."""


async def start(exchange: Exchange) -> Response:
    """Start a run, and wait for its end if that is asked for."""
    body: requests.StartRun = exchange.body
    trigger = {"kind": "api", "time": iso(exchange.house.clock.now_us())}
    asked = Asked(body.input, trigger, body.recipe, body.cypher, body.name)
    part = body.only is not None
    started = await (deriving.start_part(exchange, asked, body) if part else starts.start(exchange, asked))
    wanted = preferences(exchange.headers)
    wait_s = 0.0 if wanted.respond_async else min(wanted.wait_s or 0, exchange.house.settings.wait_limit_s)
    view = await starts.ended_within(exchange, started.run, wait_s)
    ended = starts.has_ended(view) and (wait_s > 0 or not started.fresh)
    applied = {"preference_applied": f"wait={wait_s:g}"} if wait_s > 0 else {}
    return starts.answer(200 if ended else 202, view, **applied)


async def list_runs(exchange: Exchange) -> Response:
    """A page of runs. The journal knows which have ended; of the others the engine knows what they do.

    So those of an open state are looked for among all that are open, piece by piece, until the page is full.
    """
    query: requests.RunsQuery = exchange.query
    first, before = _span(query, exchange.house.clock.now_us())
    open_state = any(state not in FINAL_STATES for state in query.state)
    which = RunFilter(
        tenant=exchange.caller.tenant,
        recipe=query.recipe,
        states=frozenset(_in_journal(state) for state in query.state),
        before=before,
        first=first,
        limit=max(query.limit, LOOK_AT_ONCE) if open_state else query.limit,
    )
    lines: list[dict[str, Any]] = []
    for _ in range(MAX_LOOKED_AT // which.limit):
        found = await exchange.house.journal.list_runs(which)
        for number, summary in enumerate(found, 1):
            line = await _line(exchange, summary) if _may_be(exchange, summary, query.state) else None
            if line is not None and (not query.state or line["state"] in query.state):
                lines.append(line)
            if len(lines) == query.limit:
                more = number < len(found) or len(found) == which.limit
                return reply(200, {"runs": lines, "next_before": summary.id if more else None})
        if len(found) < which.limit:
            return reply(200, {"runs": lines, "next_before": None})
        which = replace(which, before=found[-1].id)
    return reply(200, {"runs": lines, "next_before": which.before})


def _span(query: requests.RunsQuery, now_us: int) -> tuple[RunId | None, RunId | None]:
    """Between which ids runs are looked for: the first that may be listed, and that before which they are."""
    since = None if query.since is None else query.since.seen_at(now_us)
    until = None if query.until is None else query.until.seen_at(now_us)
    if since is not None and until is not None and since >= until:
        problems = [{"path": "/until", "message": "must be later than `since`"}]
        raise RequestInvalid("no run began in that time: `until` must be later than `since`", problems=problems)
    ends = [] if query.before is None else [RunId(query.before)]
    ends += [] if until is None else [first_id_at(until)]
    return None if since is None else first_id_at(since), min(ends, default=None)


async def show(exchange: Exchange) -> Response:
    """A run as it is now."""
    return reply(200, await look_at(exchange, whole_run(exchange)))


async def show_step(exchange: Exchange) -> Response:
    """A step with its attempts."""
    query: requests.StepQuery = exchange.query
    item = tuple(int(index) for index in query.item.split(",") if index)
    address = exchange.house.settings.address

    def detail(run: Run) -> dict[str, Any]:
        return step_detail(run, _step(run, exchange.path["step"], item), address)

    return reply(200, await look_at(exchange, detail))


def _step(run: Run, name: str, item: Item) -> Step:
    """The step of this name and item. Raises NotFound, and says what there is instead."""
    items = {step.item: step for step in run.steps_in_order() if step.name == name}
    if item in items:
        return items[item]
    if not items:
        near = nearest(name, run.recipe.nodes)
        raise NotFound(f"the run has no step {name!r}", code="unknown_step", did_you_mean=near)
    known = [",".join(map(str, known)) for known in items if known]
    hint = f"; say which item, such as `?item={known[-1]}`" if known else "; it is not in a loop"
    raise NotFound(f"the run has no such item of the step {name!r}{hint}", code="unknown_step")


def _may_be(exchange: Exchange, summary: RunSummary, states: Sequence[RunState]) -> bool:
    """Whether a run may be in one of these states, without waiting until what is known of it is on disk."""
    live = None if summary.state in FINAL_STATES else exchange.house.engine.live(summary.id)
    return not states or live is None or state_of(exchange)(live.run)["state"] in states


async def _line(exchange: Exchange, summary: RunSummary) -> dict[str, Any]:
    """A run of a list. One that cannot be read any more, or is read just now, is told as the journal lists it."""
    line = summary_view(summary)
    if summary.state in FINAL_STATES:
        return line
    try:
        return line | (await exchange.house.engine.inspect(summary.id, state_of(exchange)) or {})
    except CypherExecutorError as error:
        if isinstance(error, Unavailable) and not exchange.house.journal.healthy:
            raise
        return line


def _in_journal(state: RunState) -> RunState:
    """What the journal calls this state: to it, all that have not ended are running."""
    return state if state in FINAL_STATES else "running"


_RUN = Told("the run", answers.RunAnswer)

ENDPOINTS = (
    Endpoint(
        name="start_run",
        method="POST",
        path="/runs",
        summary="Start a run of a stored recipe, or of one that is sent along",
        family=FAMILY,
        handler=start,
        needs="run",
        body=json_body(requests.StartRun),
        headers=("prefer", "idempotency-key"),
        answers={
            200: Told("the run has ended, in whatever state", answers.RunAnswer, ("location", "preference-applied")),
            202: Told("the run is on disk and goes on", answers.RunAnswer, ("location", "preference-applied")),
        },
        errors=(
            "unknown_recipe",
            "recipe_invalid",
            "recipe_too_large",
            "part_unavailable",
            "input_invalid",
            "idempotency_conflict",
            "unknown_run",
            "value_missing",
            "fork_misfit",
            "selection_invalid",
            "nothing_runs",
            "origin_too_large",
            "header_invalid",
            "too_many_runs",
            "overloaded",
            "not_ready",
            "journal_unavailable",
        ),
    ),
    Endpoint(
        name="list_runs",
        method="GET",
        path="/runs",
        summary="Runs, newest first",
        family=FAMILY,
        handler=list_runs,
        needs="read",
        query=requests.RunsQuery,
        answers={200: Told("a page of runs", answers.RunList)},
        errors=("journal_unavailable",),
    ),
    Endpoint(
        name="show_run",
        method="GET",
        path="/runs/{id}",
        summary="A run with every step",
        family=FAMILY,
        handler=show,
        needs="read",
        answers={200: _RUN},
        errors=("unknown_run", "run_unreadable", "journal_unavailable"),
    ),
    Endpoint(
        name="show_step",
        method="GET",
        path="/runs/{id}/steps/{step}",
        summary="A step of a run with every attempt",
        family=FAMILY,
        handler=show_step,
        needs="read",
        query=requests.StepQuery,
        answers={200: Told("the step", answers.StepDetail)},
        errors=("unknown_run", "unknown_step", "run_unreadable", "journal_unavailable"),
    ),
)
