"""`check`: every problem of some recipes, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cypher_executor.cli.client import Json
    from cypher_executor.cli.sources import Source
    from cypher_executor.core.parts import Part
    from cypher_executor.cypher import Compiled
    from cypher_executor.cypher.bill import Bill

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Recipe files; - is standard input.")]


@exits.command
def check(files: Files, server: options.Server = None, as_json: options.AsJson = False) -> int:
    """Show all problems of recipes, each with its place and what was probably meant, and all that they can reach.

    Needs no server: the recipes that they start are looked for among the files. With --server, that service's recipes
    and parts are meant, and what a recipe reaches beyond its stored version is told. Exit code 5 says that there are
    errors; warnings refuse nothing.
    """
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.sources import read_source

    sources = [read_source(file) for file in files]
    told = _here(sources) if server is None else asyncio.run(_by_service(sources, server))
    ok = all(one["ok"] for one in told)
    if as_json:
        terminal.result_json({"ok": ok, "files": [{"file": s.file, **t} for s, t in zip(sources, told, strict=True)]})
    else:
        for source, one in zip(sources, told, strict=True):
            _show(source, one)
    return exits.OK if ok else exits.RECIPE_INVALID


async def _by_service(sources: Sequence[Source], server: str) -> list[Json]:
    from cypher_executor.cli.finding import service

    async with service(server) as client:
        return [await client.check(source.text, source.name_if_needed()) for source in sources]


def _here(sources: Sequence[Source]) -> list[Json]:
    """What a service would answer that knows these recipes and no others."""
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import checker

    library = checker(load_settings())
    checked = [library.check_now(source.text) for source in sources]
    bills = _bills(sources, checked, library.known_parts())
    return [_told(compiled, bill) for compiled, bill in zip(checked, bills, strict=True)]


def _bills(sources: Sequence[Source], checked: Sequence[Compiled], parts: Mapping[str, Part]) -> list[Bill | None]:
    """What each recipe can reach; None for one that cannot run."""
    from cypher_executor.cypher.reaching import bill_of

    recipes = [found.recipe for found in checked]
    names = [(r and r.name) or source.name for r, source in zip(recipes, sources, strict=True)]
    known = {name: (recipe, parts) for name, recipe in zip(names, recipes, strict=True) if recipe is not None}
    return [
        None if recipe is None else bill_of(recipe, parts, known.get, name)
        for name, recipe in zip(names, recipes, strict=True)
    ]


def _told(compiled: Compiled, bill: Bill | None) -> Json:
    from cypher_executor.cypher import to_json
    from cypher_executor.cypher.bill import bill_json
    from cypher_executor.cypher.needs import needs_json

    return {
        "ok": compiled.ok,
        "diagnostics": [to_json(d) for d in compiled.diagnostics],
        "schedules": _schedules(compiled),
        "needs": needs_json(compiled.needs),
        "bill": None if bill is None else bill_json(bill),
    }


def _schedules(compiled: Compiled) -> list[Json]:
    """The schedules that a recipe declares, and the next times of each."""
    if compiled.recipe is None or not any(trigger.kind == "cron" for trigger in compiled.recipe.triggers):
        return []
    import time

    from cypher_executor.service.schedule_view import declared_view

    return declared_view(compiled.recipe, time.time_ns() // 1000)


def _show(source: Source, told: Json) -> None:
    from cypher_executor.cli import problems, terminal
    from cypher_executor.cypher import render
    from cypher_executor.cypher.bill import bill_lines, read_bill, read_more

    diagnostics = tuple(map(problems.read_diagnostic, told["diagnostics"]))
    if diagnostics:
        terminal.result(render(source.text, diagnostics, file=source.file) + "\n")
    terminal.result(problems.summary(diagnostics, source.file))
    for schedule in told["schedules"]:
        times = ", ".join(schedule["next_times"][:3]) or "never again"
        terminal.result(f"  {schedule['node']} fires at '{schedule['cron']}' ({schedule['timezone']}): {times}")
    for line in () if told["bill"] is None else bill_lines(read_bill(told["bill"])):
        terminal.result(f"  {line}")
    for more in told.get("more", ()):
        terminal.result(f"  more than its stored version: {read_more(more)}")
