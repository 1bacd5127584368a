"""`query`: questions to the graph of recipes and runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json

Text = Annotated[str, typer.Argument(metavar="QUERY", help="Read-only Cypher; @FILE or - (standard input) reads it.")]
Params = Annotated[
    list[str],
    typer.Option(
        "--param", "-p", metavar="NAME=VALUE", help="The value of $NAME: JSON, or else text.", show_default=False
    ),
]
Graph = Annotated[bool, typer.Option("--graph", help="Nodes and relationships as one graph: Mermaid, or JSON.")]
Explain = Annotated[bool, typer.Option("--explain", help="How it would be worked out, instead of rows.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Rows at most.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.01, max=60, help="How long it may take, in seconds.")]


@exits.command
def query(
    text: Text,
    param: Params = [],  # noqa: B006 typer copies it
    graph: Graph = False,
    explain: Explain = False,
    limit: Limit = 1_000,
    timeout: Timeout = 10.0,
    server: options.Server = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask the graph of recipes and runs: of a service, or with --data-dir of a folder that no service uses just now."""
    import asyncio

    from cypher_executor.cli import given, terminal
    from cypher_executor.cli.elements import mermaid, shown

    asked: Json = {
        "query": f"EXPLAIN {_read(text)}" if explain else _read(text),
        "parameters": given.read_input(param),
        "limit": limit,
        "timeout_s": timeout,
        "graph": graph,
    }
    if data_dir is not None:
        _refuse_without_journal(data_dir)
    answer = asyncio.run(_answered(asked, server, data_dir))
    if answer["plan"] is not None and not as_json:
        terminal.result(answer["plan"])
    elif as_json:
        terminal.result_json(answer["graph"] if graph and answer["plan"] is None else answer)
    elif graph:
        terminal.result(mermaid(answer["graph"]))
    else:
        terminal.result_table(answer["columns"], [[shown(value) for value in row] for row in answer["rows"]])
    if answer["more"]:
        terminal.note(f"there are more rows than these {limit:,}; --limit asks for others")


def _read(text: str) -> str:
    from cypher_executor.cli.sources import read_source

    if text == "-" or text.startswith("@"):
        return read_source(text.removeprefix("@") or "-").text
    return text


def _refuse_without_journal(data_dir: Path) -> None:
    from cypher_executor.adapters.sqlite.settling import FILE_NAME, no_journal

    if not (data_dir / FILE_NAME).is_file():
        raise no_journal(data_dir)


async def _answered(asked: Json, server: str | None, data_dir: Path | None) -> Json:
    """From the service, also when one holds the folder; else from the folder itself."""
    from cypher_executor.cli.address import address_in, pointing_at_holder
    from cypher_executor.cli.finding import service

    holder = None if data_dir is None else address_in(data_dir)
    if data_dir is None or server is not None or holder is not None:
        async with service(server or holder) as client:
            return await client.query(asked)
    with pointing_at_holder(data_dir):
        return await _answered_here(asked, data_dir)


async def _answered_here(asked: Json, data_dir: Path) -> Json:
    from cypher_executor.core.keys import OPERATOR
    from cypher_executor.cypher.query import Limits
    from cypher_executor.service.query_view import answer_of
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import open_questions

    async with open_questions(load_settings(data_dir=data_dir)) as questions:
        limits = Limits(rows=asked["limit"] + 1, steps=10**9, bytes=256 * 2**20, seconds=asked["timeout_s"])
        table = await questions.ask(asked["query"], asked["parameters"], tenant=OPERATOR, limits=limits)
        return await answer_of(table, asked["limit"], graph=asked["graph"])
