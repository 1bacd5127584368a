"""Errors: one tree, one text, one JSON, one exit code - whichever side of HTTP they come from."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor import errors
from cypher_executor.cli import exits, problems
from cypher_executor.errors import Diagnostic, Place, TextEdit
from cypher_executor.service.problems import problem_of

PLACE = Place(1, 2, 1, 4, node="a")
WRONG = Diagnostic("unknown_part", "no part `x`", PLACE, "error", "y", TextEdit(PLACE, "y"))
ODD = Diagnostic("never_runs", "no way leads here", PLACE, "warning")

ALL: list[tuple[errors.CypherExecutorError, int]] = [
    (errors.RecipeInvalid([WRONG, ODD]), 5),
    (errors.NotFound("there is no x", code="unknown_recipe", did_you_mean="y"), 4),
    (errors.Unavailable("not now", code="not_ready"), 3),
    (errors.RequestInvalid("wrong", next_actions=["do this"]), 2),
    (errors.Conflict("taken"), 2),
    (errors.CypherExecutorError("odd"), 1),
]


@pytest.mark.parametrize(("error", "code"), ALL)
def test_every_error_has_its_exit_code(error: errors.CypherExecutorError, code: int) -> None:
    assert exits.exit_code_of(error) == code


@pytest.mark.parametrize(("error", "code"), ALL[:5])
def test_an_error_is_the_same_after_a_way_over_http(error: errors.CypherExecutorError, code: int) -> None:
    problem = problem_of(error, "req_1")
    back = problems.from_answer(problem.status, problem.body)
    assert exits.exit_code_of(back) == code
    assert (back.message, back.code, back.did_you_mean) == (error.message, error.code, error.did_you_mean)


def test_diagnostics_are_the_same_after_a_way_over_http() -> None:
    problem = problem_of(errors.RecipeInvalid([WRONG, ODD]), "req_1")
    back = problems.from_answer(problem.status, problem.body)
    assert isinstance(back, errors.RecipeInvalid) and back.diagnostics == (WRONG, ODD)


def test_what_to_do_next_is_said_in_the_words_of_the_command_line() -> None:
    problem = problem_of(errors.NotFound("there is no x", code="unknown_recipe"), "req_1")
    told = problems.to_text(problems.from_answer(problem.status, problem.body))
    assert "cypher-executor recipes list" in told and "GET " not in told


def test_an_answer_without_our_fields_is_still_an_error() -> None:
    back = problems.from_answer(502, {"oops": 1})
    assert (back.message, exits.exit_code_of(back)) == ("the service answered 502", 3)


def test_people_are_told_what_was_meant_and_what_to_do() -> None:
    error = errors.NotFound("there is no x", did_you_mean="y", next_actions=["list them"])
    assert problems.to_text(error) == "error: there is no x\n  did you mean y?\n  list them"


def test_a_recipe_without_its_text_has_its_places_told() -> None:
    told = problems.to_text(errors.RecipeInvalid([WRONG], name="r"))
    assert told == "error: recipe 'r' has 1 problem: no part `x`\n  line 1, column 2: no part `x`"


def test_a_recipe_with_its_text_has_its_places_shown() -> None:
    shown = problems.to_text(problems.SourceInvalid(errors.RecipeInvalid([WRONG]), "(x)", "a.cypher"))
    assert "a.cypher:1:2" in shown and " ^^" in shown and shown.endswith("a.cypher: 1 error")


@pytest.mark.parametrize(
    ("found", "said"),
    [((), "no problems"), ((WRONG,), "1 error"), ((ODD, ODD), "2 warnings"), ((WRONG, ODD), "1 error and 1 warning")],
)
def test_problems_are_counted(found: tuple[Diagnostic, ...], said: str) -> None:
    assert problems.summary(found, "f") == f"f: {said}"


def test_an_error_inside_task_groups_is_told_as_itself(capsys: pytest.CaptureFixture[str]) -> None:
    ended = _ended_by(ExceptionGroup("outer", [ExceptionGroup("inner", [errors.Unavailable("not now")])]))
    assert (ended, capsys.readouterr().err) == (3, "error: not now\n")


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        _ended_by(ZeroDivisionError())


def test_ctrl_c_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert _ended_by(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == ""


def _ended_by(error: BaseException) -> Any:
    @exits.command
    def body() -> None:
        raise error

    with pytest.raises(BaseException) as caught:
        body()
    if not hasattr(caught.value, "exit_code"):
        raise caught.value
    return caught.value.exit_code
