"""`runs export` and `runs import`: one run as a file, from one journal into another.

An exported run is data. Importing writes it down under its own id, to be looked at; nothing of it is executed, and an
open run stays as it was when it was exported.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.core.portable import Portable

Run = Annotated[str, typer.Argument(help="The id of a run: run_...")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it here instead.", show_default=False)
]
File = Annotated[str, typer.Argument(metavar="FILE", help="What `runs export` wrote; - is standard input.")]


@exits.command
def export_run(run: Run, output: Output = None, data_dir: options.DataDir = None) -> None:
    """Write a run with its tape and its recipe to standard output, as JSON.

    It is read from the data folder, whether a service is using it or not. It holds the run's input and all outputs.
    """
    import sys

    from cypher_executor.adapters.sqlite import inspecting
    from cypher_executor.core.events import RunId
    from cypher_executor.core.portable import to_document
    from cypher_executor.errors import RequestInvalid
    from cypher_executor.settings import load_settings

    with inspecting.looking_into(load_settings(data_dir=data_dir).data_dir) as connection:
        document = to_document(*inspecting.history_of(connection, RunId(run)))
    written = _dump(document)
    try:
        if output is not None:
            output.write_bytes(written)
        else:
            sys.stdout.buffer.write(written)
    except OSError as error:
        raise RequestInvalid(f"cannot write {output or 'standard output'}: {error.strerror}") from None


@exits.command
def import_run(file: File, data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Take in a run that was exported, under its own id, to be looked at. Nothing of it is executed.

    The service that uses the data folder has to be stopped meanwhile.
    """
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.settings import load_settings

    portable = _read(file)
    warnings = _checked(portable)
    asyncio.run(_take_in(portable, load_settings(data_dir=data_dir).data_dir))
    if as_json:
        told = {"run": portable.run, "events": len(portable.events), "warnings": warnings}
        terminal.result_json(told)
    else:
        terminal.result(f"{portable.run}  {len(portable.events)} events")
        for warning in warnings:
            terminal.note(f"warning: {warning}")


def _read(file: str) -> Portable:
    import sys

    from cypher_executor.core.portable import from_document
    from cypher_executor.errors import RequestInvalid

    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return from_document(_load(text))
    except OSError as error:
        raise RequestInvalid(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RequestInvalid(f"{file} cannot be imported: {error}", code="export_invalid") from None


def _checked(portable: Portable) -> list[str]:
    """What is odd about the run, for people. Raises RequestInvalid when its recipe is not the one that it names."""
    from cypher_executor.cli.doctor import compile_text
    from cypher_executor.core.audit import audit_run

    recipe = compile_text(portable.recipe, portable.text)
    findings, _ = audit_run(portable.run, portable.events, recipe)
    return [finding.message for finding in findings]


async def _take_in(portable: Portable, data_dir: Path) -> None:
    from cypher_executor.adapters.sqlite import Database, SqliteJournal
    from cypher_executor.errors import Conflict
    from cypher_executor.ports import Appended, Entry, Opening

    journal = SqliteJournal(Database(data_dir), lambda: 0)
    try:
        opening = Opening(portable.text, imported=True)
        [outcome] = await journal.append([Entry(portable.run, 0, portable.events, opening)])
    finally:
        await journal.close()
    if outcome != Appended():
        raise Conflict(f"this journal has a run {portable.run} already", code="run_exists")


def _dump(document: dict[str, Any]) -> bytes:
    """The same bytes for the same run, whoever writes it. What orjson refuses is written by `json`, in ASCII."""
    import json

    import orjson

    try:
        return orjson.dumps(document, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return json.dumps(document, default=_plain, indent=2).encode("ascii") + b"\n"


def _load(text: bytes) -> Any:
    import json

    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _plain(value: object) -> object:
    from collections.abc import Mapping
    from dataclasses import fields, is_dataclass

    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is not a JSON value")
