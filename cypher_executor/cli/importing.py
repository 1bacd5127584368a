"""`import`: recipes of the older kind, with a report of what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json
    from cypher_executor.cypher import Compiled
    from cypher_executor.cypher.importing import Imported

File = Annotated[str, typer.Argument(metavar="FILE", help="A YAML or JSON file; - is standard input.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the recipe here.", show_default=False)
]


@exits.command
def import_(file: File, output: Output = None, as_json: options.AsJson = False) -> None:
    """Turn a recipe of the older kind (triplets in YAML or JSON) into Cypher.

    The recipe goes to standard output; standard error tells what was changed and what could not be carried over.
    """
    from cypher_executor.cli import terminal
    from cypher_executor.cli.older import read_older
    from cypher_executor.cli.sources import read_source
    from cypher_executor.cypher import compile_recipe
    from cypher_executor.cypher.importing import WrongDocument, import_recipe
    from cypher_executor.errors import RequestInvalid

    source = read_source(file)
    try:
        imported = import_recipe(read_older(source.text, source.file))
    except WrongDocument as wrong:
        raise RequestInvalid(f"{source.file}: {wrong}") from None
    compiled = compile_recipe(imported.text, parts=None)
    if output is not None:
        _write(output, imported.text)
    if as_json:
        terminal.result_json(_told(imported, compiled))
        return
    if output is None:
        terminal.result(imported.text)
    _report(imported, compiled, str(output or "the recipe"))


def _write(file: Path, text: str) -> None:
    from cypher_executor.errors import RequestInvalid

    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise RequestInvalid(f"cannot write {file}: {error.strerror}") from None


def _told(imported: Imported, compiled: Compiled) -> Json:
    from cypher_executor.cypher import to_json

    return {
        "cypher": imported.text,
        "report": [{"fate": n.fate, "what": n.what, "why": n.why, "line": n.line} for n in imported.notes],
        "diagnostics": [to_json(d) for d in compiled.diagnostics],
    }


def _report(imported: Imported, compiled: Compiled, shown: str) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.cypher import render

    for fate, heading in (("changed", "Changed, please check"), ("lost", "Could not be carried over")):
        notes = [note for note in imported.notes if note.fate == fate]
        if notes:
            terminal.note(f"{heading} ({len(notes)}):")
            terminal.note("\n".join(f"  {note}" for note in notes))
    terminal.note(f"Carried over as it was: {sum(note.fate == 'carried' for note in imported.notes)}")
    if compiled.diagnostics:
        terminal.note(render(imported.text, compiled.diagnostics, file=shown))
