"""Manifests: complete for what ships, and refused with file and key when they are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cypher_executor.core.parts import Grants
from cypher_executor.errors import ModuleRefused, RequestInvalid
from cypher_executor.files import shipped
from cypher_executor.partkit.build import part_folders
from cypher_executor.partkit.manifest import PartFolder, read_folder

PARTS = [read_folder(folder) for folder in part_folders(shipped("parts"))]
EACH = pytest.mark.parametrize("folder", PARTS, ids=lambda p: p.part.name)

SHIPPED = """
    array_ops classify_text encode filter hash http_request if_control json_ops merge number_ops set string_ops
    summarise_text switch template text_split translate_words trigger_workflow validate_json wait wait_for_callback
    wait_for_workflows
"""
MANIFEST = 'name = "mine"\nversion = "1.0.0"\nsummary = "Mine."\n'


def test_every_part_that_is_promised_ships() -> None:
    assert {p.part.name for p in PARTS} >= set(SHIPPED.split())


@EACH
def test_a_manifest_says_what_goes_in_and_what_comes_out(folder: PartFolder) -> None:
    part = folder.part
    assert part.summary.endswith(".")
    assert part.output
    assert part.input["properties"] or part.input["additionalProperties"]
    for name, schema in part.input["properties"].items():
        assert schema["description"].endswith("."), name


@EACH
def test_a_part_with_a_module_can_be_built_and_one_in_the_engine_has_none(folder: PartFolder) -> None:
    has_none = folder.build is None and folder.package is None
    assert has_none == folder.engine == (folder.part.digest is None)


def test_only_parts_that_call_out_and_those_in_the_engine_are_not_pure() -> None:
    in_engine = {p.part.name for p in PARTS if p.engine}
    assert in_engine == {"trigger_workflow", "wait_for_workflows", "wait", "wait_for_callback"}
    asking = {p.part.name for p in PARTS if p.part.grants != Grants()}
    assert {p.part.name for p in PARTS if not p.part.pure} == in_engine | asking


def test_sources_stay_short_and_modules_small() -> None:
    def lines(*sources: Path) -> int:
        return sum(len(source.read_text(encoding="utf-8").splitlines()) for source in sources)

    for folder in PARTS:
        assert lines(*(path for kind in ("*.zig", "*.js") for path in folder.folder.glob(kind))) < 300, folder.part.name
    for source in shipped("parts").glob("lib/**/*.zig"):
        assert source.name == "unicode_tables.zig" or lines(source) < 300, source
    for module in shipped("parts").glob("*/*.wasm"):
        assert module.stat().st_size < 200 * 1024, module


def write(folder: Path, manifest: str, examples: str = "", module: bytes | None = None) -> Path:
    home = folder / "mine"
    home.mkdir()
    (home / "part.toml").write_text(manifest, encoding="utf-8")
    if examples:
        (home / "examples.toml").write_text(examples, encoding="utf-8")
    if module is not None:
        (home / "mine.wasm").write_bytes(module)
    return home


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("name = ", "part.toml: not TOML"),
        ('version = "1.0.0"\nsummary = "x"', "name: Field required"),
        (MANIFEST + "typo = 1", "typo: Extra inputs are not permitted"),
        (MANIFEST.replace("1.0.0", "one"), "version: String should match"),
        (MANIFEST.replace('"mine"', '"yours"'), "`name` is 'yours', but the folder is called 'mine'"),
        (MANIFEST + "[limits]\nmemory_mb = 0", "limits.memory_mb: Input should be greater than or equal to 1"),
        (MANIFEST + '[limits]\ntimeout_ms = "5s"', "limits.timeout_ms: Input should be a valid integer"),
        (MANIFEST + '[input.retry]\ndescription = "x"', "input.retry: this name is reserved"),
        (MANIFEST + '[input.a]\ntyp = "string"\ndescription = "x"', "input.a: unknown keys typ"),
        (MANIFEST + '[input.a]\ntype = "string"', "input.a: `description` is missing"),
        (MANIFEST + '[input.a]\nrequired = "yes"\ndescription = "x"', "input.a: `required` must be true or false"),
        (MANIFEST + "[build]\ncommand = []", "build.command: List should have at least 1 item"),
        (MANIFEST + 'engine = true\n[build]\ncommand = ["zig"]', "so it has nothing to `build`"),
        (MANIFEST, "mine.wasm: the module is missing; run `cypher-executor parts build mine`"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_file_and_key(manifest: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match=re.escape(message)):
        read_folder(write(tmp_path, manifest))


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ('title = "x"\ninput = {}', "give exactly one of `output`, `output_json` and `error`"),
        ('title = "x"\noutput = 1', "give either `input` or `input_json`"),
        ('title = "x"\ninput_json = "{"\noutput = 1', "example 'x': input_json: not JSON"),
    ],
)
def test_a_wrong_example_is_refused_by_its_title(example: str, message: str, tmp_path: Path) -> None:
    home = write(tmp_path, MANIFEST + "engine = true", f"[[example]]\n{example}\n")
    with pytest.raises(RequestInvalid, match=re.escape(message)):
        read_folder(home)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match="the file is missing"):
        read_folder(tmp_path)


def test_a_module_that_is_none_is_refused_with_the_name_of_its_part(tmp_path: Path) -> None:
    with pytest.raises(ModuleRefused, match="mine: this is not a WebAssembly module"):
        read_folder(write(tmp_path, MANIFEST, module=b"#!/bin/sh"))
