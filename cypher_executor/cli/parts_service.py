"""`parts push` and `parts dev`: the parts that somebody writes, brought to a service that runs.

What is brought has passed its examples here, in the sandbox that the service has as well. `dev` does so again whenever
a source is saved, and tells the service that the part is being worked at: recipes that are stored there run with it at
once, instead of the version that they were stored with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options
from cypher_executor.cli.part_places import Folder, NameOrFile, Names, folder_of, module_in, part_folder, read_part

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.trials import Trial
    from cypher_executor.partkit.manifest import PartFolder

Approve = Annotated[bool, typer.Option("--approve", help="Grant what the manifest asks for.")]
_FIRST_LOOK_MS = 200
Named = Annotated[
    str | None, typer.Option("--name", help="The name of a module alone; that of its file without.", show_default=False)
]
Untested = Annotated[bool, typer.Option("--untested", help="Do not run the examples first.")]


@exits.command
def push_part(
    what: NameOrFile,
    folder: Folder = None,
    approve: Approve = False,
    untested: Untested = False,
    name: Named = None,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> int:
    """Bring a part to a service: its module, manifest and examples, as they are now.

    A part whose examples do not hold is not sent. One that asks for more than its version before needs --approve. A
    module that somebody else made needs no manifest: it is brought under the name of its file, or another one.
    """
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.errors import RequestInvalid

    if what.endswith(".wasm"):
        called = name if name is not None else _name_of(Path(what))
        told: Json | None = asyncio.run(_push_module(called, module_in(Path(what)), server))
    elif name is not None:
        raise RequestInvalid("--name is for a module alone: the name of a part stands in its manifest")
    else:
        told = asyncio.run(_push_folder(part_folder(what, folder), server, approve, untested))
    if told is None:
        return exits.RUN_FAILED
    terminal.result_json(told) if as_json else terminal.result(_version(told))
    return exits.OK


def _name_of(module: Path) -> str:
    """The name of a file, as a part can have it. Raises RequestInvalid when it cannot."""
    from cypher_executor.errors import RequestInvalid
    from cypher_executor.partkit.manifest import refuse_name

    if refuse_name(module.stem) is not None:
        action = f"give it one with letters, digits and _: --name {_like(module.stem)}"
        raise RequestInvalid(
            f"{module.stem!r} cannot be the name of a part", code="invalid_name", next_actions=[action]
        )
    return module.stem


def _like(name: str) -> str:
    """The nearest name that a part may have."""
    near = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)[:60]
    return near if near[:1].isalpha() else f"part_{near}"


async def _push_module(name: str, module: bytes, server: str | None) -> Json:
    from cypher_executor.cli.finding import service

    async with service(server) as client:
        return await client.put_part(name, module)


async def _push_folder(path: Path, server: str | None, approve: bool, untested: bool) -> Json | None:
    from cypher_executor.cli.trials import try_folder

    part = read_part(path)
    if not untested and _told_wrong(await try_folder(part)):
        return None
    return await _sent(part, server, approve=approve, develop=False)


@exits.command
def develop_parts(
    names: Names = None, folder: Folder = None, approve: Approve = False, server: options.Server = None
) -> int:
    """Build, test and swap into the running service, again whenever a source of these parts is saved.

    Without a service that can be reached they are built and tested only, until one is there. Ctrl-C ends it.
    """
    import asyncio
    import contextlib

    from cypher_executor.cli.signals import sigterm_as_ctrl_c
    from cypher_executor.partkit.build import part_folders

    chosen = [part_folder(name, folder) for name in names or ()] or part_folders(folder_of((), folder))
    with sigterm_as_ctrl_c(), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_develop(chosen, server, approve))
    return exits.OK


async def _develop(folders: Sequence[Path], server: str | None, approve: bool) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.partkit.manifest import read_without_module

    for path in folders:
        read_without_module(path)  # A name that is none ends the command; what is wrong later is told and waited out.
    async for saved in _saved(folders):
        for path in saved or folders:
            await _turn(path, server, approve)
        if not saved:
            terminal.note(f"watching {', '.join(path.name for path in folders)}; Ctrl-C ends it")


async def _turn(path: Path, server: str | None, approve: bool) -> None:
    """Build a part, try it and send it; whatever is wrong is told, and the next change is waited for."""
    import asyncio

    from cypher_executor.cli import problems, terminal
    from cypher_executor.cli.trials import try_folder
    from cypher_executor.errors import CypherExecutorError
    from cypher_executor.partkit.build import build

    try:
        built = await asyncio.to_thread(build, path.parent, [path.name])
        part = read_part(path)
        if _told_wrong(tried := await try_folder(part)):
            return
        done = f"{path.name}: {len(part.read_module())} bytes{', built' if built else ''}; {len(tried)} examples hold"
        terminal.result(done)
        told = await _sent(part, server, approve=approve, develop=True)
        terminal.result(f"{_version(told)}; recipes there run with it now")
    except CypherExecutorError as error:
        terminal.note(problems.to_text(error))


async def _saved(folders: Sequence[Path]) -> AsyncIterator[list[Path]]:
    """Nothing once, as soon as these folders are watched; then those of which a source has been saved, again and again.

    What is saved while somebody deals with that is not missed: it is in the next answer.
    """
    from watchfiles import awatch

    first = True
    async for changes in awatch(*folders, *_beside(folders), rust_timeout=_FIRST_LOOK_MS, yield_on_timeout=True):
        paths = [Path(path) for _, path in changes]
        saved = [one for one in folders if any(path.match(p) for path in paths for p in _sources(one))]
        if first:
            yield []
        if saved:
            yield saved
        first = False


def _beside(folders: Sequence[Path]) -> list[Path]:
    """Folders outside of those of the parts in which there are sources of them, too."""
    roots = {Path(pattern).parent for folder in folders for pattern in _sources(folder)}
    known = [folder.resolve() for folder in folders]
    return sorted(root for root in roots if root.is_dir() and not any(root.is_relative_to(one) for one in known))


def _sources(folder: Path) -> list[str]:
    """Patterns of whole paths; what the manifest says cannot be known while it is wrong."""
    from cypher_executor.errors import CypherExecutorError
    from cypher_executor.partkit.manifest import read_without_module

    try:
        build = read_without_module(folder).build
    except CypherExecutorError:
        build = None
    named = ["part.toml", "examples.toml", *(build.watch if build is not None else ["*.wasm"])]
    return [str((folder / pattern).resolve()) for pattern in named]


async def _sent(part: PartFolder, server: str | None, *, approve: bool, develop: bool) -> Json:
    from cypher_executor.cli.finding import service

    manifest = (part.folder / "part.toml").read_text("utf-8")
    path = part.folder / "examples.toml"
    examples = path.read_text("utf-8") if path.is_file() else None
    async with service(server) as client:
        module = part.read_module()
        return await client.put_part(part.part.name, module, manifest, examples, approve=approve, develop=develop)


def _told_wrong(tried: Sequence[Trial]) -> bool:
    """Whether an example does not hold; what is wrong is told."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.trials import problems_of

    told = problems_of(tried)
    for line in told:
        terminal.result(line)
    return bool(told)


def _version(told: Json) -> str:
    return f"{told['name']} is version {told['number']}, {told['digest']}"
