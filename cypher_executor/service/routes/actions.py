"""POST /runs/actions: cancel, pause, resume or retry all runs that a query finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from pydantic import Field
from starlette.responses import Response

from cypher_executor.service.answers import Answer, RunOutcome
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.requests import Action, ActOnRuns

FAMILY = "runs"


SAMPLE = 20
"""Runs that a dry run shows."""


class ActionsAnswer(Answer):
    """What became of all of them."""

    action: Action
    dry_run: bool
    found: int
    counts: dict[str, int] = Field(description="how many of each outcome")
    runs: list[RunOutcome] = Field(description=f"every run; of a dry run the first {SAMPLE}")


async def act(exchange: Exchange) -> Response:
    """Find the runs, and do to each what was asked, or say what would be done."""
    from cypher_executor.service import acting  # with queries, which a service without questions does not load

    asked: ActOnRuns = exchange.body
    runs = await acting.found_runs(exchange, asked)
    done = await acting.outcomes(exchange, asked, runs)
    answer = {
        "action": asked.action,
        "dry_run": asked.dry_run,
        "found": len(runs),
        "counts": dict(Counter(one.outcome for one in done)),
        "runs": [asdict(one) for one in (done[:SAMPLE] if asked.dry_run else done)],
    }
    return reply(200, answer)


ENDPOINTS = (
    Endpoint(
        name="act_on_runs",
        method="POST",
        path="/runs/actions",
        summary="Cancel, pause, resume or retry the runs that a query finds; a dry run unless `dry_run` is false",
        family=FAMILY,
        handler=act,
        needs="run",
        body=json_body(ActOnRuns),
        answers={200: Told("what became of each run, or would: some may have been refused", ActionsAnswer)},
        errors=(
            *("query_text_invalid", "parameter_missing", "expression_error", "budget_used_up"),
            *("no_runs_returned", "too_many_found", "selection_changed", "graph_unavailable", "journal_unavailable"),
        ),
    ),
)
