"""Makes the modules of parts from their sources, and checks that what is committed is what the sources make.

The compiler is the one inside the `ziglang` package, at the version that the extra `parts` pins; so every machine makes
the same bytes, and `check=True` can compare. The command runs in the part's folder with relative paths and without
debug information, so the bytes do not depend on where the checkout lies either.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from cypher_executor.errors import CypherExecutorError, NotFound, RequestInvalid, nearest
from cypher_executor.partkit.manifest import PartFolder, digest_of, read_without_module

INSTALL = "install the compiler with `pip install 'cypher-executor[parts]'`"


class BuildFailed(CypherExecutorError):
    """The compiler is missing or refused a source; the message holds what it said."""

    code = "build_failed"


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
    path.write_bytes(made)
    return Built(name, "written", len(made), f"{name}: {len(made)} bytes written")


def _difference(name: str, made: bytes, committed: bytes) -> str:
    if not committed:
        return f"{name}: {name}.wasm is missing; run `cypher-executor parts build {name}` and commit it"
    pairs = enumerate(zip(made, committed, strict=False))
    first = next((i for i, (a, b) in pairs if a != b), min(len(made), len(committed)))
    return (
        f"{name}: the sources make {len(made)} bytes ({digest_of(made)[:19]}), committed are {len(committed)} "
        f"({digest_of(committed)[:19]}), first different at byte {first}; "
        f"run `cypher-executor parts build {name}` with {compiler_version()} and commit the module"
    )


def compile_part(part: PartFolder) -> bytes:
    """Run the build command of a part and give the module that it made. Raises `BuildFailed`."""
    if part.build is None:
        raise RequestInvalid(f"the part {part.part.name!r} has no `[build]` in its manifest")
    with tempfile.TemporaryDirectory(prefix="cypher-executor-build-") as scratch:
        module = Path(scratch) / "module.wasm"
        command = [word.replace("{module}", str(module)) for word in part.build.command]
        _run(part, _with_compiler(command), Path(scratch))
        if not module.is_file():
            raise BuildFailed(f"{part.part.name}: the build command wrote no module to `{{module}}`")
        return module.read_bytes()


def _run(part: PartFolder, command: list[str], scratch: Path) -> None:
    # The compiler's own cache stays out of the sources; it is keyed by content and may be shared by all parts.
    environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": str(scratch / "cache")}
    try:
        done = subprocess.run(command, cwd=part.folder, env=environment, capture_output=True, text=True, check=False)
    except OSError as wrong:
        raise BuildFailed(f"{part.part.name}: cannot run {command[0]!r}: {wrong.strerror}") from None
    if done.returncode != 0:
        raise BuildFailed(f"{part.part.name}: the build failed\n{done.stderr.strip() or done.stdout.strip()}")


def _with_compiler(command: list[str]) -> list[str]:
    if command[0] != "zig":
        return command
    if not compiler_installed():
        raise BuildFailed(f"the Zig compiler is not installed; {INSTALL}")
    return [sys.executable, "-m", "ziglang", *command[1:]]


def compiler_installed() -> bool:
    """Whether the package that holds the compiler can be imported."""
    return importlib.util.find_spec("ziglang") is not None


def compiler_version() -> str:
    """The compiler as a requirement that pip understands."""
    try:
        return f"ziglang=={metadata.version('ziglang')}"
    except metadata.PackageNotFoundError:
        return "ziglang (not installed)"
