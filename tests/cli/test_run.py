"""`run` without a server: the whole engine in one process, real parts in real workers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.recipes import FAILS, SHOUT, STARTS_SHOUT, WAITS, WRONG
from tests.cli.support import COMMAND, SEEDS, invoke, serving, surroundings


@pytest.fixture(autouse=True)
def _recipes() -> None:
    texts = {"shout": SHOUT, "fails": FAILS, "starts_shout": STARTS_SHOUT, "waits": WAITS, "wrong": WRONG}
    for name, text in texts.items():
        Path(f"{name}.cypher").write_text(text)


def test_the_result_goes_to_standard_output_and_what_happens_to_standard_error() -> None:
    result = invoke("run", "shout.cypher", "-d", "text=hello")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {"shout": "HELLO!"}
    assert "shout  upper  succeeded" in result.stderr


def test_a_recipe_comes_from_standard_input() -> None:
    result = invoke("run", "-", "-d", "text=hello", "-d", "mark=?", stdin=SHOUT)
    assert json.loads(result.stdout) == {"shout": "HELLO?"}, result.stderr


def test_programs_get_the_whole_run_in_one_document() -> None:
    result = invoke("run", "shout.cypher", "-d", "text=hello", "--json")
    run = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (run["state"], run["recipe"], run["children"]) == ("succeeded", "shout", [])
    assert [(step["name"], step["state"]) for step in run["steps"]] == [("upper", "succeeded")]


def test_a_run_that_fails_ends_with_1_and_says_why() -> None:
    result = invoke("run", "fails.cypher", "-d", "count=-1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "wrong  failed" in result.stderr and "part:" in result.stderr


def test_a_run_that_fails_is_still_a_document_for_programs() -> None:
    result = invoke("run", "fails.cypher", "-d", "count=-1", "--json")
    run = json.loads(result.stdout)
    assert (result.exit_code, run["state"], run["result"]) == (1, "failed", None)


def test_a_wrong_recipe_is_shown_with_carets_and_does_not_run() -> None:
    result = invoke("run", "wrong.cypher", "-d", "text=x")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "wrong.cypher:1:11" in result.stderr and "^^^^^^^^^^" in result.stderr
    assert result.stderr.endswith("wrong.cypher: 3 errors\n")


def test_a_wrong_recipe_is_an_error_with_diagnostics_for_programs() -> None:
    result = invoke("run", "wrong.cypher", "--json")
    told = json.loads(result.stderr)
    assert (result.exit_code, result.stdout, told["exit_code"]) == (5, "", 5)
    assert told["error"]["code"] == "recipe_invalid" and len(told["error"]["diagnostics"]) == 3


def test_a_missing_input_is_named() -> None:
    result = invoke("run", "shout.cypher")
    assert result.exit_code == 2
    assert "text" in result.stderr and "required" in result.stderr


def test_a_shipped_recipe_is_run_by_its_name() -> None:
    result = invoke("run", "classify", "-d", "text=The minister lost the election and parliament votes again.")
    assert result.exit_code == 0, result.stderr
    assert "topic" in json.loads(result.stdout)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    result = invoke("run", "clasify", "-d", "text=x")
    assert result.exit_code == 4
    assert result.stderr.startswith("error: there is no recipe 'clasify'\n  did you mean classify?\n")


def test_the_runs_that_a_run_starts_are_waited_for_and_shown() -> None:
    given = ("-d", "text=The tram is late. The city is large.", "-d", "target_lang=de", "--json")
    result = invoke("run", SEEDS / "parallel_fanout.cypher", *given)
    assert result.exit_code == 0, result.stderr
    run = json.loads(result.stdout)
    assert {child["recipe"] for child in run["children"]} == {"summarise", "translate", "classify"}
    assert {child["id"] for child in run["children"]} == set(run["result"].values())
    assert {child["state"] for child in run["children"]} == {"succeeded"}


def test_a_part_of_a_recipe_runs_without_the_rest() -> None:
    text = "(a:set {n: $n})-[:ON_SUCCESS]->(b:set {n: a.n + 1})-[:ON_SUCCESS]->(c:set {n: b.n + 1})"
    result = invoke("run", "-", "-d", "n=1", "--only", "MATCH (b)-[*0..]->({name: 'b'}) RETURN b", stdin=text)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"b": {"n": 2}}), result.stderr
    assert "c  skipped" in result.stderr


def test_recipes_that_a_recipe_triggers_are_given_with_it() -> None:
    result = invoke("run", "starts_shout.cypher", "--with", "shout.cypher", "-d", "text=hi")
    assert result.exit_code == 0, result.stderr
    assert '{"shout": "HI!"}' in result.stderr


def test_a_wrong_recipe_that_is_given_with_it_is_shown_in_its_own_file() -> None:
    result = invoke("run", "starts_shout.cypher", "--with", "wrong.cypher", "-d", "text=hi")
    assert result.exit_code == 5
    assert result.stderr.endswith("wrong.cypher: 3 errors\n")


def test_nothing_is_left_behind_without_a_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    assert invoke("run", "shout.cypher", "-d", "text=hi").exit_code == 0
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_data_folder_keeps_the_run(tmp_path: Path) -> None:
    result = invoke("run", "shout.cypher", "-d", "text=hi", "--data-dir", tmp_path / "data", "--json")
    run = json.loads(result.stdout)
    with serving(tmp_path / "data") as service:
        shown = invoke("runs", "show", run["id"], "--server", service.url, "--json")
        assert json.loads(shown.stdout)["result"] == {"shout": "HI!"}


def test_a_data_folder_in_use_leads_to_the_service_that_holds_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as service:
        result = invoke("run", "shout.cypher", "-d", "text=hi", "--data-dir", tmp_path / "data")
        assert result.exit_code == 3
        assert f"in use by process {service.process.pid}" in result.stderr
        assert f"--server {service.url}" in result.stderr


def test_options_of_the_embedded_engine_do_not_go_with_a_server() -> None:
    result = invoke("run", "shout.cypher", "--server", "http://127.0.0.1:1", "--with", "wrong.cypher")
    assert result.exit_code == 2
    assert "without a server" in result.stderr


@contextlib.contextmanager
def waiting_run(*words: str, before: Sequence[str] = (), **more: str) -> Iterator[subprocess.Popen[str]]:
    """A `run` that waits, as a process which is gone after the block; `before` is a command that becomes it."""
    with subprocess.Popen(
        [*before, *COMMAND, "run", "waits.cypher", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(**more),
    ) as process:
        try:
            assert process.stderr is not None
            assert "waiting" in process.stderr.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_told_to_end_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with waiting_run(TMPDIR=str(scratch)) as process:
        os.kill(process.pid, number)
        said, told = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert "Traceback" not in told
    assert list(scratch.iterdir()) == []


def test_a_command_that_a_script_put_into_the_background_can_be_ended() -> None:
    """There it begins with Ctrl-C ignored."""
    with waiting_run(before=("bash", "-c", "trap '' INT; exec \"$@\"", "-")) as process:
        os.kill(process.pid, signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in told


def test_a_run_that_is_left_in_a_data_folder_is_told_to_go_on(tmp_path: Path) -> None:
    with waiting_run("--data-dir", str(tmp_path / "data")) as process:
        os.kill(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on when" in told and "Traceback" not in told
