"""Which relationships are taken: by type, `when`, `branch` and `otherwise`; and whether a failure was handled."""

from __future__ import annotations

import pytest

from tests.core.driver import Driver
from tests.core.support import draw


@pytest.mark.parametrize(
    ("ends", "taken"),
    [("succeeded", {"on_success", "on_complete"}), ("failed", {"on_fail", "on_complete"})],
)
def test_the_end_of_a_step_decides_which_types_are_taken(ends: str, taken: set[str]) -> None:
    types = ("ON_SUCCESS", "ON_FAIL", "ON_COMPLETE")
    driver = Driver(draw("\n".join(f"a:work -{type_}-> {type_.lower()}:work" for type_ in types)))
    (driver.succeed if ends == "succeeded" else driver.fail)("a")
    assert driver.working() == taken


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ("true", True),
        ("false", False),
        ("null", False),
        ("1", False),
        ('"true"', False),
        ("[true]", False),
        ("a.missing", False),
        ("$flag", True),
    ],
)
def test_when_is_taken_only_if_it_is_true_itself(condition: str, taken: bool) -> None:
    driver = Driver(draw(f"a:work -ON_SUCCESS-> b:work when={condition}"), {"flag": True})
    driver.succeed("a", output={})
    assert driver.state("b") == ("running" if taken else "skipped")


def test_when_is_not_asked_if_the_type_does_not_fit() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> b:work when=!broken"))
    driver.succeed("a")
    assert driver.state("b") == "skipped"


def test_a_when_that_cannot_be_evaluated_fails_the_target_which_may_be_handled() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work when=!broken\nb -ON_FAIL-> h:work"))
    driver.succeed("a")
    assert driver.step("b").error() == {
        "code": "expression_error",
        "message": "broken",
        "retryable": False,
        "attempts": 0,
        "details": {"reason": "wrong_type"},
    }
    driver.succeed("h")
    assert driver.conclude().state == "succeeded"


def test_a_when_that_cannot_be_evaluated_is_not_tried_again() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work when=!broken", {"b": {"retry": {"attempts": 3}}}))
    driver.succeed("a")
    assert driver.state("b") == "failed"
    assert driver.conclude().state == "failed"


def test_a_broken_when_fails_its_target_once_though_two_lead_there() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work when=!one\na -ON_SUCCESS-> b when=!two"))
    driver.succeed("a")
    assert driver.step("b").error()["message"] == "one"


@pytest.mark.parametrize("output", [{"branch": "left"}, {"branch": "left", "more": 1}])
def test_a_branch_is_taken_when_the_output_names_it(output: object) -> None:
    driver = Driver(draw('a:switch -ON_SUCCESS-> l:work branch="left"\na -ON_SUCCESS-> r:work branch="right"'))
    driver.succeed("a", output=output)
    assert driver.working() == {"l"}


@pytest.mark.parametrize("output", [{"branch": "other"}, {"branch": None}, {"branch": ["left"]}, {}, "left", 7])
def test_no_branch_is_taken_when_the_output_names_none(output: object) -> None:
    driver = Driver(draw('a:switch -ON_SUCCESS-> l:work branch="left"'))
    driver.succeed("a", output=output)
    assert driver.state("l") == "skipped"


def test_branch_and_when_must_both_hold() -> None:
    recipe = draw('a:switch -ON_SUCCESS-> l:work branch="left" when=a.ok')
    for ok in (True, False):
        driver = Driver(recipe)
        driver.succeed("a", output={"branch": "left", "ok": ok})
        assert driver.state("l") == ("running" if ok else "skipped")


def test_otherwise_is_taken_when_no_sibling_with_a_condition_was() -> None:
    drawing = """
    a:work -ON_SUCCESS-> first:work   when=a.x
    a      -ON_SUCCESS-> rest:work    otherwise
    a      -ON_SUCCESS-> also:work    otherwise
    a      -ON_SUCCESS-> always:work
    """
    taken = Driver(draw(drawing))
    taken.succeed("a", output={"x": True})
    assert taken.working() == {"first", "always"}
    not_taken = Driver(draw(drawing))
    not_taken.succeed("a", output={"x": False})
    assert not_taken.working() == {"rest", "also", "always"}


def test_otherwise_counts_siblings_of_its_own_type_only() -> None:
    drawing = "a:work -ON_COMPLETE-> x:work when=true\na -ON_SUCCESS-> y:work otherwise"
    driver = Driver(draw(drawing))
    driver.succeed("a")
    assert driver.working() == {"x", "y"}


def test_otherwise_is_not_taken_when_its_type_does_not_fit() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> x:work when=false\na -ON_FAIL-> y:work otherwise"))
    driver.succeed("a")
    assert driver.states() == {"a": "succeeded", "x": "skipped", "y": "skipped"}


@pytest.mark.parametrize("type_", ["ON_FAIL", "ON_COMPLETE"])
def test_a_taken_handler_handles_the_failure(type_: str) -> None:
    driver = Driver(draw(f"a:work -{type_}-> h:work"))
    driver.fail("a")
    assert driver.step("a").handled
    driver.succeed("h")
    assert driver.conclude().state == "succeeded"


def test_a_handler_that_is_not_taken_handles_nothing() -> None:
    driver = Driver(draw('a:work -ON_FAIL-> h:work when=false\na -ON_FAIL-> i:work branch="x"'))
    driver.fail("a")
    assert not driver.step("a").handled
    assert driver.conclude().state == "failed"


def test_a_taken_handler_handles_the_failure_even_if_its_target_is_skipped() -> None:
    driver = Driver(draw("a:work -ON_FAIL-> h:work\nb:work -ON_SUCCESS-> h"))
    driver.fail("b", "a")
    assert driver.state("h") == "skipped"
    end = driver.conclude()
    assert end.failure is not None and end.failure.details == {"node": "b", "item": []}


def test_a_success_has_nothing_to_handle() -> None:
    driver = Driver(draw("a:work -ON_COMPLETE-> b:work"))
    driver.succeed("a")
    assert not driver.step("a").handled


def test_a_failure_in_a_fork_leaves_the_other_branch_alone() -> None:
    driver = Driver(draw("begin -ON_SUCCESS-> a:work\nbegin -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work"))
    driver.fail("a")
    driver.succeed("b", "c")
    assert driver.conclude().state == "failed"
    assert driver.state("c") == "succeeded"


def test_every_kind_of_failure_may_be_handled() -> None:
    drawing = """
    unknown:nothing     -ON_FAIL-> h1:work
    misfit:wait         -ON_FAIL-> h2:work
    expression:work     -ON_FAIL-> h3:work
    reported:work       -ON_FAIL-> h4:work
    lost:work           -ON_FAIL-> h5:work
    """
    nodes = {"misfit": {"inputs": {"seconds": "-1"}}, "expression": {"inputs": {"x": "!broken"}}}
    driver = Driver(draw(drawing, nodes), parts={"work": "sha256:work"})
    driver.fail("reported")
    for _ in range(3):
        driver.lose("lost")
    driver.succeed("h1", "h2", "h3", "h4", "h5")
    failures = [driver.step(name).error()["code"] for name in ("unknown", "misfit", "expression", "reported", "lost")]
    assert failures == ["part_unavailable", "input_invalid", "expression_error", "part:broken", "worker_lost"]
    assert driver.conclude().state == "succeeded"
