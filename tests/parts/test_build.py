"""What is committed is what the sources make, wherever the checkout lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cypher_executor.errors import NotFound
from cypher_executor.files import shipped
from cypher_executor.partkit import toolchains
from cypher_executor.partkit.build import build
from cypher_executor.partkit.toolchains import BuildFailed

needs_compiler = pytest.mark.skipif(
    not toolchains.zig_installed(), reason=f"building parts needs the Zig compiler: {toolchains.INSTALL}"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout of two small parts in another place with another depth."""
    folder = tmp_path / "some" / "other" / "place"
    for name in ("lib", "set", "http_request"):
        shutil.copytree(shipped("parts") / name, folder / name)
    return folder


@needs_compiler
def test_the_same_bytes_are_made_in_another_folder(copy: Path) -> None:
    assert [(b.name, b.state) for b in build(copy, check=True)] == [("http_request", "unchanged"), ("set", "unchanged")]


@needs_compiler
def test_a_module_that_its_sources_do_not_make_is_told_and_not_touched(copy: Path) -> None:
    module = copy / "set" / "set.wasm"
    module.write_bytes(module.read_bytes()[:-1] + b"x")
    changed = module.read_bytes()
    (told,) = build(copy, ["set"], check=True)
    assert told.state == "differs"
    assert "run `cypher-executor parts build set` with ziglang==" in told.message
    assert module.read_bytes() == changed


@needs_compiler
def test_a_module_that_is_missing_is_told_when_checking_and_written_when_building(copy: Path) -> None:
    module = copy / "set" / "set.wasm"
    committed = module.read_bytes()
    module.unlink()
    assert "set.wasm is missing" in build(copy, ["set"], check=True)[0].message
    assert build(copy, ["set"])[0].state == "written"
    assert module.read_bytes() == committed


@needs_compiler
def test_what_the_compiler_says_about_a_wrong_source_is_passed_on(copy: Path) -> None:
    (copy / "set" / "main.zig").write_text("pub fn run() void { return 1; }", encoding="utf-8")
    with pytest.raises(BuildFailed, match=r"set: the build failed\n(.|\n)*error:"):
        build(copy, ["set"])


def test_without_the_compiler_the_message_says_how_to_get_it(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchains, "zig_installed", lambda: False)
    with pytest.raises(BuildFailed, match=r"pip install 'cypher-executor\[parts\]'"):
        build(copy, ["set"])


def test_an_unknown_part_is_not_built_and_the_nearest_is_named(copy: Path) -> None:
    with pytest.raises(NotFound) as caught:
        build(copy, ["sett"])
    assert caught.value.did_you_mean == "set"


def test_a_command_that_makes_no_module_is_told(copy: Path) -> None:
    manifest = copy / "set" / "part.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"zig", "build-exe"', '"true", "build-exe"'), encoding="utf-8")
    with pytest.raises(BuildFailed, match="wrote no module"):
        build(copy, ["set"])


def test_a_command_that_does_not_exist_is_told(copy: Path) -> None:
    manifest = copy / "set" / "part.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"zig", "build-exe"', '"no-such-compiler"'), encoding="utf-8")
    with pytest.raises(BuildFailed, match="'no-such-compiler' is not installed"):
        build(copy, ["set"])
