"""`runs cancel`, `pause`, `resume`, `retry`, `fork` and `waits`: what people do to runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cypher_executor.cli import exits, given, many, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json

Run = Annotated[str, typer.Argument(help="The id of a run: run_...")]
OneRun = Annotated[str | None, typer.Argument(help="The id of a run: run_...", show_default=False)]
Where = Annotated[
    str | None,
    typer.Option("--where", metavar="QUERY", help="All runs that a query gives: MATCH (r:Run:Failed) RETURN r"),
]
Param = Annotated[
    list[str],
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="With --where: the value of $NAME.", show_default=False),
]
Yes = Annotated[bool, typer.Option("--yes", help="With --where: do it, instead of showing what would be done.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="With --where: do nothing if it finds more.")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the run.")]
Tree = Annotated[bool, typer.Option("--tree", help="Cancel everything that descends from it, too.")]
T = TypeVar("T")

Step = Annotated[
    str | None, typer.Option("--from", metavar="STEP", help="The step to begin anew at; without, all of it.")
]
Item = Annotated[str, typer.Option("--item", help="In loops, which item: 2, or 2,0 with the outer one first.")]
Data = Annotated[
    list[str],
    typer.Option("--data", "-d", metavar="KEY=VALUE", help=f"Another input. {given.HELP}", show_default=False),
]
Version = Annotated[str | None, typer.Option("--version", help="Another version of the recipe: its number, or newest.")]
Recipe = Annotated[str | None, typer.Option("--recipe", help="Only waits of runs of this recipe.")]


@exits.command
def cancel(
    run: OneRun = None,
    reason: Reason = "",
    tree: Tree = False,
    where: Where = None,
    param: Param = [],  # noqa: B006 typer copies it
    yes: Yes = False,
    limit: Most = 1_000,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> int:
    """Ask for the end of a run. What cleans up still runs, unless you ask again."""
    if where is None:
        one = _one(run)
        _steer(server, as_json, lambda client: client.cancel(one, reason, tree=tree))
        return exits.OK
    _not_both(run)
    wish: Json = {"action": "cancel", "reason": reason, "tree": tree, "where": where, "limit": limit}
    return many.act(server, as_json, wish, param, yes=yes)


@exits.command
def pause(
    run: OneRun = None,
    reason: Reason = "",
    where: Where = None,
    param: Param = [],  # noqa: B006 typer copies it
    yes: Yes = False,
    limit: Most = 1_000,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> int:
    """Let nothing more begin in a run until it is resumed. What is going on goes on."""
    if where is None:
        one = _one(run)
        _steer(server, as_json, lambda client: client.pause(one, reason))
        return exits.OK
    _not_both(run)
    wish: Json = {"action": "pause", "reason": reason, "where": where, "limit": limit}
    return many.act(server, as_json, wish, param, yes=yes)


@exits.command
def resume(
    run: OneRun = None,
    where: Where = None,
    param: Param = [],  # noqa: B006 typer copies it
    yes: Yes = False,
    limit: Most = 1_000,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> int:
    """Let a paused run go on."""
    if where is None:
        one = _one(run)
        _steer(server, as_json, lambda client: client.resume(one))
        return exits.OK
    _not_both(run)
    wish: Json = {"action": "resume", "where": where, "limit": limit}
    return many.act(server, as_json, wish, param, yes=yes)


@exits.command
def retry(
    run: OneRun = None,
    reason: Reason = "",
    where: Where = None,
    param: Param = [],  # noqa: B006 typer copies it
    yes: Yes = False,
    limit: Most = 1_000,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> int:
    """Let a run that failed or was cancelled go on from its failed steps, under the same id."""
    if where is None:
        one = _one(run)
        _steer(server, as_json, lambda client: client.retry(one, reason))
        return exits.OK
    _not_both(run)
    wish: Json = {"action": "retry", "reason": reason, "where": where, "limit": limit}
    return many.act(server, as_json, wish, param, yes=yes)


@exits.command
def fork(
    run: Run,
    step: Step = None,
    item: Item = "",
    data: Data = [],  # noqa: B006 typer copies it
    version: Version = None,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> None:
    """Start a new run with the results of this one, except those of a step and of all behind it.

    What lies before the step is not done again, even with another input (-d replaces the whole of it).
    """
    from cypher_executor.cli import terminal

    wish: Json = {"step": step, "item": _item(item), "version": _version(version)}
    wish = {name: value for name, value in wish.items() if value not in (None, [])}
    if data:
        wish["input"] = given.read_input(data)
    forked = _asked(server, lambda client: client.fork(run, wish))
    if as_json:
        terminal.result_json(forked)
    else:
        terminal.result(f"{forked['id']} is {forked['state']}, forked from {run}")


def _item(text: str) -> list[int]:
    from cypher_executor.errors import RequestInvalid

    if not text:
        return []
    if not all(index.isdecimal() for index in text.split(",")):
        raise RequestInvalid(f"--item {text!r} is not an item: write 2, or 2,0 for a loop in a loop")
    return [int(index) for index in text.split(",")]


def _version(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text


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


def _one(run: str | None) -> str:
    from cypher_executor.errors import RequestInvalid

    if run is None:
        raise RequestInvalid("name a run by its id, or several with --where")
    return run


def _not_both(run: str | None) -> None:
    from cypher_executor.errors import RequestInvalid

    if run is not None:
        raise RequestInvalid("name a run, or several with --where, but not both")


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
