"""`run`, `recipes` and `runs` on a service: over real HTTP, to a real process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.recipes import FAILS, SHOUT, WRONG
from tests.cli.support import Serving, invoke


def test_a_file_runs_on_the_server(server: Serving) -> None:
    Path("shout.cypher").write_text(SHOUT)
    result = invoke("run", "shout.cypher", "-d", "text=hello", "--server", server.url)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {"shout": "HELLO!"}


def test_a_stored_recipe_runs_by_its_name(server: Serving) -> None:
    given = ("-d", "text=A b c.", "-d", "target_lang=de")
    result = invoke("run", "parallel_fanout", *given, "--server", server.url)
    assert result.exit_code == 0, result.stderr
    assert set(json.loads(result.stdout)) == {"summary", "english", "topic"}


def test_the_problems_of_a_file_are_shown_in_it_wherever_it_was_checked(server: Serving) -> None:
    Path("wrong.cypher").write_text(WRONG)
    result = invoke("run", "wrong.cypher", "--server", server.url)
    assert result.exit_code == 5
    assert "wrong.cypher:1:11" in result.stderr and "^^^^^^^^^^" in result.stderr


def test_a_failed_run_ends_with_1(server: Serving) -> None:
    result = invoke("run", "-", "-d", "count=-1", "--server", server.url, stdin=FAILS)
    assert result.exit_code == 1


CHAIN = "(a:string_ops {operation: 'upper', text: $x})-[:ON_SUCCESS]->(b:set {a: a.result, y: $y})"
FROM_B = "MATCH (a {name: 'b'})-[*0..]->(b) RETURN b"


def test_a_part_of_a_recipe_runs_with_the_values_of_a_run(server: Serving) -> None:
    whole = invoke("run", "-", "-d", "x=one", "-d", "y=1", "--json", "--server", server.url, stdin=CHAIN)
    first = json.loads(whole.stdout)["id"]
    part = ("run", "-", "--only", FROM_B, "--values-from", first, "--server", server.url)
    again = invoke(*part, stdin=CHAIN)
    assert (again.exit_code, json.loads(again.stdout)) == (0, {"b": {"a": "ONE", "y": 1}}), again.stderr
    assert "b  succeeded" in again.stderr and "a  running" not in again.stderr
    other = invoke(*part, "-d", "y=2", stdin=CHAIN)
    assert json.loads(other.stdout) == {"b": {"a": "ONE", "y": 2}}, other.stderr


def test_a_part_of_a_recipe_needs_the_values_before_it(server: Serving) -> None:
    result = invoke("run", "-", "--only", FROM_B, "-d", "y=1", "--server", server.url, stdin=CHAIN)
    assert result.exit_code == 2
    assert "values of 'a' are needed: name the run that they are taken from" in result.stderr
    alone = invoke("run", "-", "--values-from", "run_0", "--server", server.url, stdin=CHAIN)
    assert alone.exit_code == 2 and "--values-from goes with --only" in alone.stderr


def test_a_service_that_is_not_there_is_not_reachable() -> None:
    result = invoke("run", "shout", "--server", "127.0.0.1:9")
    assert result.exit_code == 3
    assert "no service can be reached at http://127.0.0.1:9" in result.stderr
    assert "cypher-executor serve" in result.stderr


@pytest.mark.parametrize("url", ["ftp://host", "http://", "http://h:x", "http://h?a=b", ""])
def test_what_is_no_address_of_a_service_is_wrong_usage(url: str) -> None:
    result = invoke("recipes", "list", "--server", url)
    assert result.exit_code == 2
    assert "not the address of a service" in result.stderr


def test_recipes_are_listed_one_a_line_for_pipes(server: Serving) -> None:
    result = invoke("recipes", "list", "--server", server.url)
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["NAME", "VERSION", "DIGEST", "WEBHOOK"]
    assert {"classify", "parallel_fanout", "translate"} <= {line.split()[0] for line in lines[1:]}


def test_recipes_are_a_document_for_programs(server: Serving) -> None:
    result = invoke("recipes", "list", "--json", "--server", server.url)
    assert "parallel_fanout" in [recipe["name"] for recipe in json.loads(result.stdout)["recipes"]]


def test_a_recipe_is_shown_as_its_text(server: Serving) -> None:
    result = invoke("recipes", "show", "classify", "--server", server.url)
    assert result.exit_code == 0
    assert "CREATE (:Recipe" in result.stdout


def test_an_unknown_recipe_is_not_found_and_the_nearest_one_is_named(server: Serving) -> None:
    result = invoke("recipes", "show", "clasify", "--server", server.url)
    assert result.exit_code == 4
    assert "did you mean classify?" in result.stderr


def test_a_run_is_listed_and_shown_with_its_steps(server: Serving) -> None:
    run = json.loads(invoke("run", "-", "-d", "text=hi", "--json", "--server", server.url, stdin=SHOUT).stdout)
    listed = invoke("runs", "list", "--recipe", "shout", "--server", server.url)
    assert run["id"] in listed.stdout
    shown = invoke("runs", "show", run["id"], "--server", server.url)
    assert shown.exit_code == 0
    assert "upper" in shown.stdout and 'result: {"shout": "HI!"}' in shown.stdout


def test_runs_are_chosen_by_state(server: Serving) -> None:
    invoke("run", "-", "-d", "count=-1", "--server", server.url, stdin=FAILS)
    listed = json.loads(invoke("runs", "list", "--state", "failed", "--json", "--server", server.url).stdout)
    assert listed["runs"] and {run["state"] for run in listed["runs"]} == {"failed"}


def test_an_unknown_state_is_wrong_usage(server: Serving) -> None:
    assert invoke("runs", "list", "--state", "finished", "--server", server.url).exit_code == 2


def test_runs_are_listed_by_when_they_began(server: Serving) -> None:
    began = json.loads(invoke("run", "-", "--json", "--server", server.url, stdin="(a {n: 1})").stdout)["started_at"]
    words = ("runs", "list", "--json", "--server", server.url)
    assert began in [run["started_at"] for run in json.loads(invoke(*words, "--since", began).stdout)["runs"]]
    assert began not in [run["started_at"] for run in json.loads(invoke(*words, "--until", began).stdout)["runs"]]
    refused = invoke(*words, "--since", "yesterday")
    assert refused.exit_code == 2 and "2h" in refused.stderr


def test_an_unknown_run_is_not_found(server: Serving) -> None:
    assert invoke("runs", "show", "run_nothing", "--server", server.url).exit_code == 4


def test_a_name_that_is_not_ascii_arrives_as_it_is(server: Serving) -> None:
    result = invoke("recipes", "show", "名字 🙂", "--server", server.url)
    assert result.exit_code in (2, 4)
    assert "名字 🙂" in result.stderr


def test_the_service_that_holds_the_data_folder_is_found_without_being_told(
    server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_DATA_DIR", str(server.data_dir))
    assert "parallel_fanout" in invoke("recipes", "list").stdout


def test_what_is_no_service_of_ours_is_said_to_be_foreign(foreign: str) -> None:
    result = invoke("recipes", "list", "--server", foreign)
    assert result.exit_code == 1
    assert "not a cypher-executor service" in result.stderr
