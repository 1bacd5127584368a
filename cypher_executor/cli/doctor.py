"""`doctor`: whether the journal is what it says it is, and what parts take of the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from pathlib import Path

    from cypher_executor.adapters.sqlite.inspecting import Inspected
    from cypher_executor.cli.part_room import PartRoom
    from cypher_executor.core.audit import Finding
    from cypher_executor.core.recipe import Digest, Recipe

Deep = Annotated[bool, typer.Option("--deep", help="Read and replay every run, and check every large value.")]
SHOWN = 100
"""How many findings people are shown; JSON has them all."""


@exits.command
def doctor(deep: Deep = False, data_dir: options.DataDir = None, as_json: options.AsJson = False) -> int:
    """Examine the journal; exit code 1 when something is wrong with it. Nothing is changed, and warnings do no harm.

    A service may be using the data folder meanwhile: what is examined is one moment of it.
    """
    from cypher_executor.adapters.sqlite import look_at_outputs
    from cypher_executor.adapters.sqlite.inspecting import inspect, looking_into
    from cypher_executor.cli.part_room import room_of_parts
    from cypher_executor.settings import load_settings

    settings = load_settings(data_dir=data_dir)
    folder, room = settings.data_dir, None
    with looking_into(folder) as connection:
        inspected = inspect(connection, compile_text if deep else None)
        if not any(finding.code == "damaged_file" for finding in inspected.findings):
            room = room_of_parts(settings, connection)
    inspected.findings += look_at_outputs(folder, deep=deep)
    tell = _tell_json if as_json else _tell
    tell(folder, inspected, room, deep=deep)
    return exits.RUN_FAILED if inspected.errors else exits.OK


def compile_text(digest: Digest, text: str) -> Recipe:
    """The recipe of a text that was accepted once. Raises RecipeInvalid, or RequestInvalid when it is another one."""
    from cypher_executor.cypher import compile_recipe
    from cypher_executor.errors import RecipeInvalid, RequestInvalid

    compiled = compile_recipe(text, parts=None, trusted=True)
    if compiled.recipe is None:
        raise RecipeInvalid(compiled.diagnostics)
    if compiled.recipe.digest != digest:
        raise RequestInvalid(f"its text is that of another recipe, {compiled.recipe.digest}", code="digest_differs")
    return compiled.recipe


def _tell_json(folder: Path, inspected: Inspected, room: PartRoom | None, *, deep: bool) -> None:
    from dataclasses import asdict

    from cypher_executor.cli import terminal

    findings = [asdict(finding) for finding in inspected.findings]
    counts = {"runs": inspected.runs, "open": inspected.open, "events": inspected.events}
    told = {"ok": not inspected.errors, "data_dir": str(folder), "deep": deep, **counts, "findings": findings}
    terminal.result_json({**told, "parts": None if room is None else asdict(room)})


def _tell(folder: Path, inspected: Inspected, room: PartRoom | None, *, deep: bool) -> None:
    from cypher_executor.cli import terminal

    terminal.result(f"{folder}: {inspected.runs} runs, {inspected.open} of them open, {inspected.events} events")
    for line in () if room is None else room.lines():
        terminal.result(line)
    for finding in inspected.findings[:SHOWN]:
        terminal.result(_line(finding))
    if not inspected.findings:
        terminal.result("nothing is wrong" if deep else "nothing is wrong; --deep replays every run")
        return
    counted = f"{len(inspected.errors)} errors, {len(inspected.findings) - len(inspected.errors)} warnings"
    hidden = f", the first {SHOWN} are shown" if len(inspected.findings) > SHOWN else ""
    advice = "; `restore` puts a backup in its place" if inspected.errors else ""
    terminal.note(f"{counted}{hidden}{advice}")


def _line(finding: Finding) -> str:
    where = f"{finding.run}: " if finding.run else ""
    return f"{finding.severity}  {finding.code}  {where}{finding.message}"
