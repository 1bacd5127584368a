"""`bench` itself: whole runs over HTTP, on a service that is started for it with an empty journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher_executor.bench.floors import Floors
    from cypher_executor.bench.timing import Sheet

Shapes = Annotated[
    list[str] | None, typer.Option("--shape", metavar="NAME", help="Only this shape: chain, fan, burst or trip.")
]
Effort = Annotated[
    float, typer.Option("--effort", min=0.01, max=100.0, help="How many rounds, times the usual: 0.1 is a quick look.")
]
OnDisk = Annotated[
    Path | None,
    typer.Option("--on", metavar="DIR", help="Keep the journal in this folder: the disk counts.", file_okay=False),
]


def bench(
    context: typer.Context,
    shapes: Shapes = None,
    effort: Effort = 1.0,
    on: OnDisk = None,
    workers: options.Workers = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure how fast this installation is: a service of its own, asked over HTTP, every acceptance synced.

    Prints the median of each shape, how many times that is of what its syncs, calls and request cost alone, and what
    the service holds of the memory. Exit code 1 when an answer was wrong, whatever the figures are.
    """
    if context.invoked_subcommand is None:
        speed(shapes, effort, on, workers, as_json=as_json)


@exits.command
def speed(shapes: list[str] | None, effort: float, on: Path | None, workers: int | None, as_json: bool = False) -> int:
    """What `bench` does by itself."""
    import asyncio

    from cypher_executor.cli.signals import sigterm_as_ctrl_c

    with sigterm_as_ctrl_c():
        sheets, floors = asyncio.run(_measured(shapes, effort, on, workers, quiet=as_json))
    _tell(sheets, floors, as_json=as_json)
    return exits.OK if not any(one.wrong for one in sheets[0].shapes) else exits.RUN_FAILED


async def _measured(
    names: Sequence[str] | None, effort: float, on: Path | None, workers: int | None, *, quiet: bool
) -> tuple[Sequence[Sheet], Floors]:
    import tempfile

    from cypher_executor.bench import floors, timing
    from cypher_executor.bench.shapes import chosen
    from cypher_executor.bench.subject import OwnService
    from cypher_executor.cli import terminal
    from cypher_executor.cli.child import service

    wanted = chosen(names)
    with tempfile.TemporaryDirectory(prefix="cypher-executor-bench-", dir=on) as folder:
        least = await floors.measure(Path(folder))
        async with service(Path(folder, "data"), workers=workers) as running:
            ours = OwnService(running.url, running.pid)
            await ours.store_recipes()
            progress = (lambda doing: None) if quiet else terminal.note
            return await timing.measure([ours], wanted, effort=effort, progress=progress), least


def _tell(sheets: Sequence[Sheet], floors: Floors, *, as_json: bool) -> None:
    from cypher_executor.bench import report
    from cypher_executor.cli import terminal

    if as_json:
        terminal.result_json(report.as_json(sheets, floors))
        return
    terminal.result_table(report.columns(sheets), report.rows(sheets, floors))
    for remark in (report.floors_told(floors), *report.remarks(sheets)):
        terminal.result(remark)
