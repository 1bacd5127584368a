"""Parts whose module comes out of a Python package: `[package]` in the manifest instead of `[build]`.

The package (an optional one, named by an extra of ours) holds a library as a WASM file. It is taken only when its bytes
have the sha256 that the manifest pins, and made into a command with arguments of the part's own; `{file}` in an
argument is the text of that file in the part's folder (several may stand side by side). `renamed` puts other texts in
the places of texts that the library has in its data: names that the part's users must not be able to give. The module
is made in memory whenever it is read, so nothing of the package is ever copied into this one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cypher_executor.errors import ModuleRefused, Unavailable
from cypher_executor.partkit.command import as_command

_FILES = re.compile(r"(?:\{[\w.-]+\})+\Z")


class PackageMissing(Unavailable):
    """The package that holds a part's module is not installed; the message says how to install it."""

    code = "package_missing"


class Package(BaseModel):
    """Where a library lies, what it must be, and how it is called."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    version: str
    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    extra: str
    entry: str
    arguments: list[str]
    renamed: dict[str, str] = {}


def packaged_module(folder: Path, package: Package) -> bytes:
    """The module of a part. Raises `PackageMissing`, and `errors.ModuleRefused` for other bytes than were pinned."""
    return command_of(package, [_argument(folder, word) for word in package.arguments])


def command_of(package: Package, arguments: Sequence[str]) -> bytes:
    """The package's library as a command with these arguments. Raises as `packaged_module` does."""
    return _made(_library(package), package.entry, tuple(arguments), tuple(package.renamed.items()))


@lru_cache(maxsize=8)
def _made(library: bytes, entry: str, arguments: tuple[str, ...], renamed: tuple[tuple[str, str], ...]) -> bytes:
    return as_command(_renamed(library, dict(renamed)), entry, arguments)


def _renamed(library: bytes, names: Mapping[str, str]) -> bytes:
    """The library with other texts in its data, each as long as the old one; C's texts end with a zero byte."""
    for old, new in names.items():
        before, after = (b"\0" + name.encode() + b"\0" for name in (old, new))
        if len(before) != len(after):
            raise ModuleRefused(f"the library's text {old!r} cannot be renamed to {new!r}, which is not as long")
        if before not in library:
            raise ModuleRefused(f"the library has no text {old!r} that could be renamed")
        library = library.replace(before, after)
    return library


def _argument(folder: Path, word: str) -> str:
    if not _FILES.match(word):
        return word
    return "".join((folder / name).read_text(encoding="utf-8") for name in word[1:-1].split("}{"))


def _library(package: Package) -> bytes:
    try:
        path = Path(str(metadata.distribution(package.name).locate_file(package.file)))
        data = path.read_bytes()
    except (metadata.PackageNotFoundError, FileNotFoundError):
        wanted = f"pip install 'cypher-executor[{package.extra}]'"
        raise PackageMissing(f"the package {package.name} {package.version} is not installed: {wanted}") from None
    if hashlib.sha256(data).hexdigest() != package.sha256:
        raise ModuleRefused(
            f"{package.file} of the package {package.name} is not the file of version {package.version} that was "
            f"pinned; install {package.name}=={package.version} again"
        )
    return data
