"""Steering runs: cancel, pause, resume, retry from what failed, and fork. Each wish is on disk when it is answered."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cypher_executor.core.events import RunId
from cypher_executor.errors import Conflict
from cypher_executor.service import answers, deriving, requests, starts
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Handler, Told
from cypher_executor.service.looking import look_at
from cypher_executor.service.run_view import state_view

FAMILY = "runs"


async def cancel(exchange: Exchange) -> Response:
    """Ask for the end of a run. One that is cancelled already stays so; one that has ended otherwise is a conflict."""
    await _seen(exchange)
    run, body = _run(exchange), exchange.body
    accepted = await exchange.house.engine.cancel(run, body.reason, tree=body.tree or exchange.query.tree)
    view = await starts.seen(exchange, run)
    if not accepted and view["state"] != "cancelled":
        raise _ended(view)
    return starts.answer(200 if starts.has_ended(view) else 202, view)


async def pause(exchange: Exchange) -> Response:
    """Ask that nothing more begins. A run that is paused already stays so."""
    await _seen(exchange)
    return await _granted(exchange, await exchange.house.engine.pause(_run(exchange), exchange.body.reason))


async def resume(exchange: Exchange) -> Response:
    """Ask a paused run to go on. One that nobody paused is told what it does instead."""
    state = await _seen(exchange)
    if not starts.has_ended(state) and not state["paused"]:
        message = f"nobody paused the run, so there is nothing to resume: it is {state['state']}"
        raise Conflict(message, code="run_not_paused")
    return await _granted(exchange, await exchange.house.engine.resume(_run(exchange)))


async def retry(exchange: Exchange) -> Response:
    """Let a run that failed or was cancelled go on from the steps because of which it did, under its own id."""
    await _seen(exchange)
    await exchange.house.engine.retry(_run(exchange), exchange.body.reason)
    return await _granted(exchange, accepted=True)


async def fork(exchange: Exchange) -> Response:
    """Begin a new run with the results of this one, but for a step and all behind it."""
    started = await deriving.fork(exchange, exchange.body)
    return starts.answer(202, await starts.seen(exchange, started.run))


async def _seen(exchange: Exchange) -> dict[str, Any]:
    return await look_at(exchange, lambda run: state_view(run) | {"paused": run.held})


async def _granted(exchange: Exchange, accepted: bool) -> Response:
    view = await starts.seen(exchange, _run(exchange))
    if not accepted:
        raise _ended(view)
    return starts.answer(202, view)


def _run(exchange: Exchange) -> RunId:
    return RunId(exchange.path["id"])


def _ended(view: dict[str, Any]) -> Conflict:
    return Conflict(f"the run has ended already: it has {_ENDS.get(view['state'], view['state'])}", code="run_ended")


_ENDS = {"cancelled": "been cancelled"}


def _steering(name: str, handler: Handler, summary: str, body: type[requests.Request], *errors: str) -> Endpoint:
    return Endpoint(
        name=f"{name}_run",
        method="POST",
        path=f"/runs/{{id}}/{name}",
        summary=summary,
        family=FAMILY,
        handler=handler,
        needs="run",
        body=json_body(body, required=False),
        answers={202: Told("the wish is on disk", answers.RunAnswer, ("location",))},
        errors=("unknown_run", *errors, "run_unreadable", "journal_unavailable"),
    )


ENDPOINTS = (
    Endpoint(
        name="cancel_run",
        method="POST",
        path="/runs/{id}/cancel",
        summary="Ask for the end of a run; what cleans up still runs, unless it is asked for again",
        family=FAMILY,
        handler=cancel,
        needs="run",
        query=requests.CancelQuery,
        body=json_body(requests.CancelRun, required=False),
        answers={
            200: Told("the run is cancelled", answers.RunAnswer, ("location",)),
            202: Told("the wish is on disk; steps that clean up still run", answers.RunAnswer, ("location",)),
        },
        errors=("unknown_run", "run_ended", "run_unreadable", "journal_unavailable"),
    ),
    _steering(
        "pause",
        pause,
        "Ask that nothing more begins in a run until it is resumed; what is going on goes on",
        requests.Steer,
        "run_ended",
    ),
    _steering("resume", resume, "Ask a paused run to go on", requests.ResumeRun, "run_ended", "run_not_paused"),
    _steering(
        "retry",
        retry,
        "Let a run that failed or was cancelled go on from its failed steps, under the same id",
        requests.Steer,
        *("run_not_ended", "run_succeeded", "not_ready"),
    ),
    Endpoint(
        name="fork_run",
        method="POST",
        path="/runs/{id}/fork",
        summary="Start a new run with the results of this one, except those of a step and of all behind it",
        family=FAMILY,
        handler=fork,
        needs="run",
        body=json_body(requests.ForkRun, required=False),
        headers=("idempotency-key",),
        answers={202: Told("the new run is on disk", answers.RunAnswer, ("location",))},
        errors=(
            "unknown_run",
            "unknown_step",
            "unknown_version",
            "unknown_recipe",
            "recipe_invalid",
            "recipe_too_large",
            "input_invalid",
            "fork_misfit",
            "origin_too_large",
            "idempotency_conflict",
            "header_invalid",
            "not_ready",
            "run_unreadable",
            "journal_unavailable",
        ),
    ),
)
