"""`secrets`: values that recipes use and never see. They come from a file or standard input, never from arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cypher_executor.cli import exits, options

app = typer.Typer(help="Secrets of a service: values that recipes use and never see.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name of a secret: letters, digits and _.")]
File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Read the value from this file, not standard input.")
]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="PATTERN", help="Keep it to this, as in 'https://api.example.com/*'; repeatable."),
]


@app.command("set")
@exits.command
def set_secret(
    name: Name, file: File = None, host: Hosts = None, server: options.Server = None, as_json: options.AsJson = False
) -> None:
    """Store a secret: its value is standard input, or a file. One line break at its end is not part of it."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    value = _value(name, file)

    async def ask() -> Json:
        async with service(server) as client:
            return await client.put_secret(name, value, host or ())

    stored = asyncio.run(ask())
    if as_json:
        terminal.result_json(stored)
    else:
        terminal.result(f"{name} is stored; recipes use it as secret('{name}') where they are granted it")


@app.command("list")
@exits.command
def list_secrets(server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List the names of the secrets. No command shows a value."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    async def ask() -> Json:
        async with service(server) as client:
            return await client.secrets()

    found = asyncio.run(ask())
    if as_json:
        terminal.result_json(found)
    else:
        rows = [(s["name"], ", ".join(s["hosts"]) or "any", s["changed_at"]) for s in found["secrets"]]
        terminal.result_table(("SECRET", "MAY GO TO", "CHANGED"), rows)


@app.command("delete")
@exits.command
def delete_secret(name: Name, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Forget a secret. Recipes that use it fail with `unknown_secret` from then on."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    async def ask() -> Json:
        async with service(server) as client:
            return await client.delete_secret(name)

    told = asyncio.run(ask())
    terminal.result_json(told) if as_json else terminal.result(f"{name} is forgotten")


@app.command("rotate")
@exits.command
def rotate(server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Seal all secrets with a new key, and forget the old one.

    The service makes the key, unless you gave it one: then put the new key in front of the old one in
    CYPHER_EXECUTOR_SECRET_KEY, start the service again, run this, and take the old key away.
    """
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    async def ask() -> Json:
        async with service(server) as client:
            return await client.rotate_secrets()

    told = asyncio.run(ask())
    terminal.result_json(told) if as_json else terminal.result(f"{told['sealed']} secrets are sealed with a new key")


def _value(name: str, file: Path | None) -> str:
    """The value. Raises RequestInvalid, or NotFound for a file that is not there."""
    import sys

    from cypher_executor.cli.sources import read_source
    from cypher_executor.errors import RequestInvalid

    if file is None and sys.stdin.isatty():
        import getpass

        value = getpass.getpass(f"the value of {name} (not shown): ")
    else:
        value = read_source("-" if file is None else str(file)).text
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        where = "standard input" if file is None else str(file)
        how = f'printf %s "$TOKEN" | cypher-executor secrets set {name}'
        raise RequestInvalid(f"{where} is empty", next_actions=[how])
    return value
