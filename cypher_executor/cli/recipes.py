"""`recipes`: those that a service has stored."""

from __future__ import annotations

from typing import Annotated

import typer

from cypher_executor.cli import deploying, exits, from_neo4j, options

app = typer.Typer(help="Recipes that a service has stored.", no_args_is_help=True)

app.command("import")(from_neo4j.import_recipe)
for body in (deploying.save, deploying.versions, deploying.rollback, deploying.bill, deploying.delete):
    app.command()(body)

Name = Annotated[str, typer.Argument(help="The name of a recipe.")]


@app.command("list")
@exits.command
def list_recipes(server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List the recipes by name."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    async def ask() -> list[Json]:
        async with service(server) as client:
            return await client.recipes()

    found = asyncio.run(ask())
    if as_json:
        terminal.result_json({"recipes": found})
    else:
        rows = [(r["name"], r["version"], r["digest"][:19], r["webhook_url"]) for r in found]
        terminal.result_table(("NAME", "VERSION", "DIGEST", "WEBHOOK"), rows)


@app.command("show")
@exits.command
def show_recipe(name: Name, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Print the text of a recipe; everything about it with --json."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    async def ask() -> Json:
        async with service(server) as client:
            return await client.recipe(name)

    found = asyncio.run(ask())
    if as_json:
        terminal.result_json(found)
    else:
        terminal.result(found["cypher"])
