"""`check`: all problems at once, with their places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.recipes import SHOUT, WRONG
from tests.cli.support import SEEDS, invoke


def test_a_recipe_without_problems_is_said_to_be_right() -> None:
    Path("shout.cypher").write_text(SHOUT)
    result = invoke("check", "shout.cypher")
    assert (result.exit_code, result.stdout) == (0, "shout.cypher: no problems\n")


def test_every_shipped_recipe_is_right() -> None:
    result = invoke("check", *sorted(SEEDS.glob("*.cypher")))
    assert result.exit_code == 0, result.stdout


def test_all_problems_are_shown_with_carets_and_what_was_meant() -> None:
    Path("wrong.cypher").write_text(WRONG)
    result = invoke("check", "wrong.cypher")
    assert result.exit_code == 5
    assert "wrong.cypher:1:11" in result.stdout and "           ^^^^^^^^^^" in result.stdout
    assert "did you mean `string_ops`?" in result.stdout and "did you mean `ON_SUCCESS`?" in result.stdout
    assert result.stdout.endswith("wrong.cypher: 3 errors\n")


def test_one_wrong_recipe_among_several_is_enough_for_exit_code_5() -> None:
    Path("shout.cypher").write_text(SHOUT)
    Path("wrong.cypher").write_text(WRONG)
    result = invoke("check", "wrong.cypher", "shout.cypher")
    assert result.exit_code == 5
    assert result.stdout.endswith("shout.cypher: no problems\n")


def test_programs_get_the_diagnostics_of_every_file_in_one_document() -> None:
    Path("shout.cypher").write_text(SHOUT)
    Path("wrong.cypher").write_text(WRONG)
    result = invoke("check", "--json", "shout.cypher", "wrong.cypher")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"], result.stderr) == (5, False, "")
    right, wrong = told["files"]
    assert (right["file"], right["ok"], right["diagnostics"]) == ("shout.cypher", True, [])
    assert right["needs"]["secrets"] == []
    assert [d["code"] for d in wrong["diagnostics"]] == ["unknown_part", "unknown_relationship_type", "unknown_name"]
    assert wrong["diagnostics"][0]["where"]["line"] == 1


def test_standard_input_is_checked_too() -> None:
    result = invoke("check", "-", stdin=WRONG)
    assert result.exit_code == 5
    assert result.stdout.endswith("standard input: 3 errors\n")


def test_text_that_is_not_cypher_is_a_wrong_recipe_and_not_a_crash() -> None:
    result = invoke("check", "-", stdin="this is \x00 not ((( a recipe")
    assert result.exit_code == 5
    assert "standard input:1:1" in result.stdout


def test_a_missing_file_is_not_found() -> None:
    result = invoke("check", "nowhere.cypher")
    assert (result.exit_code, result.stderr) == (4, "error: there is no file nowhere.cypher\n")


def test_without_a_file_it_is_wrong_usage() -> None:
    assert invoke("check").exit_code == 2


def test_a_misspelt_setting_is_refused_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("shout.cypher").write_text(SHOUT)
    monkeypatch.setenv("CYPHER_EXECUTOR_PARTS_DIRS", "x")
    result = invoke("check", "shout.cypher")
    assert result.exit_code == 2
    assert "did you mean CYPHER_EXECUTOR_PARTS_DIR" in result.stderr


def test_a_recipe_beyond_the_limit_is_refused_and_not_read() -> None:
    result = invoke("check", "-", stdin="// " + "x" * 300_000)
    assert result.exit_code == 2
    assert "256 KiB" in result.stderr


def test_the_next_times_of_schedules_are_told() -> None:
    text = "CREATE (night:cron {schedule: '@daily', timezone: 'Europe/Zurich'})-[:STARTS]->(a {x: 1})"
    Path("nightly.cypher").write_text(text)
    shown = invoke("check", "nightly.cypher")
    assert "  night fires at '0 0 * * *' (Europe/Zurich): 2" in shown.stdout
    (told,) = json.loads(invoke("check", "nightly.cypher", "--json").stdout)["files"]
    assert [(s["node"], len(s["next_times"])) for s in told["schedules"]] == [("night", 5)]


def test_what_recipes_reach_is_told_with_those_among_the_files_that_they_start() -> None:
    Path("above.cypher").write_text("CREATE (go:trigger_workflow {workflow: 'below'})")
    Path("below.cypher").write_text("CREATE (ask:http_request {url: 'https://api.example.com'})")
    shown = invoke("check", "above.cypher", "below.cypher").stdout
    assert "  reaches the host GET https://api.example.com/*, through go > ask\n  starts below, through go\n" in shown
    alone = invoke("check", "above.cypher").stdout
    assert "  starts below, which is not known: that may reach anything, through go\n" in alone
    told = json.loads(invoke("check", "above.cypher", "below.cypher", "--json").stdout)["files"]
    assert [one["bill"]["complete"] for one in told] == [True, True]
