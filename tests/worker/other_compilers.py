"""Plain WASI commands from other compilers: their sources are in `compilers/`, one folder for each language.

    python -m tests.worker.other_compilers [LANGUAGE ...]

builds them with what is installed and runs them, the large ones too (a Go program has 3.5 MB and takes a compiler
seconds). Where the result is small it is kept beside its source as `words.wasm`, so that the suite can run it anywhere.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cypher_executor.core.events import AttemptSucceeded, StepEvent
from cypher_executor.core.parts import Limits
from tests.contracts.test_dispatcher import Bench

FOLDER: Final = Path(__file__).parent / "compilers"
INPUT: Final[Mapping[str, Any]] = {"words": ["Beta", "alpha", "beta", "é"]}
OUTPUT: Final[Mapping[str, Any]] = {
    "counts": {"alpha": 1, "beta": 2, "é": 1},
    "sorted": ["alpha", "beta", "é"],
    "args": 1,
    "home": "",
    "waited": True,
    "missing": True,
}
"""The one argument is the name, the environment is empty, waiting moves the clock on, and a file that every machine has
is not there."""

_ZIG: Final = (sys.executable, "-m", "ziglang")
_RUST: Final = ("-C", "opt-level=z", "-C", "panic=abort", "-C", "strip=symbols", "-o")
COMMANDS: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "c": [(*_ZIG, "cc", "--target=wasm32-wasi", "-Oz", "-s", "-o", "{out}", "{source}")],
    "zig": [
        (*_ZIG, "build-exe", "-target", "wasm32-wasi", "-O", "ReleaseSmall", "-fstrip", "-femit-bin={out}", "{source}")
    ],
    "rust": [
        (rustc, "--edition", "2021", "--target", target, *_RUST, "{out}", "{source}")
        for rustc in ("rustc", "/usr/bin/rustc")
        for target in ("wasm32-wasip1", "wasm32-wasi")
    ],
    "go": [("go", "build", "-ldflags=-s -w", "-o", "{out}", "{source}")],
}
"""What builds a source, the first that works. (AssemblyScript wants npm packages in a folder: its source says how.)"""


def build(language: str, folder: Path) -> bytes | None:
    """The module of a language, built now; None when nothing here can."""
    [source] = [path for path in (FOLDER / language).iterdir() if path.suffix != ".wasm"]
    out = folder / f"{language}.wasm"
    for command in COMMANDS.get(language, ()):
        if shutil.which(command[0]) is None:
            continue
        filled = [word.format(out=out, source=source) for word in command]
        more = {"GOOS": "wasip1", "GOARCH": "wasm"} if language == "go" else {}
        ended = subprocess.run(filled, cwd=folder, env=os.environ | more, capture_output=True, check=False)
        if ended.returncode == 0:
            return out.read_bytes()
    return None


async def run_all(modules: Mapping[str, bytes]) -> dict[str, StepEvent]:
    """What came of each of them in a worker process."""
    bench = Bench(1)
    await bench.dispatcher.start()
    try:
        return {name: await bench.one(code, Limits(), input=INPUT) for name, code in modules.items()}
    finally:
        await bench.dispatcher.close()


def main() -> int:
    """The command."""
    languages = sys.argv[1:] or sorted(COMMANDS)
    bad = 0
    for language in languages:
        with tempfile.TemporaryDirectory() as folder:
            code = build(language, Path(folder))
        if code is None:
            sys.stdout.write(f"{language}: nothing here builds it\n")
            continue
        began = time.monotonic()
        event = asyncio.run(run_all({language: code}))[language]
        well = isinstance(event, AttemptSucceeded) and event.output == OUTPUT
        bad += not well
        took = f"{len(code)} bytes, {time.monotonic() - began:.1f} s to compile and run"
        sys.stdout.write(f"{language}: {took}: {'as it must be' if well else event}\n")
    return bad


if __name__ == "__main__":
    sys.exit(main())
