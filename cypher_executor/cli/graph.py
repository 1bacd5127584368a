"""`graph`: a recipe as a picture."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.core.recipe import Recipe

What = Annotated[str, typer.Argument(metavar="FILE|NAME", help="A recipe file, - for standard input, or a name.")]


class Format(StrEnum):
    tree = "tree"
    mermaid = "mermaid"
    svg = "svg"


As = Annotated[Format, typer.Option("--format", "-f", help="Lines for a terminal, Mermaid for documents, or SVG.")]


@exits.command
def graph(what: What, format: As = Format.tree, server: options.Server = None) -> None:
    """Draw a recipe: a file, without a server, or the current version of a stored one."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.sources import source_of
    from cypher_executor.cypher.drawing import to_mermaid, to_svg, to_tree

    found = source_of(what)
    recipe = _stored(found, server) if isinstance(found, str) else _read(found.text, found.file)
    draw = {Format.tree: to_tree, Format.mermaid: to_mermaid, Format.svg: to_svg}[format]
    terminal.result(draw(recipe))


def _read(text: str, file: str) -> Recipe:
    from cypher_executor.cli.problems import SourceInvalid
    from cypher_executor.cypher import compile_recipe
    from cypher_executor.errors import RecipeInvalid

    compiled = compile_recipe(text, parts=None)
    if compiled.recipe is None:
        raise SourceInvalid(RecipeInvalid(compiled.diagnostics), text, file)
    return compiled.recipe


def _stored(name: str, server: str | None) -> Recipe:
    import asyncio

    from cypher_executor.cli.client import Json
    from cypher_executor.cli.finding import service

    async def ask() -> Json:
        async with service(server) as client:
            return await client.recipe(name)

    return _read(asyncio.run(ask())["cypher"], name)
