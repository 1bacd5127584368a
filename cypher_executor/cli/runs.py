"""`runs`: what a service has run and is running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json

app = typer.Typer(help="Runs of a service.", no_args_is_help=True)

Run = Annotated[str, typer.Argument(help="The id of a run: run_...")]
Recipe = Annotated[str | None, typer.Option("--recipe", help="Only runs of this recipe.")]
State = Annotated[str | None, typer.Option("--state", help="Only runs in this state: running, succeeded, failed, ...")]
Since = Annotated[str | None, typer.Option("--since", help="Only runs that began in the last 2h, or since a time.")]
Until = Annotated[str | None, typer.Option("--until", help="Only runs that began before a time, or 2h ago.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many, newest first.")]


@app.command("list")
@exits.command
def list_runs(
    recipe: Recipe = None,
    state: State = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> None:
    """List runs, newest first."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.finding import service

    async def ask() -> list[Json]:
        async with service(server) as client:
            return await client.runs(recipe=recipe, state=state, since=since, until=until, limit=limit)

    found = asyncio.run(ask())
    if as_json:
        terminal.result_json({"runs": found})
    else:
        terminal.result_table(("RUN", "RECIPE", "STATE", "STARTED", "TOOK"), map(_row, found))


@app.command("show")
@exits.command
def show_run(run: Run, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Show a run: its steps, when they ran, and what came of it."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.finding import service

    async def ask() -> Json:
        async with service(server) as client:
            return await client.run(run)

    found = asyncio.run(ask())
    if as_json:
        terminal.result_json(found)
    else:
        _show(found)


def _row(run: Json) -> tuple[str, ...]:
    return run["id"], _recipe(run), run["state"], _time(run.get("started_at")), _took(run)


def _show(run: Json) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.cli.timeline import step_name

    terminal.result(f"{run['id']}  {_recipe(run)}  {run['state']}  {_time(run.get('started_at'))}  {_took(run)}")
    rows = [(step_name(s), s.get("part") or "", s["state"], s["attempts"], _took(s), _outcome(s)) for s in run["steps"]]
    terminal.result_table(("STEP", "PART", "STATE", "ATTEMPTS", "TOOK", "OUTPUT"), rows)
    if run.get("error"):
        terminal.result(f"error: {run['error']['code']}: {run['error']['message']}")
    else:
        terminal.result("result: " + terminal.as_json(run.get("result")))


def _recipe(run: Json) -> str:
    return f"{run['recipe']} v{run['version']}" if run.get("version") else run.get("recipe") or "(unnamed)"


def _outcome(step: Json) -> str:
    from cypher_executor.cli import terminal

    if step.get("error"):
        return f"{step['error']['code']}: {step['error']['message']}"
    output = step.get("output")
    if isinstance(output, dict) and output.keys() == {"$too_large"}:
        return f"(large: GET {output['$too_large']['href']})"
    return "" if output is None else _short(terminal.as_json(output))


def _short(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _took(timed: Json) -> str:
    from cypher_executor.cli.timeline import duration_ms

    took = duration_ms(timed)
    return "" if took is None or timed["state"] == "skipped" else f"{took:.1f} ms"


def _time(at: str | None) -> str:
    """A time without its fraction: what a person wants to read."""
    return (at or "").replace("T", " ").partition(".")[0]
