"""`recipes import --from-neo4j NAME`: a recipe that was drawn or edited in Neo4j."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cypher import Compiled

FromNeo4j = Annotated[
    str, typer.Option("--from-neo4j", metavar="NAME", help="The name of a :Recipe in Neo4j (NEO4J_URI).")
]
Allow = Annotated[bool, typer.Option("--allow", help="It may reach more than its last version did.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it here and store nothing.")]


@exits.command
def import_recipe(
    from_neo4j: FromNeo4j,
    output: Output = None,
    allow: Allow = False,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> None:
    """Read a recipe back from Neo4j, check it, and store it as the newest version of its name.

    With --output it goes into a file (- is standard output), and no service is needed.
    """
    import asyncio

    from cypher_executor.cli import terminal

    text = asyncio.run(_read(from_neo4j))
    _check(text, from_neo4j)
    if output is not None:
        _write(output, text)
        return
    saved = asyncio.run(_save(text, server, allow=allow))
    if as_json:
        terminal.result_json(saved)
    else:
        terminal.result(f"stored {saved['name']} version {saved['version']}")


async def _read(name: str) -> str:
    from cypher_executor.adapters.neo4j.connection import Connection
    from cypher_executor.adapters.neo4j.drawings import read_drawing
    from cypher_executor.cypher.graph_form.stored import NotAProperty
    from cypher_executor.errors import RequestInvalid
    from cypher_executor.graph.drawn import recipe_text
    from cypher_executor.settings import Neo4jSettings
    from cypher_executor.wiring import neo4j_address

    connection = Connection(neo4j_address(Neo4jSettings()))
    try:
        drawing = await read_drawing(connection, name)
        return recipe_text(drawing.recipe, drawing.nodes, drawing.relationships)
    except NotAProperty as problem:
        raise RequestInvalid(f"{name} cannot be read back: {problem}") from None
    finally:
        await connection.close()


def _check(text: str, name: str) -> None:
    """Problems are shown with the text that was read, because nobody has it in a file."""
    from cypher_executor.cli import terminal
    from cypher_executor.cypher import render
    from cypher_executor.errors import RecipeInvalid

    compiled = _compiled(text, name)
    if compiled.diagnostics:
        terminal.note(render(text, compiled.diagnostics, file=f"{name} in Neo4j"))
    if compiled.recipe is None:
        raise RecipeInvalid(compiled.diagnostics, name=name)


def _compiled(text: str, name: str) -> Compiled:
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import checker

    return checker(load_settings()).check_now(text, name)


def _write(output: Path, text: str) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.errors import RequestInvalid

    if str(output) == "-":
        terminal.result(text)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise RequestInvalid(f"cannot write {output}: {error.strerror}") from None


async def _save(text: str, server: str | None, *, allow: bool) -> dict[str, object]:
    from cypher_executor.cli.finding import service

    async with service(server) as client:
        return await client.save_recipe(text, allow=allow)
