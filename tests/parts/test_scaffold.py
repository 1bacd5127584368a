"""New parts from templates: each is built by its compiler and does what its examples say, in the workers of a service.

Where a compiler is missing the test is skipped by the name of its language. Those that take a compiler half a minute,
or that fetch packages, are long.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.cli.trials import try_all
from cypher_executor.errors import Conflict, RequestInvalid
from cypher_executor.partkit import toolchains
from cypher_executor.partkit.build import build
from cypher_executor.partkit.manifest import read_without_module
from cypher_executor.partkit.scaffold import LANGUAGES, create
from cypher_executor.partkit.toolchains import BuildFailed, ToolchainMissing, missing

SLOW = {"c", "assemblyscript", "rust", "go"}


def offered(language: str) -> Any:
    return pytest.param(language, marks=[pytest.mark.long, pytest.mark.timeout(600)] if language in SLOW else [])


@pytest.mark.parametrize("language", [offered(language) for language in LANGUAGES])
def test_a_new_part_is_built_and_its_examples_hold(language: str, tmp_path: Path) -> None:
    made = create("fresh", language, tmp_path)
    command = read_without_module(made).build
    assert command is not None
    if (wanted := missing(command.command[0])) is not None:
        pytest.skip(f"{language}: {wanted}")
    assert build(tmp_path)[0].state == "written"
    store = PartsFolder([tmp_path])
    tried = asyncio.run(try_all(store, store.all()))
    assert [one for one in tried if one.problem is not None] == []
    assert len(tried) >= 4 and all(part.pure for part in store.all())
    assert build(tmp_path)[0].state == "unchanged", "the same sources make the same bytes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_says_what_it_takes_and_shows_a_refusal(language: str, tmp_path: Path) -> None:
    part = read_without_module(create("fresh_2", language, tmp_path))
    assert part.part.name == "fresh_2" and part.build is not None and part.build.watch
    assert sum(example.error is not None for example in part.part.examples) >= 1
    texts = [path.read_text("utf-8") for path in (tmp_path / "fresh_2").rglob("*") if path.is_file()]
    assert not any("@name@" in text for text in texts)


@pytest.mark.parametrize("name", ["", "a b", "9a", "a-b", "../a", "a/b", "é", "a" * 65, ".", "a\n"])
def test_a_name_that_cannot_be_a_label_is_refused_and_nothing_is_made(name: str, tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match="letters, digits and `_`"):
        create(name, "js", tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(Conflict, match="exists already"):
        create("mine", "js", tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.mark.parametrize(
    ("program", "gone", "advice"),
    [
        ("zig", "zig_installed", "pip install 'cypher-executor\\[parts\\]'"),
        ("node", "shutil.which", "install Node.js 20 or newer"),
        ("cargo", "shutil.which", "rustup target add wasm32-wasip1"),
        ("go", "shutil.which", "install Go 1.21 or newer"),
        ("tinygo", "shutil.which", "'tinygo' is not installed, or not on the PATH"),
    ],
)
def test_a_compiler_that_is_missing_is_told_with_what_to_install(
    program: str, gone: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{toolchains.__name__}.{gone}", lambda *_: None)
    with pytest.raises(ToolchainMissing, match=advice):
        toolchains.require(program)


@pytest.mark.parametrize(
    ("program", "said", "advice"),
    [
        ("cargo", "/no/such/folder", "rustup target add"),
        ("cargo", None, "1.78 or newer"),
        ("go", "linux/amd64", "1.21"),
    ],
)
def test_a_compiler_without_the_target_is_told_with_what_to_install(
    program: str, said: str | None, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0 if said else 1, said or "", "")

    monkeypatch.setattr(f"{toolchains.__name__}.shutil.which", lambda *_: "/usr/bin/it")
    monkeypatch.setattr(f"{toolchains.__name__}.subprocess.run", answer)
    with pytest.raises(ToolchainMissing, match=advice):
        toolchains.require(program)


@pytest.mark.parametrize("targets", [("wasm32-wasip1", "wasm32-wasi"), ("wasm32-wasip1",), ("wasm32-wasi",)])
def test_rust_is_built_for_whichever_name_the_compiler_has_for_wasi(
    targets: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With programs that stand for Rust's: the first newer and older ones, told apart by what they know."""
    programs = tmp_path / "programs"
    programs.mkdir()
    script(
        programs / "rustc",
        f'for known in {" ".join(targets)}; do test "$4" = $known && echo {tmp_path} && exit; done; exit 1',
    )
    script(programs / "cargo", 'mkdir -p "target/$5/release" && cp given.wasm "target/$5/release/fresh.wasm"')
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.delenv("RUSTC", raising=False)
    made = create("fresh", "rust", tmp_path)
    (made / "given.wasm").write_bytes(toolchains.module_of_wat(create("other", "wat", tmp_path / "wat") / "main.wat"))
    assert build(tmp_path)[0].state == "written"
    assert [path.name for path in (made / "target").iterdir()] == [targets[0]]


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)


