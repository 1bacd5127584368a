"""When a node with several incoming relationships runs, and when it is skipped."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.core.driver import Driver
from tests.core.support import draw

CASES = [
    [field.strip() for field in line.split("|")]
    for line in (Path(__file__).parent / "joins.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: ", ".join(case))
def test_a_join_does_what_the_table_says_whatever_ends_first(case: list[str]) -> None:
    join, *sources, outcome = case
    ends = {f"s{i}": source.split() for i, source in enumerate(sources)}
    lines = [f"gate -{'ON_FAIL' if state == 'skipped' else 'ON_SUCCESS'}-> {name}" for name, (_, state) in ends.items()]
    lines += [f"{name}:work -{type_}-> join:work" for name, (type_, _) in ends.items()]
    recipe = draw("\n".join(["gate:work", *lines]), {"join": {"join": int(join) if join.isdigit() else join}})
    for order in permutations(name for name, (_, state) in ends.items() if state != "skipped"):
        driver = Driver(recipe)
        driver.succeed("gate")
        for name in order:
            (driver.succeed if ends[name][1] == "succeeded" else driver.fail)(name)
        assert driver.state("join") == {"runs": "running", "is skipped": "skipped"}[outcome], order


def test_a_join_waits_for_the_last_of_its_sources() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j"))
    driver.succeed("b")
    assert driver.state("j") == "pending"
    driver.succeed("a")
    assert driver.state("j") == "running"


def test_a_skipped_branch_does_not_hold_up_a_join() -> None:
    driver = Driver(
        draw("""
        choose:switch -ON_SUCCESS-> left:work      branch="left"
        choose        -ON_SUCCESS-> right:work     branch="right"
        right         -ON_SUCCESS-> further:work
        left          -ON_SUCCESS-> join:work
        further       -ON_SUCCESS-> join
        """)
    )
    driver.succeed("choose", output={"branch": "left"})
    driver.succeed("left")
    assert driver.states() == {
        "choose": "succeeded",
        "left": "succeeded",
        "right": "skipped",
        "further": "skipped",
        "join": "running",
    }


def test_any_runs_at_the_first_and_never_again() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j", {"j": {"join": "any"}}))
    driver.succeed("b")
    assert driver.working() == {"a", "j"}
    driver.succeed("j")
    driver.succeed("a")
    assert driver.step("j").attempt == 1
    assert driver.conclude().state == "succeeded"


def test_a_number_runs_as_soon_as_so_many_are_taken() -> None:
    drawing = "a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j\nc:work -ON_SUCCESS-> j"
    driver = Driver(draw(drawing, {"j": {"join": 2}}))
    driver.succeed("c")
    assert driver.state("j") == "pending"
    driver.succeed("a")
    assert driver.state("j") == "running"


def test_a_number_that_cannot_be_reached_any_more_is_not_waited_for() -> None:
    drawing = "a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j\nc:work -ON_SUCCESS-> j"
    driver = Driver(draw(drawing, {"j": {"join": 2}}))
    driver.fail("a", "b")
    assert driver.state("j") == "skipped"
    assert driver.state("c") == "running"


def test_a_failure_after_the_start_of_an_any_join_does_not_undo_it() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j", {"j": {"join": "any"}}))
    driver.succeed("a")
    driver.fail("b")
    driver.succeed("j")
    assert driver.state("j") == "succeeded"
    assert driver.conclude().state == "failed", "nobody handled the failure of b"


def test_any_sees_null_for_a_source_that_is_still_running() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j", {"j": {"join": "any"}}))
    driver.succeed("a", output=1)
    assert driver.execute("j").input == {"a": 1, "b": None}


def test_two_relationships_from_one_source_are_two_for_the_join() -> None:
    drawing = "a:work -ON_SUCCESS-> j:work when=a.x\na -ON_SUCCESS-> j when=a.y\nb:work -ON_SUCCESS-> j"
    both = Driver(draw(drawing, {"j": {"join": 2}}))
    both.succeed("a", output={"x": True, "y": True})
    assert both.state("j") == "running"
    one = Driver(draw(drawing, {"j": {"join": 2}}))
    one.succeed("a", output={"x": True, "y": False})
    assert one.state("j") == "pending"


def test_a_handler_that_leads_to_the_join_answers_for_the_failure() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\na -ON_FAIL-> h:work\nh -ON_SUCCESS-> j"))
    driver.fail("a")
    driver.succeed("h")
    assert driver.state("j") == "running"


def test_a_handler_that_is_far_upstream_of_the_join_answers_for_the_failure() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\na -ON_FAIL-> h\nh -ON_SUCCESS-> i\ni -ON_SUCCESS-> j"))
    driver.fail("a")
    assert driver.state("j") == "running"


def test_a_handler_beside_the_join_does_not_answer_for_the_failure() -> None:
    drawing = "a:work -ON_FAIL-> notify:work\na -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j"
    driver = Driver(draw(drawing))
    driver.succeed("b")
    driver.fail("a")
    driver.succeed("notify")
    assert driver.state("j") == "skipped"
    assert driver.conclude().state == "succeeded", "the failure was handled, though j is skipped"


def test_a_handler_that_fails_itself_leaves_the_join_skipped() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> j:work\na -ON_FAIL-> h:work\nh -ON_SUCCESS-> j"))
    driver.fail("a", "h")
    assert driver.state("j") == "skipped"
    end = driver.conclude()
    assert end.failure is not None and end.failure.details == {"node": "h", "item": []}


def test_a_source_that_was_skipped_because_of_a_failure_does_not_block() -> None:
    """Only a source that failed itself does: the language page says so in as many words."""
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> j:work\nc:work -ON_SUCCESS-> j"))
    driver.fail("a")
    driver.succeed("c")
    assert driver.state("j") == "running"


def test_a_number_that_cannot_be_reached_is_skipped_before_a_condition_can_break_it() -> None:
    drawing = "a:work -ON_SUCCESS-> j:work\nb:work -ON_SUCCESS-> j when=!broken"
    recipe = draw(drawing, {"j": {"join": 2}})
    for first, state in (("a", "skipped"), ("b", "failed")):
        driver = Driver(recipe)
        (driver.fail if first == "a" else driver.succeed)(first)
        assert driver.state("j") == state
