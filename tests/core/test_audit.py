"""What the audit says of runs that were paused, that wait, and that were reopened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cypher_executor.core.audit import Finding, audit_families, audit_run
from cypher_executor.core.events import Event, Parent, RunId, RunReopened, RunStarted
from tests.core.driver import Driver
from tests.core.support import draw

RUN = RunId("run_1")


def codes(driver: Driver, events: Sequence[Event] | None = None) -> list[str]:
    findings, _ = audit_run(RUN, driver.journal if events is None else events, driver.run.recipe)
    return [finding.code for finding in findings]


def failed() -> Driver:
    driver = Driver(draw("a:work -ON_COMPLETE-> clean:work\nb:work", fail_fast=True))
    driver.fail("b")
    driver.succeed("clean")
    driver.conclude()
    return driver


def test_a_run_that_was_reopened_is_in_order_in_every_life() -> None:
    driver = failed()
    driver.reopen()
    assert codes(driver) == []
    driver.succeed("a", "clean")
    driver.fail("b")
    driver.conclude()
    driver.reopen()
    driver.succeed("b")
    driver.conclude()
    assert codes(driver) == []


def test_what_follows_an_end_without_a_reopening_is_found() -> None:
    driver = failed()
    assert codes(driver, [*driver.journal, driver.journal[1]]) == ["goes_on_after_end", "completed_twice"]


def test_a_run_that_has_succeeded_cannot_have_been_reopened() -> None:
    driver = Driver(draw("a:work"))
    driver.succeed("a")
    driver.conclude()
    assert codes(driver, [*driver.journal, RunReopened(at_us=driver.now_us)]) == ["goes_on_after_end"]


def test_a_step_that_is_completed_again_in_the_next_life_is_found() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work"))
    driver.succeed("a")
    driver.fail("b")
    driver.conclude()
    driver.reopen()
    assert codes(driver, [*driver.journal, driver.journal[1]]) == ["not_awaited"]


def test_a_paused_run_is_not_stuck() -> None:
    driver = Driver(draw("a:work -ON_SUCCESS-> b:work"))
    driver.pause()
    driver.succeed("a")
    assert driver.run.outstanding == ()
    assert codes(driver) == []


def test_a_run_that_waits_is_not_stuck() -> None:
    recipe = draw(
        "w:wait_for_callback\nv:wait_for_workflows", {"w": {"inputs": {}}, "v": {"inputs": {"runs": '["r"]'}}}
    )
    assert codes(Driver(recipe)) == []


def test_a_parent_that_was_told_of_an_earlier_end_of_its_child_was_told_the_truth() -> None:
    inputs = {"workflow": '"x"', "wait": "true"}
    parent = Driver(draw("t:trigger_workflow", {"t": {"inputs": inputs}}))
    parent.child_started("t", "run_2")
    parent.child_ended("t", "failed")
    parent.conclude()
    child = Driver(draw("a:work"), depth=1, parent=Parent(run=RUN, node="t", wait=True))
    child.journal[0] = _as_child(child.journal[0])
    child.fail("a")
    child.conclude()
    child.reopen()
    assert _family(parent, child) == []
    child.journal[2:] = []
    assert _family(parent, child) == ["child_end_differs"]


def _as_child(event: Event) -> Event:
    assert isinstance(event, RunStarted)
    return replace(event, run=RunId("run_2"))


def _family(parent: Driver, child: Driver) -> list[str]:
    relatives = []
    for run, driver in ((RUN, parent), (RunId("run_2"), child)):
        findings, about = audit_run(run, driver.journal, driver.run.recipe)
        assert findings == [] and about is not None
        relatives.append(about)
    found: list[Finding] = list(audit_families(relatives))
    return [finding.code for finding in found]
