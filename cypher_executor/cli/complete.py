"""`complete`: what may stand at a place of a recipe that is being written, for editors and for whoever asks."""

from __future__ import annotations

from typing import Annotated

import typer

from cypher_executor.cli import exits, options

Where = Annotated[
    str, typer.Argument(metavar="FILE:LINE:COLUMN", help="The place; -- -:LINE:COLUMN reads standard input.")
]


@exits.command
def complete(where: Where, as_json: options.AsJson = False) -> int:
    """Show what may stand at a place of a recipe: parts, their inputs, names upstream, functions.

    Lines and columns count from 1. The recipe may be unfinished. Needs no server.
    """
    from cypher_executor.cli import terminal
    from cypher_executor.cli.sources import read_source
    from cypher_executor.cypher.editor import complete as find
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import shipped_parts

    file, line, column = _place(where)
    known = {part.name: part for part in shipped_parts(load_settings()).all()}
    items = find(read_source(file).text, line, column, parts=known)
    if as_json:
        terminal.result_json({"items": [item.to_json() for item in items]})
    else:
        rows = [(item.label, item.kind, item.detail, item.help) for item in items]
        terminal.result_table(("word", "kind", "type", "meaning"), rows)
    return exits.OK


def _place(where: str) -> tuple[str, int, int]:
    """The file, the line and the column. Raises BadParameter."""
    file, _, rest = where.rpartition(":")
    file, _, line = file.rpartition(":")
    if not (file and line.isdecimal() and rest.isdecimal() and len(line) < 10 and len(rest) < 10):
        raise typer.BadParameter(f"{where!r} is not like recipe.cypher:3:17")
    return file, int(line), int(rest)
