"""`recipes import --from-neo4j NAME`: a recipe that was drawn or edited in Neo4j."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.adapters.neo4j.drawings import Drawing
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
    """Read a recipe back from Neo4j and store it as the newest version of its name; the service checks it.

    With --output it is checked here and goes into a file (- is standard output), and no service is needed.
    """
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.deploying import tell_saved
    from cypher_executor.cli.problems import SourceInvalid
    from cypher_executor.errors import RecipeInvalid

    text = asyncio.run(_read(from_neo4j))
    try:
        if output is not None:
            _check(text, from_neo4j)
            _write(output, text)
            return
        saved = asyncio.run(_save(text, server, allow=allow))
    except RecipeInvalid as invalid:  # shown with the text that was read, because nobody has it in a file
        raise SourceInvalid(invalid, text, f"{from_neo4j} in Neo4j") from None
    if as_json:
        terminal.result_json(saved)
    else:
        tell_saved(saved)


async def _read(name: str) -> str:
    from cypher_executor.adapters.neo4j.connection import Connection
    from cypher_executor.adapters.neo4j.drawings import read_drawing
    from cypher_executor.cypher.graph_form.stored import Unreadable
    from cypher_executor.errors import RequestInvalid
    from cypher_executor.graph.drawn import recipe_text
    from cypher_executor.settings import Neo4jSettings
    from cypher_executor.wiring import neo4j_address

    connection = Connection(neo4j_address(Neo4jSettings()))
    try:
        drawing = await read_drawing(connection, name)
        text = recipe_text(drawing.recipe, drawing.nodes, drawing.relationships)
    except Unreadable as found:
        message = f"{name} cannot be read back: {found}"
        raise RequestInvalid(message, code="drawing_invalid") from None
    finally:
        await connection.close()
    _tell_read(name, drawing)
    return text


def _tell_read(name: str, drawing: Drawing) -> None:
    """There may be several in Neo4j, so say which one it was."""
    from cypher_executor.cli import terminal

    count = len(drawing.nodes)
    read = "your drawing of it" if drawing.version is None else f"version {drawing.version} as it is mirrored there"
    terminal.note(f"{name} in Neo4j: read {read}, of {count} node{'' if count == 1 else 's'}")
    if drawing.hidden is not None:
        terminal.note(f"  version {drawing.hidden}, which is mirrored there, was not read: a drawing comes before it")


def _check(text: str, name: str) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.cypher import render
    from cypher_executor.errors import RecipeInvalid

    compiled = _compiled(text, name)
    if compiled.recipe is None:
        raise RecipeInvalid(compiled.diagnostics, name=name)
    if compiled.diagnostics:
        terminal.note(render(text, compiled.diagnostics, file=f"{name} in Neo4j"))


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
