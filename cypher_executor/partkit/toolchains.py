"""The compilers that parts are built with: whether they are here, and what to install where they are not.

Three of them are known by the first word of a build command without being programs on the path: `zig` is the compiler
inside the `ziglang` package, `js` the JavaScript engine that the part `js` is made of, and `wat` wasmtime's reader of
WebAssembly text. All others are programs; those that the templates use are asked whether they are complete, so that a
missing target is told as such and not as a page of a compiler's messages.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

import wasmtime

from cypher_executor import files
from cypher_executor.errors import CypherExecutorError
from cypher_executor.partkit.manifest import read_without_module
from cypher_executor.partkit.packaged import Package, PackageMissing, command_of

INSTALL: Final = "install the compiler with `pip install 'cypher-executor[parts]'`"
_RUST_TARGETS: Final = ("wasm32-wasip1", "wasm32-wasi")
"""What Rust calls WASI preview 1, and what it did before 1.78."""
_JAVASCRIPT: Final = Path(__file__).with_name("javascript")


class BuildFailed(CypherExecutorError):
    """The compiler refused a source; the message holds what it said."""

    code = "build_failed"


class ToolchainMissing(BuildFailed):
    """The compiler is not here, or not whole; the message says what to install."""

    code = "toolchain_missing"


def require(program: str) -> None:
    """Raises `ToolchainMissing` when this first word of a build command cannot be carried out here."""
    if (wanted := missing(program)) is not None:
        raise ToolchainMissing(wanted)


def missing(program: str) -> str | None:
    """What is missing to carry out build commands that begin with this word, and how to install it; None if nothing."""
    if (asked := _ASKED.get(program)) is not None:
        return asked()
    return None if shutil.which(program) else f"{program!r} is not installed, or not on the PATH"


def command_line(command: list[str]) -> list[str]:
    """The command with the program that its first word stands for."""
    return [sys.executable, "-m", "ziglang", *command[1:]] if command[0] == "zig" else command


def zig_installed() -> bool:
    """Whether the package that holds the Zig compiler can be imported."""
    return importlib.util.find_spec("ziglang") is not None


def zig_version() -> str:
    """The Zig compiler as a requirement that pip understands."""
    try:
        return f"ziglang=={metadata.version('ziglang')}"
    except metadata.PackageNotFoundError:
        return "ziglang (not installed)"


def module_of_javascript(source: Path) -> bytes:
    """The module of a part that is a JavaScript file with a function `run`.

    The file comes first in the program, so that the lines in its errors are its own; what is put before it has none.
    """
    code = source.read_text("utf-8")
    folder = files.shipped("parts") / "js"
    harness = "".join((folder / name).read_text("utf-8") for name in ("harness.js", "values.js", "loop.js"))
    before, after = ((_JAVASCRIPT / name).read_text("utf-8") for name in ("before.js", "after.js"))
    after = after.replace("AUTHOR_LINES", str(code.count("\n") + 1))
    package = _javascript_engine()
    words = [word for word in package.arguments if not word.startswith("{")]
    return command_of(package, [*words, f"{before.strip()} {code}\nawait (async () => {{\n{harness}\n{after}}})();\n"])


def module_of_wat(source: Path) -> bytes:
    """The module that a file of WebAssembly text is. Raises `BuildFailed` with the place of what is wrong."""
    try:
        return bytes(wasmtime.wat2wasm(source.read_text("utf-8")))
    except wasmtime.WasmtimeError as wrong:
        raise BuildFailed(f"{source.name}: {wrong}") from None


INSIDE: Final[Mapping[str, Callable[[Path], bytes]]] = {"js": module_of_javascript, "wat": module_of_wat}
"""Compilers that are functions of this program: from a source to a module."""


def _javascript_engine() -> Package:
    """The engine that the shipped part `js` pins: one pin for both."""
    package = read_without_module(files.shipped("parts") / "js").package
    assert package is not None, "the part `js` is made of a package"
    return package


def _missing_zig() -> str | None:
    return None if zig_installed() else f"the Zig compiler (it compiles C, too) is not installed; {INSTALL}"


def _missing_js() -> str | None:
    try:
        command_of(_javascript_engine(), ["qjs"])
    except PackageMissing as wrong:
        return wrong.message
    return None


def _missing_node() -> str | None:
    absent = [program for program in ("node", "npm") if shutil.which(program) is None]
    if not absent:
        return None
    return (
        f"{' and '.join(absent)} is not installed; install Node.js 20 or newer (npm is part of it): https://nodejs.org"
    )


def _missing_cargo() -> str | None:
    if shutil.which("cargo") is None:
        return (
            f"cargo is not installed; install Rust from https://rustup.rs, then `rustup target add {_RUST_TARGETS[0]}`"
        )
    known = _rust_targets()
    if not known:
        wanted = "install Rust 1.78 or newer from https://rustup.rs"
        return f"{_rust_compiler()} does not know the target {_RUST_TARGETS[0]}; {wanted}"
    if not any(known.values()):
        package = "or install the package of your system that has it, such as libstd-rust-dev-wasm32"
        return f"Rust cannot compile for WASI yet; run `rustup target add {next(iter(known))}`, {package}"
    return None


def rust_target() -> str:
    """What the Rust that is here calls WASI preview 1."""
    return next((target for target, whole in _rust_targets().items() if whole), _RUST_TARGETS[0])


def _rust_targets() -> dict[str, bool]:
    """The targets that the compiler knows, and whether it has the library for each."""
    asked = {
        target: _said([_rust_compiler(), "--print", "target-libdir", "--target", target]) for target in _RUST_TARGETS
    }
    return {target: Path(found).is_dir() for target, found in asked.items() if found is not None}


def _rust_compiler() -> str:
    return os.environ.get("RUSTC", "rustc")


def _missing_go() -> str | None:
    if shutil.which("go") is None:
        return "go is not installed; install Go 1.21 or newer from https://go.dev/dl"
    targets = _said(["go", "tool", "dist", "list"])
    if targets is None or "wasip1/wasm" not in targets.split():
        return f"{_said(['go', 'version']) or 'this go'} cannot compile for WASI; install Go 1.21 or newer from https://go.dev/dl"
    return None


def _said(command: list[str]) -> str | None:
    """What a program writes when it is asked; None when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


_ASKED: Final[Mapping[str, Callable[[], str | None]]] = {
    "zig": _missing_zig,
    "js": _missing_js,
    "wat": lambda: None,
    "node": _missing_node,
    "npm": _missing_node,
    "cargo": _missing_cargo,
    "go": _missing_go,
}
