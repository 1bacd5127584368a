"""Where the parts are that commands are about, and what is read of them.

Which folder a name lies in: `--dir` when it is given. Otherwise the working directory when the part lies there, then
CYPHER_EXECUTOR_PARTS_DIR, then the parts that ship. Without a name it is the first of these that has parts at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cypher_executor.adapters.parts_folder import PartsFolder
    from cypher_executor.core.parts import Part
    from cypher_executor.partkit.manifest import PartFolder


def _without_slash(given: str) -> str:
    """Shells complete the names of folders with a slash behind them, and people write `./` before them."""
    return given.rstrip("/").removeprefix("./") or given


def _all_without_slash(given: list[str] | None) -> list[str] | None:
    return None if given is None else [_without_slash(name) for name in given]


Name = Annotated[str, typer.Argument(help="The name of a part.", callback=_without_slash)]
Names = Annotated[
    list[str] | None,
    typer.Argument(help="Names of parts; all of the folder without any.", callback=_all_without_slash),
]
NameOrFile = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE", help="A part by its name, or a module alone: NAME.wasm.", callback=_without_slash
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="The folder with the parts' folders.", show_default=False),
]


def folder_of(names: Sequence[str], given_folder: Path | None) -> Path:
    """The folder that these parts lie in; the one of those that ship when no other has all of them."""
    if given_folder is not None:
        return given_folder
    return next((one for one in _own() if _has(one, names)), shipped())


def part_folder(name: str, given_folder: Path | None) -> Path:
    """The folder of one part. Raises NotFound with the nearest name that there is."""
    from cypher_executor.errors import NotFound, nearest

    looked = [given_folder] if given_folder is not None else [*_own(), shipped()]
    for folder in looked:
        if _has(folder, [name]):
            return folder / name
    there = _names_in(looked)
    places = ", ".join(str(folder.resolve()) for folder in looked)
    raise NotFound(f"there is no part {name!r} in {places}", code="unknown_part", did_you_mean=nearest(name, there))


def _has(folder: Path, names: Sequence[str]) -> bool:
    """Whether these parts lie in this folder; without names, whether any does."""
    if not names:
        return next(folder.glob("*/part.toml"), None) is not None
    return all((folder / name / "part.toml").is_file() for name in names)


def _names_in(folders: Iterable[Path]) -> set[str]:
    from cypher_executor.partkit.build import part_folders

    return {path.name for folder in folders for path in part_folders(folder)}


def _own() -> list[Path]:
    own = own_folder()
    return [Path(), *([own] if own is not None else [])]


def store_of(names: Sequence[str], given_folder: Path | None) -> PartsFolder:
    """The parts that a command means: those of a folder, or with no folder given all that a service has."""
    from cypher_executor.adapters.parts_folder import PartsFolder
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import shipped_parts

    folder, settings = folder_of(names, given_folder), load_settings()
    if folder == shipped():
        return shipped_parts(settings)
    return PartsFolder([folder], most_module_bytes=settings.most_module_bytes)


def part_in(store: PartsFolder, name: str) -> Part:
    """The part of this name. Raises NotFound with the nearest name."""
    from cypher_executor.errors import NotFound, nearest
    from cypher_executor.ports import names_of

    found = store.find(name)
    if found is None:
        near = nearest(name, {*names_of(store.all()), *_names_in(_own())})
        raise NotFound(f"there is no part {name!r}", code="unknown_part", did_you_mean=near)
    return found


def module_in(path: Path) -> bytes:
    """What stands in a file. Raises NotFound or RequestInvalid."""
    from cypher_executor.errors import NotFound, RequestInvalid

    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except OSError as wrong:
        raise RequestInvalid(f"cannot read {path}: {wrong.strerror}") from None


def able(store: PartsFolder, name: str) -> Part:
    """The part of this name. Raises Unavailable with what keeps it from being run, if anything does."""
    from cypher_executor.errors import Unavailable

    part = part_in(store, name)
    if (why := store.disabled.get(name)) is not None:
        raise Unavailable(why, code="part_unavailable")
    return part


def own_folder() -> Path | None:
    """The folder of CYPHER_EXECUTOR_PARTS_DIR."""
    from cypher_executor.settings import load_settings

    return load_settings().parts_dir


def shipped() -> Path:
    """The folder of the parts that ship."""
    from cypher_executor import files

    return files.shipped("parts")


def read_part(folder: Path) -> PartFolder:
    """The part in a folder, with its module. Raises ModuleRefused for one that is larger than the setting admits."""
    from cypher_executor.partkit.manifest import read_folder
    from cypher_executor.settings import load_settings

    return read_folder(folder, most_module_bytes=load_settings().most_module_bytes)
