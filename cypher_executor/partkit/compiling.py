"""Runs the build command of a part: from its sources to the bytes of its module.

The command runs in the part's folder with relative paths, so that the bytes do not depend on where a checkout lies, and
writes into a temporary folder, so that a build that fails leaves the old module alone.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from cypher_executor.errors import RequestInvalid
from cypher_executor.partkit import toolchains
from cypher_executor.partkit.manifest import Build, PartFolder
from cypher_executor.partkit.toolchains import BuildFailed


def compile_part(part: PartFolder) -> bytes:
    """Run the build command of a part and give the module that it made. Raises `BuildFailed`."""
    build = part.build
    if build is None:
        raise RequestInvalid(f"the part {part.part.name!r} has no `[build]` in its manifest")
    toolchains.require(build.command[0])
    if (inside := toolchains.INSIDE.get(build.command[0])) is not None:
        return inside(part.folder / _source(part, build))
    with tempfile.TemporaryDirectory(prefix="cypher-executor-build-") as scratch:
        if build.setup is not None and not (part.folder / build.setup.makes).exists():
            _run(part, build, build.setup.command, Path(scratch))
        module = Path(scratch) / "module.wasm"
        _run(part, build, [_filled(word).replace("{module}", str(module)) for word in build.command], Path(scratch))
        made = module if build.output is None else part.folder / _filled(build.output)
        if not made.is_file():
            where = "`{module}`" if build.output is None else build.output
            raise BuildFailed(f"{part.part.name}: the build command wrote no module to {where}")
        return made.read_bytes()


def _filled(word: str) -> str:
    return word.replace("{rust_target}", toolchains.rust_target()) if "{rust_target}" in word else word


def _source(part: PartFolder, build: Build) -> str:
    """The file that one of our own compilers reads: the word after its name."""
    program, *words = build.command
    if not words:
        raise BuildFailed(f"{part.part.name}: the name of the source is missing behind `{program}` in `[build]`")
    if not (part.folder / words[0]).is_file():
        raise BuildFailed(f"{part.part.name}: `{program}` compiles {words[0]}, which is not in {part.folder}")
    return words[0]


def _run(part: PartFolder, build: Build, command: list[str], scratch: Path) -> None:
    # The compiler's own cache stays out of the sources; it is keyed by content and may be shared by all parts.
    environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": str(scratch / "cache"), **build.environment}
    line = toolchains.command_line(command)
    try:
        done = subprocess.run(line, cwd=part.folder, env=environment, capture_output=True, text=True, check=False)
    except OSError as wrong:
        raise BuildFailed(f"{part.part.name}: cannot run {line[0]!r}: {wrong.strerror}") from None
    if done.returncode != 0:
        said = done.stderr.strip() or done.stdout.strip()
        raise BuildFailed(f"{part.part.name}: the build failed\n{said}")
