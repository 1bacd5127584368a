"""`fmt`: recipes in their canonical form, or in their graph form."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options, terminal

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.sources import Source
    from cypher_executor.cypher import Compiled

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Recipe files; - is standard input.")]
Check = Annotated[bool, typer.Option("--check", help="Print only what would change; exit code 1 if anything would.")]
Write = Annotated[bool, typer.Option("--write", "-w", help="Write the result back to the files.")]
Graph = Annotated[bool, typer.Option("--graph", help="The graph form: one statement that Neo4j accepts and keeps.")]

NOT_FORMATTED = 1


@dataclass(frozen=True, slots=True)
class Formatted:
    """A source and its form; None for a recipe with errors, which stays as it is."""

    source: Source
    compiled: Compiled
    text: str | None

    @property
    def changed(self) -> bool:
        return self.text is not None and self.text != self.source.text


@exits.command
def fmt(
    files: Files, check: Check = False, write: Write = False, graph: Graph = False, as_json: options.AsJson = False
) -> int:
    """Print recipes in their one canonical form, comments kept.

    Needs no server. Recipes with errors are told (exit code 5) and left as they are.
    """
    from cypher_executor.cli.sources import read_source
    from cypher_executor.errors import RequestInvalid

    if write and (graph or check or "-" in files):
        raise RequestInvalid("--write rewrites files in their canonical form: leave out --graph, --check and -")
    done = [_formatted(read_source(file), graph) for file in files]
    if write:
        for one in done:
            _rewrite(one)
    if as_json:
        terminal.result_json({"ok": _code(done, check) == exits.OK, "files": [_told(one, check) for one in done]})
    else:
        for one in done:
            _show(one, check, write)
    return _code(done, check)


def _formatted(source: Source, graph: bool) -> Formatted:
    """Only what the text itself says is looked at: which parts there are does not matter to its form."""
    from cypher_executor.cypher import compile_recipe
    from cypher_executor.cypher.fmt import format_recipe
    from cypher_executor.cypher.graph_form.build import graph_form
    from cypher_executor.cypher.graph_form.text import graph_text

    compiled = compile_recipe(source.text, parts=None)
    if not compiled.ok:
        return Formatted(source, compiled, None)
    return Formatted(source, compiled, graph_text(graph_form(source.text)) if graph else format_recipe(source.text))


def _rewrite(one: Formatted) -> None:
    from pathlib import Path

    from cypher_executor.errors import RequestInvalid

    if one.changed:
        try:
            Path(one.source.file).write_text(one.text or "", encoding="utf-8", newline="")
        except OSError as error:
            raise RequestInvalid(f"cannot write {one.source.file}: {error.strerror}") from None


def _code(done: list[Formatted], check: bool) -> int:
    if any(one.text is None for one in done):
        return exits.RECIPE_INVALID
    return NOT_FORMATTED if check and any(one.changed for one in done) else exits.OK


def _told(one: Formatted, check: bool) -> Json:
    from cypher_executor.cypher import to_json

    told: Json = {"file": one.source.file, "changed": one.changed}
    told["diff" if check else "text"] = _diff(one) if check else one.text
    return {**told, "diagnostics": [to_json(d) for d in one.compiled.diagnostics if d.severity == "error"]}


def _show(one: Formatted, check: bool, write: bool) -> None:
    from cypher_executor.cypher import render

    if one.text is None:
        errors = [d for d in one.compiled.diagnostics if d.severity == "error"]
        terminal.note(render(one.source.text, errors, file=one.source.file))
    elif check:
        _print(_diff(one))
    elif write:
        terminal.note(f"{one.source.file}: {'rewritten' if one.changed else 'as it should be'}")
    else:
        _print(one.text)


def _print(text: str) -> None:
    """Exactly, so that it can go into a file; before somebody's eyes without what could steer a terminal."""
    if sys.stdout.isatty():
        terminal.result(text)
    else:
        sys.stdout.write(text)


def _diff(one: Formatted) -> str:
    from difflib import unified_diff

    lines = unified_diff(
        one.source.text.split("\n"), (one.text or "").split("\n"), one.source.file, f"{one.source.file} (formatted)",
        lineterm="",
    )  # fmt: skip
    return "\n".join([*lines, ""]) if one.changed else ""
