"""What a command is told to work on: a file, standard input (`-`), or the name of a stored recipe."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from cypher_executor.errors import NotFound, RequestInvalid, nearest

ENDING = ".cypher"


@dataclass(frozen=True, slots=True)
class Source:
    """A text with the name that messages show for it."""

    file: str
    text: str
    name: str | None = None
    """What the file's own name suggests to call the recipe."""

    def name_if_needed(self) -> str | None:
        """That, unless the recipe has a name of its own. One that cannot be read is for others to refuse."""
        from cypher_executor.cypher import compile_recipe

        recipe = compile_recipe(self.text, parts=None, trusted=True).recipe
        return None if recipe is not None and recipe.name is not None else self.name


def source_of(given: str) -> Source | str:
    """The text that `given` leads to, or the name itself when it does not look like a file."""
    is_file = given == "-" or given.endswith(ENDING) or "/" in given or Path(given).is_file()
    return read_source(given) if is_file else given


def read_source(given: str) -> Source:
    """The text of a file, or of standard input for `-`. Raises NotFound or RequestInvalid."""
    shown = "standard input" if given == "-" else given
    try:
        data = sys.stdin.buffer.read() if given == "-" else Path(given).read_bytes()
        return Source(shown, data.decode("utf-8-sig"), None if given == "-" else Path(given).stem)
    except FileNotFoundError:
        raise NotFound(f"there is no file {given}", did_you_mean=_neighbour(Path(given))) from None
    except UnicodeDecodeError as error:
        raise RequestInvalid(f"{shown} is not UTF-8: byte {error.start} cannot be read") from None
    except OSError as error:
        raise RequestInvalid(f"cannot read {shown}: {error.strerror}") from None


def _neighbour(missing: Path) -> str | None:
    try:
        names = [path.name for path in missing.parent.glob(f"*{ENDING}")]
    except OSError:
        return None
    found = nearest(missing.name, names)
    return str(missing.with_name(found)) if found else None
