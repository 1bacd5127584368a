"""`backup` and `restore`: the journal as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cypher_executor.cli import exits, options

Target = Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.", dir_okay=False)]
Backup = Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.", dir_okay=False)]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite FILE if it exists.")]


@exits.command
def backup(
    file: Target, replace: Replace = False, data_dir: options.DataDir = None, as_json: options.AsJson = False
) -> None:
    """Copy the journal into a file, while a service is using it or not.

    The copy is one moment of the journal; FILE is there when all of it is there. Keep it where the data folder is not.
    """
    from dataclasses import asdict

    from cypher_executor.adapters.sqlite import back_up
    from cypher_executor.cli import terminal
    from cypher_executor.settings import load_settings

    copied = back_up(load_settings(data_dir=data_dir).data_dir, file, replace=replace)
    if as_json:
        terminal.result_json({"file": str(file), **asdict(copied)})
        return
    terminal.result(f"{file}: {copied.runs} runs, {copied.events} events, {copied.bytes} bytes")
    for run in copied.incomplete:
        terminal.note(f"warning: run {run} is incomplete, here and in the journal; `doctor --deep` shows more")


@exits.command
def restore(file: Backup, data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Put a backup in the place of the journal; the old one is kept aside. The service has to be stopped meanwhile.

    Runs that were open when the backup was made go on from there at the next start, and what they did to other systems
    since then is done again.
    """
    from dataclasses import asdict

    from cypher_executor.adapters.sqlite import restore as restore_from
    from cypher_executor.cli import terminal
    from cypher_executor.settings import load_settings

    folder = load_settings(data_dir=data_dir).data_dir
    copied, aside = restore_from(folder, file)
    if as_json:
        terminal.result_json({"data_dir": str(folder), "aside": str(aside) if aside else None, **asdict(copied)})
        return
    terminal.result(f"{folder}: {copied.runs} runs, {copied.events} events")
    if aside is not None:
        terminal.note(f"the journal that was there before is in {aside}")
