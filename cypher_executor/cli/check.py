"""`check`: every problem of some recipes, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.sources import Source
    from cypher_executor.cypher import Compiled

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Recipe files; - is standard input.")]


@exits.command
def check(files: Files, as_json: options.AsJson = False) -> int:
    """Show all problems of recipes, each with its place and what was probably meant.

    Needs no server. Exit code 5 says that there are errors; warnings refuse nothing.
    """
    from cypher_executor.cli import terminal
    from cypher_executor.cli.sources import read_source
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import checker

    sources = [read_source(file) for file in files]
    library = checker(load_settings())
    checked = [(source, library.check_now(source.text)) for source in sources]
    if as_json:
        terminal.result_json({"ok": _sound(checked), "files": [_told(*one) for one in checked]})
    else:
        for source, compiled in checked:
            _show(source, compiled)
    return exits.OK if _sound(checked) else exits.RECIPE_INVALID


def _sound(checked: list[tuple[Source, Compiled]]) -> bool:
    return all(compiled.ok for _, compiled in checked)


def _told(source: Source, compiled: Compiled) -> Json:
    from cypher_executor.cypher import to_json
    from cypher_executor.cypher.needs import needs_json

    diagnostics = [to_json(d) for d in compiled.diagnostics]
    told = {"file": source.file, "ok": compiled.ok, "diagnostics": diagnostics}
    return {**told, "schedules": _schedules(compiled), "needs": needs_json(compiled.needs)}


def _schedules(compiled: Compiled) -> list[Json]:
    """The schedules that a recipe declares, and the next times of each."""
    if compiled.recipe is None or not any(trigger.kind == "cron" for trigger in compiled.recipe.triggers):
        return []
    import time

    from cypher_executor.service.schedule_view import declared_view

    return declared_view(compiled.recipe, time.time_ns() // 1000)


def _show(source: Source, compiled: Compiled) -> None:
    from cypher_executor.cli import problems, terminal
    from cypher_executor.cypher import render

    if compiled.diagnostics:
        terminal.result(render(source.text, compiled.diagnostics, file=source.file) + "\n")
    terminal.result(problems.summary(compiled.diagnostics, source.file))
    for schedule in _schedules(compiled):
        times = ", ".join(schedule["next_times"][:3]) or "never again"
        terminal.result(f"  {schedule['node']} fires at '{schedule['cron']}' ({schedule['timezone']}): {times}")
