"""`recipes save`, `rollback`, `versions`, `bill` and `delete`: what a name means, and what it can reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json

T = TypeVar("T")

File = Annotated[str, typer.Argument(metavar="FILE", help="A recipe file; - is standard input.")]
Name = Annotated[str, typer.Argument(help="The name of a recipe.")]
Number = Annotated[int, typer.Argument(min=1, help="The number of a version: see `recipes versions`.")]
As = Annotated[str | None, typer.Option("--name", help="Its name, when the text has none; else the file's name.")]
Allow = Annotated[bool, typer.Option("--allow", help="It may reach more than its last version did.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check it and tell what it would reach; store nothing.")]


@exits.command
def save(
    file: File,
    name: As = None,
    allow: Allow = False,
    dry_run: DryRun = False,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> None:
    """Store a recipe as the newest version of its name.

    Refused when it, or a recipe that starts it, would reach more than before (a host, a method, a secret, ...), unless
    --allow says that it may.
    """
    from cypher_executor.cli import terminal
    from cypher_executor.cli.problems import SourceInvalid
    from cypher_executor.cli.sources import read_source
    from cypher_executor.errors import RecipeInvalid

    source = read_source(file)
    wanted = name or source.name_if_needed()
    try:
        saved = _asked(server, lambda client: client.save_recipe(source.text, wanted, allow=allow, dry_run=dry_run))
    except RecipeInvalid as invalid:
        raise SourceInvalid(invalid, source.text, source.file) from None
    if as_json:
        terminal.result_json(saved)
    else:
        tell_saved(saved, dry_run=dry_run)


def tell_saved(saved: Json, *, dry_run: bool = False) -> None:
    """As which version a recipe is stored, what it reaches, and what of that is new."""
    from cypher_executor.cli import terminal
    from cypher_executor.cypher.bill import read_more

    stored = "is right, and was not stored" if dry_run else f"is stored as version {saved['version']}"
    terminal.result(f"{saved['name']} {stored}")
    _show_bill(saved["bill"])
    for more in saved["more"]:
        terminal.result(f"  more than before: {read_more(more)}")


@exits.command
def rollback(
    name: Name, version: Number, allow: Allow = False, server: options.Server = None, as_json: options.AsJson = False
) -> None:
    """Make a stored version the current one. Refused as `save` is, when it reaches more than the current one."""
    from cypher_executor.cli import terminal

    current = _asked(server, lambda client: client.roll_back(name, version, allow=allow))
    terminal.result_json(current) if as_json else terminal.result(f"{name} is version {current['version']} again")


@exits.command
def versions(name: Name, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List the versions of a recipe, oldest first."""
    from cypher_executor.cli import terminal

    found = _asked(server, lambda client: client.versions(name))
    if as_json:
        terminal.result_json({"name": name, "versions": found})
        return
    rows = [(v["version"], v["digest"][:19], v["created_at"], "current" if v["current"] else "") for v in found]
    terminal.result_table(("VERSION", "DIGEST", "STORED", ""), rows)


@exits.command
def bill(name: Name, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Tell all that a recipe can reach with the recipes that it starts, and which modules its runs use."""
    from cypher_executor.cli import terminal

    found = _asked(server, lambda client: client.recipe(name))
    if as_json:
        terminal.result_json({field: found[field] for field in ("name", "version", "bill", "pins")})
        return
    terminal.result(f"{name}, version {found['version']}")
    _show_bill(found["bill"])
    for part, digest in found["pins"].items():
        terminal.result(f"  runs {part} {digest}")


@exits.command
def delete(name: Name, server: options.Server = None) -> None:
    """Forget a recipe. Its runs keep it."""
    from cypher_executor.cli import terminal

    _asked(server, lambda client: client.delete_recipe(name))
    terminal.result(f"{name} is forgotten")


def _show_bill(told: Json | None) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.cypher.bill import bill_lines, read_bill

    if told is None:
        terminal.result("  what it reaches was not worked out when it was stored")
        return
    for line in bill_lines(read_bill(told)):
        terminal.result(f"  {line}")


def _asked(server: str | None, ask: Callable[[Client], Awaitable[T]]) -> T:
    import asyncio

    from cypher_executor.cli.finding import service

    async def asking() -> T:
        async with service(server) as client:
            return await ask(client)

    return asyncio.run(asking())
