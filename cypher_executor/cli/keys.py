"""`keys`: who may use a service. A key is shown when it is made, and never again.

With `--data-dir` these commands work on the folder of a service that is not running, as whoever has the folder; that is
also the way back in for who has lost every key.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json

app = typer.Typer(help="Keys: who may use a service, and for what.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What it is for: the person or the program that has it.")]
Identity = Annotated[str, typer.Argument(metavar="ID", help="The id of a key, as `keys list` shows it.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope", metavar="SCOPE", help="read, run, write or admin; repeatable. Without: read, run and write."
    ),
]
Tenant = Annotated[str | None, typer.Option("--tenant", help="Whose recipes and runs it opens; your own without.")]
Expires = Annotated[str | None, typer.Option("--expires", metavar="TIME", help="After how long, as in 90d; never.")]


@app.command("create")
@exits.command
def create(
    name: Name,
    scope: Scopes = None,
    tenant: Tenant = None,
    expires: Expires = None,
    server: options.Server = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it: the only time that it is shown. The first one must have --scope admin."""
    import asyncio

    from cypher_executor.cli import terminal

    wish: Json = {"name": name, "tenant": tenant, "expires_in": expires}
    if scope:
        wish["scopes"] = scope

    async def ask() -> Json:
        async with _service(server, data_dir) as client:
            return await client.make_key({field: value for field, value in wish.items() if value is not None})

    made = asyncio.run(ask())
    if as_json:
        terminal.result_json(made)
        return
    terminal.note(f"the key {made['id']} of {made['tenant']}, for {', '.join(made['scopes'])}; it is not shown again:")
    terminal.result(made["key"])


@app.command("list")
@exits.command
def list_keys(server: options.Server = None, data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """List the keys by their ids. No command shows what opens anything."""
    import asyncio

    from cypher_executor.cli import terminal

    async def ask() -> list[Json]:
        async with _service(server, data_dir) as client:
            return await client.keys()

    found = asyncio.run(ask())
    if as_json:
        terminal.result_json({"keys": found})
    else:
        rows = [(k["id"], k["name"], k["tenant"], ", ".join(k["scopes"]), k["created_at"], _end(k)) for k in found]
        terminal.result_table(("KEY", "NAME", "TENANT", "SCOPES", "CREATED", "ENDS"), rows)


@app.command("revoke")
@exits.command
def revoke(
    key: Identity, server: options.Server = None, data_dir: options.DataDir = None, as_json: options.AsJson = False
) -> None:
    """Let a key open nothing any more, from now on."""
    import asyncio

    from cypher_executor.cli import terminal

    async def ask() -> Json:
        async with _service(server, data_dir) as client:
            return await client.revoke_key(key)

    told = asyncio.run(ask())
    terminal.result_json(told) if as_json else terminal.result(f"{key} ({told['name']}) opens nothing any more")


def _service(server: str | None, data_dir: Path | None) -> AbstractAsyncContextManager[Client]:
    from cypher_executor.errors import RequestInvalid

    if data_dir is None:
        from cypher_executor.cli.finding import service

        return service(server)
    if server is not None:
        raise RequestInvalid("give --server or --data-dir: the folder of a running service is that service's")
    from cypher_executor.cli.local import embedded

    return embedded(data_dir, workers=1)


def _end(key: Json) -> str:
    if key["revoked_at"] is not None:
        return f"revoked {key['revoked_at']}"
    return key["expires_at"] or "never"