def test_a_mistake_in_webassembly_text_is_told_with_its_place(tmp_path: Path) -> None:
    made = create("broken", "wat", tmp_path)
    (made / "main.wat").write_text("(module\n  (func (export 1))\n)", "utf-8")
    with pytest.raises(BuildFailed, match=r"main\.wat: (.|\n)*2:"):
        build(tmp_path)


def test_javascript_without_a_function_run_says_what_is_missing(tmp_path: Path) -> None:
    [problem, *_] = problems_of_javascript("export const walk = () => 1;", tmp_path)
    assert "the file has no function `run`" in problem


def test_a_mistake_in_writing_javascript_is_told_with_its_line(tmp_path: Path) -> None:
    [problem, *_] = problems_of_javascript("export function run() {\n  return 1 +;\n}", tmp_path)
    assert "SyntaxError" in problem and "./main.js:2:" in problem


def test_what_javascript_throws_is_told_with_its_line_in_the_file(tmp_path: Path) -> None:
    code = "export function run() {\n\n  return deeper();\n}\nfunction deeper(gone) {\n  return gone.x;\n}\n"
    [problem, *_] = problems_of_javascript(code, tmp_path)
    assert "TypeError" in problem and "(line 6, column" in problem


def test_javascript_logs_from_its_first_line_on_and_none_of_it_is_output(tmp_path: Path) -> None:
    code = (
        "console.log('loaded');\nexport async function run(input) {\n  console.log(input);\n  return input.name;\n}\n"
    )
    made = create("logging", "js", tmp_path)
    (made / "main.js").write_text(code, "utf-8")
    example = {"title": "x", "input": {"name": "Ada"}, "output": "Ada"}
    texts = "\n".join(f"{key} = {json.dumps(value)}" for key, value in example.items() if key != "input")
    (made / "examples.toml").write_text(f'[[example]]\n{texts}\ninput = {{ name = "Ada" }}\n', "utf-8")
    build(tmp_path)
    store = PartsFolder([tmp_path])
    assert [one.problem for one in asyncio.run(try_all(store, store.all()))] == [None]


def problems_of_javascript(code: str, folder: Path) -> list[str]:
    """What is told of a part with this source: one problem for each example of the template."""
    made = create("wrong", "js", folder)
    (made / "main.js").write_text(code, "utf-8")
    build(folder)
    store = PartsFolder([folder])
    return [one.problem for one in asyncio.run(try_all(store, store.all())) if one.problem is not None]


def test_setting_up_happens_once_and_an_output_of_ones_own_is_taken(tmp_path: Path) -> None:
    made = create("own", "wat", tmp_path)
    manifest = (made / "part.toml").read_text("utf-8").partition("[build]")[0]
    manifest += (
        "[build]\n"
        'command = ["sh", "-c", "test -d kept && cp $FROM out/it.wasm"]\noutput = "out/it.wasm"\n'
        'environment = { FROM = "given.wasm" }\n'
        '[build.setup]\ncommand = ["mkdir", "kept", "out"]\nmakes = "kept"\n'
    )
    module = toolchains.module_of_wat(made / "main.wat")
    (made / "part.toml").write_text(manifest, "utf-8")
    (made / "given.wasm").write_bytes(module)
    assert [build(tmp_path)[0].state for _ in range(2)] == ["written", "unchanged"]
    assert (made / "own.wasm").read_bytes() == module
