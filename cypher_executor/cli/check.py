"""`check`: every problem of some recipes, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher_executor.cli.client import Json
    from cypher_executor.cli.sources import Source
    from cypher_executor.core.parts import Part
    from cypher_executor.cypher import Compiled
    from cypher_executor.cypher.bill import Bill

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Recipe files; - is standard input.")]


@exits.command
def check(files: Files, as_json: options.AsJson = False) -> int:
    """Show all problems of recipes, each with its place and what was probably meant, and all that they can reach.

    Needs no server: the recipes that they start are looked for among the files. Exit code 5 says that there are errors;
    warnings refuse nothing.
    """
    from cypher_executor.cli import terminal
    from cypher_executor.cli.sources import read_source
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import checker

    sources = [read_source(file) for file in files]
    library = checker(load_settings())
    checked = [(source, library.check_now(source.text)) for source in sources]
    bills = _bills(checked, library.known_parts())
    if as_json:
        told = [_told(*one, bill) for one, bill in zip(checked, bills, strict=True)]
        terminal.result_json({"ok": _sound(checked), "files": told})
    else:
        for (source, compiled), bill in zip(checked, bills, strict=True):
            _show(source, compiled, bill)
    return exits.OK if _sound(checked) else exits.RECIPE_INVALID


def _sound(checked: list[tuple[Source, Compiled]]) -> bool:
    return all(compiled.ok for _, compiled in checked)


def _bills(checked: list[tuple[Source, Compiled]], parts: Mapping[str, Part]) -> list[Bill | None]:
    """What each recipe can reach; None for one that cannot run."""
    from cypher_executor.cypher.reaching import bill_of

    recipes = [
        ((compiled.recipe and compiled.recipe.name) or source.name, compiled.recipe) for source, compiled in checked
    ]
    known = {name: (recipe, parts) for name, recipe in recipes if recipe is not None}
    return [None if recipe is None else bill_of(recipe, parts, known.get, name) for name, recipe in recipes]


def _told(source: Source, compiled: Compiled, bill: Bill | None) -> Json:
    from cypher_executor.cypher import to_json
    from cypher_executor.cypher.bill import bill_json
    from cypher_executor.cypher.needs import needs_json

    diagnostics = [to_json(d) for d in compiled.diagnostics]
    told = {"file": source.file, "ok": compiled.ok, "diagnostics": diagnostics}
    reached = None if bill is None else bill_json(bill)
    return {**told, "schedules": _schedules(compiled), "needs": needs_json(compiled.needs), "bill": reached}


def _schedules(compiled: Compiled) -> list[Json]:
    """The schedules that a recipe declares, and the next times of each."""
    if compiled.recipe is None or not any(trigger.kind == "cron" for trigger in compiled.recipe.triggers):
        return []
    import time

    from cypher_executor.service.schedule_view import declared_view

    return declared_view(compiled.recipe, time.time_ns() // 1000)


def _show(source: Source, compiled: Compiled, bill: Bill | None) -> None:
    from cypher_executor.cli import problems, terminal
    from cypher_executor.cypher import render
    from cypher_executor.cypher.bill import bill_lines

    if compiled.diagnostics:
        terminal.result(render(source.text, compiled.diagnostics, file=source.file) + "\n")
    terminal.result(problems.summary(compiled.diagnostics, source.file))
    for schedule in _schedules(compiled):
        times = ", ".join(schedule["next_times"][:3]) or "never again"
        terminal.result(f"  {schedule['node']} fires at '{schedule['cron']}' ({schedule['timezone']}): {times}")
    for line in () if bill is None else bill_lines(bill):
        terminal.result(f"  {line}")
