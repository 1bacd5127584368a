"""Where a run begins: at the targets of the trigger that began it, or else at every node that nothing leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cypher_executor.core.recipe import Recipe, Relationship, Trigger, Value
from cypher_executor.core.triggers import Schedule, Webhook
from tests.core.driver import Driver
from tests.core.support import draw, expression

DRAWING = "a:work -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work\nlone:work"


def hook(name: str, *starts: Relationship, kind: str = "webhook") -> Trigger:
    settings = Webhook("orders") if kind == "webhook" else Schedule("0 * * * *")
    return Trigger(name, settings, tuple(replace(one, source=name, index=i) for i, one in enumerate(starts)))


def starts(target: str, *, when: str | None = None, otherwise: bool = False, branch: str | None = None) -> Relationship:
    condition = None if when is None else expression(when)
    return Relationship(0, "", "STARTS", target, when=condition, otherwise=otherwise, branch=branch)


def recipe(*triggers: Trigger, drawing: str = DRAWING, **options: Any) -> Recipe:
    return draw(drawing, triggers=triggers, **options)


def begun(by: Recipe, trigger: dict[str, Value] | None = None, given: Value = None) -> Driver:
    return Driver(by, given, trigger={"kind": "webhook", "node": "hook"} if trigger is None else trigger)


def test_a_trigger_begins_at_its_targets_and_what_else_would_begin_is_skipped() -> None:
    driver = begun(recipe(hook("hook", starts("a"))))
    assert driver.states() == {"a": "running", "b": "pending", "c": "pending", "lone": "skipped"}
    driver.succeed("a", "b", "c")
    assert driver.conclude().result == {"c": {"from": "c"}}
    driver.check_replays()


@pytest.mark.parametrize(
    "trigger", [{"kind": "api"}, {"kind": "cron", "node": "hook"}, {"kind": "webhook", "node": "x"}]
)
def test_any_other_start_begins_at_every_node_that_nothing_leads_to(trigger: dict[str, Value]) -> None:
    driver = begun(recipe(hook("hook", starts("a"))), trigger)
    assert driver.working() == {"a", "lone"}


def test_a_trigger_may_begin_in_the_middle() -> None:
    driver = begun(recipe(hook("hook", starts("b"))))
    assert driver.states() == {"a": "skipped", "b": "running", "c": "pending", "lone": "skipped"}
    driver.succeed("b", "c")
    assert driver.conclude().state == "succeeded"


def test_a_trigger_with_several_targets_begins_them_all() -> None:
    driver = begun(recipe(hook("hook", starts("a"), starts("lone"))))
    assert driver.working() == {"a", "lone"}


def test_each_of_several_triggers_begins_at_its_own() -> None:
    both = recipe(hook("hook", starts("a")), hook("clock", starts("lone"), kind="cron"))
    assert begun(both).working() == {"a"}
    assert begun(both, {"kind": "cron", "node": "clock"}).working() == {"lone"}


def test_a_condition_decides_with_the_input_and_the_rest_is_otherwise() -> None:
    chooses = recipe(hook("hook", starts("a", when="$urgent"), starts("lone", otherwise=True)))
    for urgent, begins, skipped in ((True, "a", "lone"), (False, "lone", "a"), (None, "lone", "a")):
        driver = begun(chooses, given={"urgent": urgent})
        assert (driver.working(), driver.state(skipped)) == ({begins}, "skipped")


def test_two_ways_to_one_node_begin_it_if_one_of_them_is_taken() -> None:
    driver = begun(recipe(hook("hook", starts("a", when="$no"), starts("a", when="$yes"))), given={"yes": True})
    assert driver.working() == {"a"}


def test_a_start_that_is_not_taken_leaves_a_node_to_what_else_leads_to_it() -> None:
    driver = begun(recipe(hook("hook", starts("a"), starts("b", when="$no"))))
    assert driver.states()["b"] == "pending"
    driver.succeed("a")
    assert driver.state("b") == "running"


def test_a_run_in_which_no_start_is_taken_succeeds_with_nothing() -> None:
    driver = begun(recipe(hook("hook", starts("a", when="$no"))))
    assert set(driver.states().values()) == {"skipped"}
    assert driver.conclude().state == "succeeded"


def test_a_condition_that_cannot_be_evaluated_fails_its_target() -> None:
    driver = begun(recipe(hook("hook", starts("a", when="!bad"))))
    assert driver.step("a").error()["code"] == "expression_error"
    assert driver.conclude().state == "failed"


def test_a_run_that_a_trigger_began_is_reopened_as_it_began() -> None:
    driver = begun(recipe(hook("hook", starts("a"))))
    driver.fail("a")
    driver.conclude()
    driver.reopen()
    assert driver.states() == {"a": "running", "b": "pending", "c": "pending", "lone": "skipped"}
    driver.check_replays()
