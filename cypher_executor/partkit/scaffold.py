"""Makes the folder of a new part from a template: a part that works, in the language that its author chose.

The templates are files in `templates/`: `greeting/` is the manifest and the examples that all languages share, each
language adds its sources and the `[build]` of its manifest. (WebAssembly text has a manifest of its own, because a part
that reads JSON by hand is no beginning.) `@name@` stands for the part's name; a file called `gitignore` gets its dot.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cypher_executor.errors import Conflict, RequestInvalid
from cypher_executor.partkit.manifest import read_without_module, refuse_name

LANGUAGES: Final = ("js", "c", "zig", "assemblyscript", "rust", "go", "wat")

_TEMPLATES: Final = Path(__file__).with_name("templates")
_SHARED: Final = _TEMPLATES / "greeting"
_BUILD: Final = "build.toml"


def create(name: str, language: str, folder: Path) -> Path:
    """Make `folder/name` with a part in this language; the folder that was made.

    Raises RequestInvalid for a name that cannot be one, and Conflict when there is such a folder already.
    """
    if (why := refuse_name(name)) is not None:
        raise RequestInvalid(why)
    made = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made.mkdir()
    except FileExistsError:
        raise Conflict(f"{made} exists already; take another name, or remove it", code="part_exists") from None
    except OSError as wrong:
        raise RequestInvalid(f"cannot make the folder {made}: {wrong.strerror}") from None
    for path, text in _files(language).items():
        target = made / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("@name@", name), "utf-8")
    read_without_module(made)
    return made


def _files(language: str) -> Mapping[Path, str]:
    """What stands in the folder of a new part: paths in it, and texts."""
    folder = _TEMPLATES / language
    found = {path.relative_to(folder): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    if (ignored := found.pop(Path("gitignore"), None)) is not None:
        found[Path(".gitignore")] = ignored
    if (build := found.pop(Path(_BUILD), None)) is not None:
        shared = {Path(path.name): path.read_text("utf-8") for path in _SHARED.iterdir()}
        found |= shared | {Path("part.toml"): shared[Path("part.toml")] + build}
    return found
