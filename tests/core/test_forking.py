"""Forks, and runs of a part of a recipe: what they have of another run, what they do, and when they are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from cypher_executor.core import forking, origin
from cypher_executor.core.commands import Execute, StartChild
from cypher_executor.core.events import Item, Origin, RunId, RunStarted, from_record
from cypher_executor.core.forking import changed_nodes, fork_of, part_of, settled
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.core.secret_handles import handle, is_genuine
from cypher_executor.errors import NotFound, RequestInvalid
from tests.core.driver import BEGIN_US, Driver, started, states_of
from tests.core.support import draw

CHAIN = draw(
    "a:work\na -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work\na -ON_SUCCESS-> side:work",
    {"b": {"inputs": {"had": "a.from", "x": "$x"}}},
)
LOOP = draw(
    'list:work\nlist -FOR_EACH-> fetch:work in=$pages item="page"\nfetch -ON_SUCCESS-> parse:work\n'
    "parse -COLLECT-> done:work"
)


def first_of(recipe: Recipe, given: Value, came: Origin, source: Run | None, **more: Any) -> RunStarted:
    first = replace(started(recipe, given, **more), run=RunId("run_2"), at_us=BEGIN_US + 10, origin=came)
    return settled(recipe, first, source)


def forked(driver: Driver, node: str | None, item: Item = (), given: Value = None, recipe: Recipe | None = None) -> Run:
    source, recipe = driver.run, recipe or driver.run.recipe
    assert source.started is not None
    given = source.started.input if given is None else given
    first = first_of(recipe, given, fork_of(source, recipe, node, item), source)
    run = Run(recipe)
    run.apply(from_record("RunStarted", orjson.loads(orjson.dumps(first))))
    return run


def part(recipe: Recipe, only: list[str], source: Run | None, given: Value = None) -> Run:
    run = Run(recipe)
    run.apply(first_of(recipe, given, part_of(source, recipe, only), source))
    return run


def asked(run: Run) -> list[str]:
    return [f"{c.node}{list(c.item) or ''}" for c in run.outstanding if isinstance(c, Execute)]


def ended_chain(given: Value = None) -> Driver:
    driver = Driver(CHAIN, given or {"x": 1})
    driver.succeed("a", "b", "side", "c")
    driver.conclude()
    return driver


def ended_loop() -> Driver:
    driver = Driver(LOOP, {"pages": ["x", "y", "z"]})
    driver.succeed("list", "fetch[0]", "fetch[1]", "fetch[2]", "parse[0]", "parse[1]", "parse[2]", "done")
    driver.conclude()
    return driver


# --- forks ------------------------------------------------------------------------------------------------------------


def test_a_fork_does_its_step_anew_and_keeps_what_does_not_follow_from_it() -> None:
    run = forked(ended_chain(), "b", given={"x": 2})
    assert asked(run) == ["b"]
    assert states_of(run) == {"a": "succeeded", "b": "running", "c": "pending", "side": "succeeded"}
    (execute,) = (c for c in run.outstanding if isinstance(c, Execute))
    assert execute.input == {"had": "a", "x": 2}
    assert run.steps["a", ()].attempt == 0 and run.steps["a", ()].inherited is not None


def test_a_fork_without_a_step_does_everything_anew() -> None:
    assert asked(forked(ended_chain(), None)) == ["a"]


def test_a_fork_of_a_fork_has_what_that_had() -> None:
    first = forked(ended_chain(), "c")
    again = first_of(CHAIN, {"x": 1}, fork_of(first, CHAIN, "c"), first)
    assert again.origin is not None
    assert {result.node for result in again.origin.results} == {"a", "b", "side"}


def test_what_had_not_finished_beside_the_step_is_run_with_what_follows_from_it() -> None:
    driver = Driver(CHAIN, {"x": 1})
    driver.succeed("a", "b", "c")
    driver.fail("side")
    driver.conclude()
    assert sorted(asked(forked(driver, "c"))) == ["c", "side"]


def test_a_failure_that_was_handled_is_kept() -> None:
    recipe = draw("a:work\na -ON_FAIL-> h:work\nh -ON_SUCCESS-> j:work", {"h": {"inputs": {"why": "a.error"}}})
    driver = Driver(recipe, {})
    driver.fail("a", code="part:bad")
    driver.succeed("h", "j")
    driver.conclude()
    run = forked(driver, "h")
    (execute,) = (c for c in run.outstanding if isinstance(c, Execute))
    assert execute.node == "h"
    assert execute.input["why"] == {"code": "part:bad", "message": "it broke", "retryable": False, "attempts": 1}


def test_a_fork_at_a_loop_item_does_that_item_and_what_collects_it() -> None:
    run = forked(ended_loop(), "parse", (1,))
    assert asked(run) == ["parse[1]"]
    assert {str(k): s.state for k, s in run.steps.items() if s.name == "fetch"} == {
        f"('fetch', ({i},))": "succeeded" for i in range(3)
    }


def test_a_fork_at_a_step_of_a_loop_does_all_of_its_items() -> None:
    assert asked(forked(ended_loop(), "parse")) == ["parse[0]", "parse[1]", "parse[2]"]


def test_an_item_that_has_become_another_is_run() -> None:
    run = forked(ended_loop(), "done", given={"pages": ["x", "y", "z"]})
    assert asked(run) == ["done"]
    with pytest.raises(RequestInvalid, match="run_1 has no result of 'fetch', before 'done'"):
        forked(ended_loop(), "done", given={"pages": ["x", "other", "z"]})


def test_a_fork_at_an_item_of_a_node_with_for_each_keeps_the_other_items() -> None:
    recipe = draw("n:work\nn -ON_SUCCESS-> z:work", {"n": {"for_each": {"items": "$list"}}})
    driver = Driver(recipe, {"list": [1, 2]})
    driver.succeed("n[0]", "n[1]", "z")
    driver.conclude()
    run = forked(driver, "n", (1,))
    assert asked(run) == ["n[1]"]
    assert run.steps["n", (0,)].state == "succeeded" and run.steps["n", ()].state == "running"


def test_a_finished_child_is_not_started_again() -> None:
    recipe = draw(
        "k:trigger_workflow\nk -ON_SUCCESS-> z:work", {"k": {"inputs": {"workflow": '"other"', "wait": "true"}}}
    )
    driver = Driver(recipe, {})
    driver.child_started("k", "run_7")
    driver.child_ended("k", "succeeded", {"n": 1})
    driver.succeed("z")
    driver.conclude()
    assert not [c for c in forked(driver, "z").outstanding if isinstance(c, StartChild)]
    (again,) = (c for c in forked(driver, "k").outstanding if isinstance(c, StartChild))
    assert again.once.startswith("run_2:"), "the fork starts a child of its own"


def test_handles_of_secrets_become_those_of_the_fork() -> None:
    driver = Driver(CHAIN, {"x": 1}, seed="one")
    old = handle("one", "run_1", "KEY")
    driver.succeed("a", output={"from": f"Bearer {old}", "other": "secret:KEY:" + "0" * 32})
    driver.succeed("b", "side", "c")
    driver.conclude()
    first = first_of(CHAIN, {"x": 1}, fork_of(driver.run, CHAIN, "b"), driver.run, seed="two")
    run = Run(CHAIN)
    run.apply(first)
    output = run.steps["a", ()].output
    assert is_genuine(output["from"].removeprefix("Bearer "), "two", "run_2") and old not in output["from"]
    assert output["other"] == "secret:KEY:" + "0" * 32, "what was nobody's handle stays as it was"


def test_an_unknown_step_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFound) as told:
        forked(ended_chain(), "sid")
    assert told.value.did_you_mean == "side"
    with pytest.raises(NotFound, match="stands in no loop"):
        forked(ended_chain(), "a", (0,))


def test_a_fork_is_refused_where_what_lies_before_would_be_done_again() -> None:
    driver = Driver(CHAIN, {"x": 1})
    driver.succeed("a", "side")
    driver.fail("b")
    driver.conclude()
    with pytest.raises(RequestInvalid, match="run_1 has no result of 'b', before 'c': fork from there"):
        forked(driver, "c")
    assert asked(forked(driver, "b")) == ["b"]


def test_a_fork_is_refused_where_its_step_would_not_be_reached() -> None:
    recipe = draw("a:work\na -ON_SUCCESS-> b:work when=$go")
    driver = Driver(recipe, {"go": True})
    driver.succeed("a", "b")
    driver.conclude()
    with pytest.raises(RequestInvalid, match="step 'b' would not be reached"):
        forked(driver, "b", given={"go": False})
    with pytest.raises(RequestInvalid, match=r"step 'parse' \(item \[9\]\) would not be reached"):
        forked(ended_loop(), "parse", (9,))


def test_a_newer_recipe_fits_unless_it_has_changed_before_the_step() -> None:
    def version(b: str, c: str) -> Recipe:
        drawing = "a:work\na -ON_SUCCESS-> b:work\nb -ON_SUCCESS-> c:work\na -ON_SUCCESS-> side:work"
        nodes = {"b": {"inputs": {"had": b}}, "c": {"inputs": {"n": c}, "retry": {"attempts": 3}}}
        return replace(draw(drawing, nodes), digest=Digest(f"sha256:{b}{c}"))

    old, later, earlier = version("a.from", "1"), version("a.from", "2"), version("a", "1")
    driver = Driver(old, {})
    driver.succeed("a", "b", "side", "c")
    driver.conclude()
    assert changed_nodes(old, later) == {"c"} and changed_nodes(old, earlier) == {"b"}
    assert asked(forked(driver, "c", recipe=later)) == ["c"]
    with pytest.raises(RequestInvalid, match="'b' changed since run run_1, before 'c'"):
        forked(driver, "c", recipe=earlier)
    with pytest.raises(RequestInvalid, match="values of 'b' are needed: 'b' changed since run run_1"):
        part(earlier, ["c"], driver.run)
    assert asked(forked(driver, "b", recipe=earlier)) == ["b"]
    assert sorted(asked(forked(driver, "side", recipe=later))) == ["c", "side"]


def test_results_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "MAX_BYTES", 10)
    with pytest.raises(RequestInvalid) as told:
        forked(ended_chain(), "c")
    assert told.value.code == "origin_too_large"


# --- parts of recipes -------------------------------------------------------------------------------------------------


def test_a_part_has_the_values_of_what_lies_before_and_leaves_out_the_rest() -> None:
    run = part(CHAIN, ["b"], ended_chain().run, {"x": 5})
    assert states_of(run) == {"a": "succeeded", "b": "running", "c": "pending", "side": "skipped"}
    assert asked(run) == ["b"]


def test_the_result_of_a_part_is_that_of_its_own_last_nodes() -> None:
    driver = Driver(CHAIN, {"x": 1}, origin=part_of(None, CHAIN, ["a", "b"]))
    driver.succeed("a", "b")
    assert driver.conclude().result == {"b": {"from": "b"}}
    driver.check_replays()


def test_a_part_that_begins_at_the_beginning_needs_no_other_run() -> None:
    assert asked(part(CHAIN, ["a"], None)) == ["a"]


def test_a_value_that_is_missing_is_told() -> None:
    with pytest.raises(RequestInvalid, match="values of 'a' are needed: name the run") as told:
        part(CHAIN, ["b"], None)
    assert told.value.code == "value_missing"
    driver = Driver(CHAIN, {"x": 1})
    driver.succeed("a")
    driver.fail("b")
    with pytest.raises(RequestInvalid, match="values of 'b' are needed: run run_1 does not have them"):
        part(CHAIN, ["c"], driver.run)


def test_a_part_of_a_loop_has_the_values_of_each_item() -> None:
    assert asked(part(LOOP, ["parse"], ended_loop().run, {"pages": ["x", "y", "z"]})) == [
        "parse[0]",
        "parse[1]",
        "parse[2]",
    ]
    with pytest.raises(RequestInvalid, match="values of 'fetch' are needed"):
        part(LOOP, ["parse"], ended_loop().run, {"pages": ["x", "y", "new"]})


def test_a_loop_that_is_not_wanted_is_not_entered() -> None:
    run = part(LOOP, ["list"], None, {"pages": "no list"})
    assert asked(run) == ["list"]


def test_a_branch_that_was_not_taken_is_no_missing_value() -> None:
    recipe = draw(
        'a:work\na -ON_SUCCESS-> x:work branch="left"\na -ON_SUCCESS-> y:work branch="right"\n'
        "x -ON_SUCCESS-> j:work\ny -ON_SUCCESS-> j"
    )
    driver = Driver(recipe, {})
    driver.succeed("a", output={"branch": "left"})
    driver.succeed("x", "j")
    driver.conclude()
    assert asked(part(recipe, ["j"], driver.run)) == ["j"]


def test_a_part_where_nothing_would_run_is_refused() -> None:
    recipe = draw("a:work\na -ON_FAIL-> h:work")
    driver = Driver(recipe, {})
    driver.succeed("a")
    driver.conclude()
    with pytest.raises(RequestInvalid) as told:
        part(recipe, ["h"], driver.run)
    assert told.value.code == "nothing_runs"


# --- planted defects --------------------------------------------------------------------------------------------------


def test_planted_items_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "items_digest", lambda *_: "same")
    monkeypatch.setattr(forking, "items_digest", lambda *_: "same")
    with pytest.raises(pytest.fail.Exception):
        test_an_item_that_has_become_another_is_run()


def test_planted_handles_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "is_genuine", lambda *_: False)
    with pytest.raises(AssertionError):
        test_handles_of_secrets_become_those_of_the_fork()


def test_planted_everything_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_with_what_follows", lambda recipe, places: lambda place: False)
    with pytest.raises(AssertionError):
        test_a_fork_at_a_loop_item_does_that_item_and_what_collects_it_to_the_end()


def test_planted_versions_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "changed_nodes", lambda old, new: frozenset())
    with pytest.raises(pytest.fail.Exception):
        test_a_newer_recipe_fits_unless_it_has_changed_before_the_step()


def test_planted_what_has_not_finished_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_has_result", lambda *_: True)
    with pytest.raises(AssertionError):
        test_what_had_not_finished_beside_the_step_is_run_with_what_follows_from_it()


def test_planted_items_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_is_at", lambda place, node, item: place[0] == node)
    monkeypatch.setattr(forking, "_with_what_follows", lambda recipe, places: lambda place: place[0] == "parse")
    with pytest.raises(AssertionError):
        test_a_fork_at_a_loop_item_does_that_item_and_what_collects_it()


def test_planted_results_have_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_translated", lambda origin, source, first: origin)
    with pytest.raises(pytest.fail.Exception), pytest.MonkeyPatch.context() as patch:
        test_results_beyond_the_limit_are_refused(patch)


def test_planted_nobody_looks_whether_a_step_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_check_reached", lambda *_: None)
    with pytest.raises(pytest.fail.Exception):
        test_a_fork_is_refused_where_its_step_would_not_be_reached()


def test_planted_missing_values_are_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_known", lambda *_: True)
    monkeypatch.setattr(forking, "_has_result", lambda *_: True)
    with pytest.raises((pytest.fail.Exception, AssertionError)):
        test_a_value_that_is_missing_is_told()


def test_a_fork_at_a_loop_item_does_that_item_and_what_collects_it_to_the_end() -> None:
    run = forked(ended_loop(), "parse", (1,))
    assert run.steps["done", ()].state == "pending"
    came = fork_of(ended_loop().run, LOOP, "parse", (1,))
    assert "done" not in {result.node for result in came.results}
