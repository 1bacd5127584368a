"""`runs cancel`, `pause`, `resume`, `retry` and `waits`: what people do to runs that are going on, or have failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json

Run = Annotated[str, typer.Argument(help="The id of a run: run_...")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the run.")]
Tree = Annotated[bool, typer.Option("--tree", help="Cancel everything that descends from it, too.")]
T = TypeVar("T")

Recipe = Annotated[str | None, typer.Option("--recipe", help="Only waits of runs of this recipe.")]


@exits.command
def cancel(
    run: Run, reason: Reason = "", tree: Tree = False, server: options.Server = None, as_json: options.AsJson = False
) -> None:
    """Ask for the end of a run. What cleans up still runs, unless you ask again."""
    _steer(server, as_json, lambda client: client.cancel(run, reason, tree=tree))


@exits.command
def pause(run: Run, reason: Reason = "", server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Let nothing more begin in a run until it is resumed. What is going on goes on."""
    _steer(server, as_json, lambda client: client.pause(run, reason))


@exits.command
def resume(run: Run, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Let a paused run go on."""
    _steer(server, as_json, lambda client: client.resume(run))


@exits.command
def retry(run: Run, reason: Reason = "", server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Let a run that failed or was cancelled go on from its failed steps, under the same id."""
    _steer(server, as_json, lambda client: client.retry(run, reason))


@exits.command
def waits(recipe: Recipe = None, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List all waits for callbacks, oldest runs first, with the address that answers each."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.timeline import step_name

    found = _asked(server, lambda client: client.waits(recipe))
    if as_json:
        terminal.result_json({"waits": found})
        return
    rows = [
        (w["run"], w.get("recipe") or "(unnamed)", step_name({**w, "name": w["step"]}), w.get("until") or "", *_what(w))
        for w in found
    ]
    terminal.result_table(("RUN", "RECIPE", "STEP", "UNTIL", "NOTE", "ADDRESS"), rows)


def _what(wait: Json) -> tuple[str, str]:
    note = wait.get("note")
    return note if isinstance(note, str) else "", wait["callback_url"]


def _steer(server: str | None, as_json: bool, wish: Callable[[Client], Awaitable[Json]]) -> None:
    from cypher_executor.cli import terminal

    run = _asked(server, wish)
    if as_json:
        terminal.result_json(run)
    else:
        terminal.result(f"{run['id']} is {'paused' if run['paused'] else run['state']}")


def _asked(server: str | None, ask: Callable[[Client], Awaitable[T]]) -> T:
    """What the service answers."""
    import asyncio

    from cypher_executor.cli.finding import service

    async def asked() -> T:
        async with service(server) as client:
            return await ask(client)

    return asyncio.run(asked())
