"""`run`: one recipe, once, until it has ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, given, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json
    from cypher_executor.cli.following import Family
    from cypher_executor.cli.sources import Source

Data = Annotated[list[str], typer.Option("--data", "-d", metavar="KEY=VALUE", help=given.HELP, show_default=False)]
With = Annotated[
    list[str],
    typer.Option(
        "--with", metavar="FILE", help="Another recipe that this one triggers. May be repeated.", show_default=False
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="QUERY",
        help="Run only the nodes that this query gives: 'MATCH (a:Node {name: \"parse\"})-[*0..]->(b) RETURN b'.",
    ),
]
ValuesFrom = Annotated[
    str | None,
    typer.Option(
        "--values-from",
        metavar="RUN",
        help="With --only: the run that has the values before these nodes, and an input.",
    ),
]
What = Annotated[str, typer.Argument(metavar="FILE|NAME", help="A recipe file, - for standard input, or a name.")]


@exits.command
def run(
    what: What,
    data: Data = [],  # noqa: B006 typer copies it
    also: With = [],  # noqa: B006
    only: Only = None,
    values_from: ValuesFrom = None,
    server: options.Server = None,
    data_dir: options.DataDir = None,
    workers: options.Workers = None,
    as_json: options.AsJson = False,
) -> int:
    """Run a recipe, without a server or on one.

    Without --server the recipe runs in this process, with a temporary journal (or the one in --data-dir), and the runs
    that it starts are waited for too; the shipped recipes are there to be triggered. The result goes to standard
    output, what happens to standard error. Exit code 1 says that the run failed.
    """
    import asyncio

    from cypher_executor.cli.signals import sigterm_as_ctrl_c
    from cypher_executor.cli.sources import read_source, source_of
    from cypher_executor.errors import RequestInvalid

    if server is not None and (also or data_dir or workers):
        raise RequestInvalid("--with, --data-dir and --workers are for runs without a server: leave out --server")
    recipe, others = source_of(what), [read_source(file) for file in also]
    if values_from is not None and only is None:
        raise RequestInvalid("--values-from goes with --only; to go on from a run, use: runs fork")
    part = {name: value for name, value in (("only", only), ("values_from", values_from)) if value is not None}
    input = None if values_from is not None and not data else given.read_input(data)
    with sigterm_as_ctrl_c():
        return asyncio.run(_run(recipe, part, input, others, server, data_dir, workers, as_json))


async def _run(
    recipe: Source | str,
    part: Json,
    input: object,
    others: list[Source],
    server: str | None,
    data_dir: Path | None,
    workers: int | None,
    as_json: bool,
) -> int:
    from cypher_executor.cli.following import follow
    from cypher_executor.cli.progress import progress

    async with _client(server, data_dir, workers) as client:
        for other in others:
            with _shown_in(other):
                await client.save_recipe(other.text)
        with _shown_in(recipe):
            started = await client.start(_request(recipe) | part, input)
        with _told_if_left(started["id"], server, data_dir), progress(quiet=as_json) as seen:
            family = await follow(client, started["id"], seen, children=server is None)
    return _tell(family, as_json)


def _client(
    server: str | None, data_dir: Path | None, workers: int | None
) -> contextlib.AbstractAsyncContextManager[Client]:
    if server is not None:
        from cypher_executor.cli.finding import service

        return service(server)
    from cypher_executor.cli.local import embedded

    return embedded(data_dir, workers)


def _request(recipe: Source | str) -> Json:
    if isinstance(recipe, str):
        return {"recipe": recipe}
    return {"cypher": recipe.text} | ({} if recipe.name is None else {"name": recipe.name})


@contextlib.contextmanager
def _shown_in(recipe: Source | str) -> Iterator[None]:
    """Problems of a recipe are shown in the text that they are in."""
    from cypher_executor.cli.problems import SourceInvalid
    from cypher_executor.errors import RecipeInvalid

    try:
        yield
    except RecipeInvalid as found:
        if isinstance(recipe, str):
            raise
        raise SourceInvalid(found, recipe.text, recipe.file) from None


@contextlib.contextmanager
def _told_if_left(run: str, server: str | None, data_dir: Path | None) -> Iterator[None]:
    """Whoever stops watching is told what becomes of the run."""
    from cypher_executor.cli import terminal

    try:
        yield
    except BaseException:
        if server is not None:
            terminal.note(f"{run} goes on; look at it with: cypher-executor runs show {run} --server {server}")
        elif data_dir is not None:
            terminal.note(f"{run} stops here and goes on when {data_dir} is served or run from again")
        raise


def _tell(family: Family, as_json: bool) -> int:
    from cypher_executor.cli import terminal

    run = family.first
    failed = run["state"] != "succeeded"
    if as_json:
        terminal.result_json({**run, "children": family.children})
        return exits.RUN_FAILED if failed else exits.OK
    for child in family.children:
        terminal.note(_ended(child, with_result=True))
    terminal.note(_ended(run, with_result=False))
    if not failed:
        terminal.result_json(run["result"])
    return exits.RUN_FAILED if failed else exits.OK


def _ended(run: Json, *, with_result: bool) -> str:
    from cypher_executor.cli import terminal
    from cypher_executor.cli.timeline import duration_ms

    name = f"{run['recipe']} " if run.get("recipe") else ""
    headline = f"{name}{run['id']} {run['state']} in {duration_ms(run) or 0:.1f} ms"
    if run["state"] == "succeeded":
        return f"{headline}: {terminal.as_json(run['result'])}" if with_result else headline
    error = run.get("error") or {}
    return f"{headline}: {error.get('code', 'error')}: {error.get('message', '')}"
