"""`parts`: the catalogue, the build, and the examples in real workers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.support import ROOT, invoke
from tests.worker.modules import printing
from tests.worker.other_compilers import FOLDER

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


# --- for those who write parts ---------------------------------------------------------------------------------------


def test_a_new_part_works_at_once_and_is_called(tmp_path: Path) -> None:
    made = invoke("parts", "new", "wrap", "--lang", "wat", "--dir", tmp_path)
    assert made.exit_code == 0, made.stderr
    assert "4 examples, 0 wrong" in made.stdout
    called = invoke("parts", "call", "wrap", "-d", "n=1", "-d", "text=two", "--dir", tmp_path)
    assert (called.exit_code, json.loads(called.stdout)) == (0, {"wrapped": {"n": 1, "text": "two"}})


def test_a_new_part_is_a_document_for_programs(tmp_path: Path) -> None:
    told = json.loads(invoke("parts", "new", "wrap", "--lang", "wat", "--dir", tmp_path, "--json").stdout)
    assert told["built"] is True and told["examples"] == 4 and "main.wat" in told["files"]


def test_without_its_compiler_a_new_part_is_there_and_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    made = invoke("parts", "new", "later", "--lang", "rust", "--dir", tmp_path)
    assert made.exit_code == 0, made.stderr
    assert "install Rust from https://rustup.rs" in made.stderr
    assert f"cypher-executor parts build later --dir {tmp_path}" in made.stdout
    assert (tmp_path / "later" / "src" / "main.rs").is_file()


def test_a_new_part_may_not_have_the_name_of_one_that_ships_or_be_in_no_known_language(tmp_path: Path) -> None:
    taken = invoke("parts", "new", "set", "--dir", tmp_path / "own")
    assert (taken.exit_code, "is a part that ships" in taken.stderr) == (2, True)
    unknown = invoke("parts", "new", "mine", "--lang", "rst", "--dir", tmp_path / "own")
    assert unknown.exit_code == 2
    assert "there are js, c, zig, assemblyscript, rust, go, wat" in unknown.stderr and "rust?" in unknown.stderr
    assert not (tmp_path / "own").exists()


def test_parts_in_the_working_directory_are_found_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("parts", "new", "wrap", "--lang", "wat").exit_code == 0
    assert "1 parts, 0 wrong" in invoke("parts", "test", "wrap").stdout
    assert "unchanged" in invoke("parts", "build", "wrap").stdout
    assert "wrapped" in invoke("parts", "show", "wrap").stdout
    assert json.loads(invoke("parts", "call", "wrap", "-d", "a=1").stdout) == {"wrapped": {"a": 1}}


def test_a_refusal_of_a_part_that_is_called_ends_with_1_and_is_told() -> None:
    called = invoke("parts", "call", "string_ops", "-d", "operation=shout", "-d", "text=a")
    assert called.exit_code == 1 and called.stdout == ""
    assert "string_ops: part:bad_input: unknown operation `shout`" in called.stderr


def test_a_call_is_a_document_for_programs() -> None:
    called = invoke("parts", "call", "string_ops", "-d", "operation=upper", "-d", "text=a", "--json")
    assert (called.exit_code, json.loads(called.stdout)) == (0, {"output": {"result": "A"}})
    failed = invoke("parts", "call", "string_ops", "-d", "operation=shout", "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["error"]["code"]) == (1, "part:bad_input")


def test_calls_of_a_part_that_is_called_are_carried_out() -> None:
    put = invoke("parts", "call", "kv_put", "-d", "key=a", "-d", "value=1")
    assert (put.exit_code, json.loads(put.stdout)["key"]) == (0, "a"), put.stderr
    refused = invoke("parts", "call", "http_request", "-d", "url=http://127.0.0.1:1/")
    assert refused.exit_code == 1 and "egress_refused" in refused.stderr


def test_what_a_part_logs_is_shown_beside_its_output(tmp_path: Path) -> None:

    called = invoke("parts", "call", "js", "-d", "code=console.log('seen'); return 1")
    assert (called.stdout, called.stderr) == ("1\n", "seen\n")


def test_the_input_of_a_call_is_a_map() -> None:
    called = invoke("parts", "call", "set", "-d", "@-", stdin="[1]")
    assert called.exit_code == 2 and "is a map" in called.stderr


def test_a_module_is_inspected() -> None:
    shown = invoke("parts", "inspect", PARTS / "http_request" / "http_request.wasm")
    assert shown.exit_code == 0
    assert "calls out" in shown.stdout and "cypher" in shown.stdout and "sha256:" in shown.stdout
    told = json.loads(invoke("parts", "inspect", PARTS / "http_request" / "http_request.wasm", "--json").stdout)
    assert told["pure"] is False and "cypher.call" in told["imports"] and told["grants"]["http"] == ["*"]
    assert told["bytes"] == (PARTS / "http_request" / "http_request.wasm").stat().st_size


def test_a_module_that_cannot_be_a_part_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "it.wasm").write_bytes(b"\0asm\x0d\0\1\0")
    shown = invoke("parts", "inspect", tmp_path / "it.wasm")
    assert shown.exit_code == 2 and "components are not admitted" in shown.stderr


def test_a_module_alone_is_called_as_it_is(tmp_path: Path) -> None:
    module = FOLDER / "c" / "words.wasm"
    called = invoke("parts", "call", module, "-d", 'words=["b", "a"]', "--json")
    assert json.loads(called.stdout)["output"]["sorted"] == ["a", "b"]
    refused = invoke("parts", "call", module)
    assert (refused.exit_code, "exit code 2\nno list of words" in refused.stderr) == (1, True)
    (tmp_path / "text.wasm").write_text("(module)")
    assert "does not begin with \\0asm" in invoke("parts", "call", tmp_path / "text.wasm").stderr
    assert "there is no file" in invoke("parts", "call", tmp_path / "none.wasm").stderr
    assert "`parts push`" in invoke("parts", "call", module, "--server", "http://127.0.0.1:1").stderr


def test_names_may_have_what_shells_and_people_put_around_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("parts", "new", "wrap", "--lang", "wat").exit_code == 0
    for name in ("wrap/", "./wrap", "./wrap/"):
        assert "of 1 parts, 0 wrong" in invoke("parts", "test", name).stdout
        assert invoke("parts", "call", name, "-d", "a=1").exit_code == 0


def test_without_a_name_those_in_the_working_directory_are_meant(
    own_parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_parts)
    tried = invoke("parts", "test")
    assert "of 2 parts, 0 wrong" in tried.stdout, tried.stderr


def test_a_part_that_is_nowhere_is_told_with_the_nearest_and_where_was_looked(
    own_parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_parts / "mine").mkdir()
    (own_parts / "mine" / "part.toml").write_text('name = "mine"\nversion = "1.0.0"\nsummary = "Mine."\n')
    monkeypatch.chdir(own_parts)
    for command in ("push", "dev", "call", "test"):
        told = invoke("parts", command, "mime")
        assert (told.exit_code, "did you mean mine?" in told.stderr) == (4, True), told.stderr
    assert str(own_parts) in invoke("parts", "push", "mime").stderr


def test_a_part_that_was_not_built_yet_says_so_when_it_is_called(own_parts: Path) -> None:
    (own_parts / "set" / "set.wasm").unlink()
    told = invoke("parts", "call", "set", "--dir", own_parts, "-d", "a=1")
    assert told.exit_code != 0 and "run `cypher-executor parts build set`" in told.stderr


def test_what_is_wrong_with_several_examples_alike_is_told_once(tmp_path: Path) -> None:
    assert invoke("parts", "new", "wrap", "--lang", "wat", "--dir", tmp_path).exit_code == 0
    (tmp_path / "wrap" / "wrap.wasm").write_bytes(printing(b"hello"))
    told = invoke("parts", "test", "--dir", tmp_path)
    assert (told.exit_code, told.stdout.count("it begins 'hello'")) == (1, 1)
    assert "wrap: A map (and 3 more): invalid_output: " in told.stdout and "4 wrong" in told.stdout
