"""`parts`: the catalogue, the build, and the examples in real workers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.support import ROOT, invoke

PARTS = ROOT / "parts"


@pytest.fixture
def own_parts(tmp_path: Path) -> Path:
    """A folder with two parts, as somebody who writes parts would have it."""
    folder = tmp_path / "own"
    for name in ("set", "switch"):
        shutil.copytree(PARTS / name, folder / name)
    return folder


def test_every_shipped_part_is_listed() -> None:
    listed = invoke("parts", "list")
    assert listed.exit_code == 0, listed.stderr
    names = {line.split()[0] for line in listed.stdout.splitlines()[1:]}
    assert names == {manifest.parent.name for manifest in PARTS.glob("*/part.toml")}


def test_the_list_is_a_document_for_programs() -> None:
    told = json.loads(invoke("parts", "list", "--json").stdout)
    assert {"name", "version", "summary", "pure", "digest"} == set(told["parts"][0])


def test_an_error_that_a_part_passes_on_from_its_call_is_what_its_example_says() -> None:
    told = json.loads(invoke("parts", "test", "http_request", "--json").stdout)
    assert told["ok"], [one for one in told["examples"] if not one["ok"]]
    passed_on = ("host's error is the step's", "server is in trouble")
    assert all(any(words in one["example"] for one in told["examples"]) for words in passed_on)


def test_an_example_with_the_wrong_code_of_the_host_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "http_request"
    shutil.copytree(PARTS / "http_request", folder)
    examples = folder / "examples.toml"
    examples.write_text(examples.read_text("utf-8").replace('code = "http_5xx"', 'code = "http_4xx"'), "utf-8")
    told = json.loads(invoke("parts", "test", "--dir", tmp_path / "own", "--json").stdout)
    wrong = [one for one in told["examples"] if not one["ok"]]
    assert wrong and all("http_5xx" in one["problem"] for one in wrong)


def test_a_part_without_its_module_is_a_wrong_one_and_the_others_are_tried(own_parts: Path) -> None:
    (own_parts / "set" / "set.wasm").unlink()
    tried = invoke("parts", "test", "--dir", own_parts)
    assert tried.exit_code == 1
    assert "set: its module: " in tried.stdout and "of 2 parts, 1 wrong" in tried.stdout


def test_a_part_is_shown_with_its_inputs_and_examples() -> None:
    shown = invoke("parts", "show", "string_ops").stdout
    assert "string_ops" in shown and "operation" in shown and "->" in shown


def test_a_part_is_a_document_for_programs() -> None:
    told = json.loads(invoke("parts", "show", "string_ops", "--json").stdout)
    assert told["digest"].startswith("sha256:") and told["examples"] and told["input"]["properties"]


def test_an_unknown_part_is_not_found_and_the_nearest_one_is_named() -> None:
    shown = invoke("parts", "show", "strng_ops")
    assert (shown.exit_code, shown.stderr) == (4, "error: there is no part 'strng_ops'\n  did you mean string_ops?\n")


def test_the_examples_of_a_part_hold_in_the_sandbox() -> None:
    tried = invoke("parts", "test", "switch", "if_control")
    assert tried.exit_code == 0, tried.stdout
    assert "examples of 2 parts, 0 wrong" in tried.stdout


def test_an_example_that_does_not_hold_is_told_with_what_came_instead(own_parts: Path) -> None:
    examples = own_parts / "set" / "examples.toml"
    examples.write_text('[[example]]\ntitle = "Wrong"\ninput = { a = 1 }\noutput = { a = 2 }\n')
    tried = invoke("parts", "test", "set", "--dir", own_parts)
    assert tried.exit_code == 1
    assert 'set: Wrong: expected {"a": 2}, got {"a": 1}' in tried.stdout


def test_examples_are_a_document_for_programs(own_parts: Path) -> None:
    told = json.loads(invoke("parts", "test", "--dir", own_parts, "--json", "switch").stdout)
    assert told["ok"] is True
    assert {example["part"] for example in told["examples"]} == {"switch"}


def test_a_folder_of_parts_that_is_not_there_is_refused(tmp_path: Path) -> None:
    tried = invoke("parts", "test", "--dir", tmp_path / "nowhere")
    assert tried.exit_code == 2
    assert "does not exist" in tried.stderr


def test_building_an_unknown_part_is_not_found() -> None:
    built = invoke("parts", "build", "--check", "swich")
    assert built.exit_code == 4
    assert "did you mean switch?" in built.stderr


def test_a_module_that_is_not_what_its_sources_make_ends_with_1(tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="the compiler comes with the extra `parts`")
    folder = tmp_path / "copies"
    shutil.copytree(PARTS / "lib", folder / "lib")
    shutil.copytree(PARTS / "set", folder / "set")
    assert invoke("parts", "build", "set", "--check", "--dir", folder).exit_code == 0
    with (folder / "set" / "set.wasm").open("ab") as module:
        module.write(b"\0\1\0")
    built = invoke("parts", "build", "set", "--check", "--dir", folder, "--json")
    assert built.exit_code == 1
    assert json.loads(built.stdout)["parts"][0]["state"] == "differs"
