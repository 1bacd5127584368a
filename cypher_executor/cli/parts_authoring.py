"""`parts new`, `build`, `test` and `call`: what somebody who writes a part does all day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, given, options
from cypher_executor.cli.part_places import (
    Folder,
    Name,
    NameOrFile,
    Names,
    able,
    folder_of,
    module_in,
    own_folder,
    part_in,
    read_part,
    shipped,
    store_of,
)

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json
    from cypher_executor.cli.trials import Trial
    from cypher_executor.partkit.build import Built

Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit code 1 when a module is not what its sources make.")
]
Language = Annotated[
    str, typer.Option("--lang", metavar="LANGUAGE", help="js, c, zig, assemblyscript, rust, go or wat.")
]
_MODULE = ".wasm"
Data = Annotated[list[str], typer.Option("--data", "-d", metavar="KEY=VALUE", help=given.HELP, show_default=False)]


@exits.command
def new_part(name: Name, language: Language = "js", folder: Folder = None, as_json: options.AsJson = False) -> int:
    """Make a new part: a folder with a manifest, examples and a source that works.

    It is built and its examples are run at once. Where the compiler is missing, what to install is said instead, and
    the folder is there all the same.
    """
    from cypher_executor.cli import terminal
    from cypher_executor.partkit.scaffold import create
    from cypher_executor.partkit.toolchains import ToolchainMissing

    made = create(_free(name), _known(language), folder or own_folder() or Path())
    where = made.parent
    told: Json = {"part": name, "language": language, "folder": str(made), "files": _files(made)}
    try:
        built, tried = build_and_try(where, name)
    except ToolchainMissing as missing:
        told |= {"built": False, "install": missing.message}
        tried = []
    else:
        told |= {"built": True, "bytes": built.bytes, "examples": len(tried)}
    wrong = [one for one in tried if one.problem is not None]
    if as_json:
        terminal.result_json(told)
    else:
        _tell_new(told, tried, _for_shells(where))
    return exits.RUN_FAILED if wrong else exits.OK


@exits.command
def build_parts(
    names: Names = None, folder: Folder = None, check: Check = False, as_json: options.AsJson = False
) -> int:
    """Make the modules of parts from their sources, with the compilers that their manifests name."""
    from dataclasses import asdict

    from cypher_executor.cli import terminal
    from cypher_executor.partkit.build import build

    built = build(folder_of(names or (), folder), names or (), check=check)
    if as_json:
        terminal.result_json({"parts": [asdict(one) for one in built]})
    else:
        for one in built:
            terminal.result(one.message)
    return exits.RUN_FAILED if any(one.state == "differs" for one in built) else exits.OK


@exits.command
def test_parts(names: Names = None, folder: Folder = None, as_json: options.AsJson = False) -> int:
    """Run the examples of parts in the sandbox. Exit code 1 when a part does not do what an example says."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.trials import Trial, problems_of, try_all

    store = store_of(names or (), folder)
    chosen = [part_in(store, name) for name in names] if names else list(store.all())
    able = [part for part in chosen if part.digest is not None]
    disabled = [(part.name, why) for part in chosen if (why := store.disabled.get(part.name)) is not None]
    tried = [Trial(name, "its module", why) for name, why in disabled] + asyncio.run(try_all(store, able))
    wrong = [one for one in tried if one.problem is not None]
    if as_json:
        told = [{"part": t.part, "example": t.title, "ok": t.problem is None, "problem": t.problem} for t in tried]
        terminal.result_json({"ok": not wrong, "examples": told})
    else:
        for line in problems_of(tried):
            terminal.result(line)
        terminal.result(f"{len(tried)} examples of {len(able) + len(disabled)} parts, {len(wrong)} wrong")
    return exits.RUN_FAILED if wrong else exits.OK


@exits.command
def call_part(
    name: NameOrFile,
    data: Data = [],  # noqa: B006 typer copies it
    folder: Folder = None,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> int:
    """Call a part, or a module alone, with an input, in this process, and show its output.

    The key-value store is empty and there are no secrets; calls to the outside are carried out, as far as the manifest
    of the part asks for them. Lines that it logs go to standard error. With --server, a part that is there is tried
    alone: nothing is sent or kept, and a call that only the outside could answer is where the trial ends.
    """
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.part_calls import call_here, call_module, call_there
    from cypher_executor.cli.signals import sigterm_as_ctrl_c
    from cypher_executor.errors import RequestInvalid

    input = given.read_input(data)
    if not isinstance(input, dict):
        raise RequestInvalid("the input of a part is a map: give -d key=value, or a file that holds a map")
    with sigterm_as_ctrl_c():
        if name.endswith(_MODULE):
            if server is not None:
                message = "a service tries parts that it has: `parts push` the module, and call it by its name"
                raise RequestInvalid(message)
            ended = asyncio.run(call_module(module_in(Path(name)), input))
        elif server is not None:
            ended = asyncio.run(call_there(server, name, input))
        else:
            part = able(store_of([name], folder), name)
            own = folder_of([name], folder)
            ended = asyncio.run(call_here(part, input, None if own == shipped() else own))
    if as_json:
        terminal.result_json(ended)
    elif "output" in ended:
        terminal.result_json(ended["output"])
    else:
        error = ended["error"]
        terminal.note(f"{name}: {error['code']}: {error['message']}")
        if said := str((error.get("details") or {}).get("stderr", "")).strip():
            terminal.note(said)
    return exits.OK if "output" in ended else exits.RUN_FAILED


def build_and_try(folder: Path, name: str) -> tuple[Built, list[Trial]]:
    """Build one part and run its examples. Raises `BuildFailed`."""
    import asyncio

    from cypher_executor.cli.trials import try_folder
    from cypher_executor.partkit.build import build

    [built] = build(folder, [name])
    return built, asyncio.run(try_folder(read_part(folder / name)))


# --- new -------------------------------------------------------------------------------------------------------------


def _free(name: str) -> str:
    """A name that no part that ships has: a recipe that says it must go on meaning that one."""
    from cypher_executor.errors import Conflict

    if (shipped() / name / "part.toml").is_file():
        raise Conflict(f"{name!r} is a part that ships; take another name", code="part_name_taken")
    return name


def _known(language: str) -> str:
    from cypher_executor.errors import RequestInvalid, nearest
    from cypher_executor.partkit.scaffold import LANGUAGES

    if language in LANGUAGES:
        return language
    near = nearest(language, LANGUAGES)
    hint = [f"did you mean {near}?"] if near else []
    raise RequestInvalid(f"there is no template for {language!r}: there are {', '.join(LANGUAGES)}", next_actions=hint)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _for_shells(folder: Path) -> str:
    """What to add to commands so that they find the parts of this folder."""
    import shlex

    return "" if folder.resolve() in (Path.cwd(), own_folder()) else f" --dir {shlex.quote(str(folder))}"


def _tell_new(told: Json, tried: Sequence[Trial], where: str) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.cli.trials import problems_of

    terminal.result(f"{told['folder']}: {', '.join(told['files'])}")
    name = told["part"]
    if not told["built"]:
        terminal.note(f"not built yet: {told['install']}")
        terminal.result(f"then: cypher-executor parts build {name}{where} && cypher-executor parts test {name}{where}")
        return
    for line in problems_of(tried):
        terminal.result(line)
    wrong = sum(one.problem is not None for one in tried)
    terminal.result(f"built: {told['bytes']} bytes; {len(tried)} examples, {wrong} wrong")
    terminal.result(f"next: change it while `cypher-executor parts dev {name}{where}` runs")
