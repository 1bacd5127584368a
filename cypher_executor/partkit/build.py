"""Makes the modules of parts from their sources, and checks that what is committed is what the sources make.

The compiler of those that ship is the one inside the `ziglang` package, at the version that the extra `parts` pins; so
every machine makes the same bytes, and `check=True` can compare. They are built without debug information, so the bytes
do not depend on where the checkout lies either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cypher_executor.core.parts import digest_of
from cypher_executor.errors import NotFound, nearest
from cypher_executor.partkit.compiling import compile_part
from cypher_executor.partkit.manifest import PartFolder, read_without_module
from cypher_executor.partkit.toolchains import zig_version


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one part. `differs` (only when checking): the committed module is not what its sources make."""

    name: str
    state: Literal["written", "unchanged", "differs"]
    bytes: int
    message: str


def build(folder: Path, names: Sequence[str] = (), *, check: bool = False) -> list[Built]:
    """Build these parts of a folder (all without names). With `check` nothing is written, only compared."""
    return [_build_one(part, check) for part in _chosen(folder, names)]


def part_folders(folder: Path) -> list[Path]:
    """The folders of parts in a folder, by name: those that hold a manifest."""
    return sorted(manifest.parent for manifest in folder.glob("*/part.toml"))


def _chosen(folder: Path, names: Sequence[str]) -> list[PartFolder]:
    by_name = {path.name: path for path in part_folders(folder)}
    for name in names:
        if name not in by_name:
            raise NotFound(f"there is no part {name!r} in {folder}", did_you_mean=nearest(name, by_name))
    parts = [read_without_module(by_name[name]) for name in (names or by_name)]
    return [part for part in parts if part.build is not None]


def _build_one(part: PartFolder, check: bool) -> Built:
    name, path = part.part.name, part.module_path
    made = compile_part(part)
    committed = path.read_bytes() if path.is_file() else b""
    if made == committed:
        return Built(name, "unchanged", len(made), f"{name}: {len(made)} bytes, unchanged")
    if check:
        return Built(name, "differs", len(made), _difference(name, made, committed))
    written = path.with_suffix(".new")  # Whoever reads the module meanwhile has the old one or the new one.
    written.write_bytes(made)
    written.replace(path)
    return Built(name, "written", len(made), f"{name}: {len(made)} bytes written")


def _difference(name: str, made: bytes, committed: bytes) -> str:
    if not committed:
        return f"{name}: {name}.wasm is missing; run `cypher-executor parts build {name}` and commit it"
    pairs = enumerate(zip(made, committed, strict=False))
    first = next((i for i, (a, b) in pairs if a != b), min(len(made), len(committed)))
    return (
        f"{name}: the sources make {len(made)} bytes ({digest_of(made)[:19]}), committed are {len(committed)} "
        f"({digest_of(committed)[:19]}), first different at byte {first}; "
        f"run `cypher-executor parts build {name}` with {zig_version()} and commit the module"
    )
