"""Loops: `FOR_EACH` ... `COLLECT` around several nodes, and `for_each` on one."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core.commands import Execute, Interrupt
from cypher_executor.core.recipe import Recipe
from tests.core.driver import Driver
from tests.core.support import draw

LOOP = "-FOR_EACH-> a:work"


def loop(rest: str = "", more: str = "", nodes: Any = None, **options: Any) -> Recipe:
    """`begin` goes over `$list` with `a`, and `all` collects."""
    return draw(f"begin {LOOP} {more}\na -COLLECT-> all\n{rest}", nodes, **options)


def run(recipe: Recipe, items: Any = ("x", "y", "z"), **given: Any) -> Driver:
    return Driver(recipe, {"list": list(items) if isinstance(items, tuple) else items, **given})


def each(*items: str, **node: Any) -> Recipe:
    """One node with `for_each`, and one behind it for each way that it may end."""
    settings = {"items": "$list", **node.pop("loop", {})}
    return draw(
        "n:work -ON_SUCCESS-> good:work\nn -ON_FAIL-> bad:work\nn -ON_COMPLETE-> clean:work",
        {"n": {"for_each": settings, **node}},
    )


# --- items ------------------------------------------------------------------------------------------------------------


def test_the_body_runs_once_for_each_item_and_is_fed_by_it() -> None:
    driver = run(loop())
    assert driver.working() == {"a[0]", "a[1]", "a[2]"}
    assert [driver.execute(f"a[{i}]").input for i in range(3)] == ["x", "y", "z"]


def test_outside_a_node_of_the_body_is_the_list_of_its_outputs_in_item_order() -> None:
    driver = run(loop())
    for i in (2, 0, 1):
        driver.succeed(f"a[{i}]", output=i)
    assert driver.step("all").input == [0, 1, 2]
    assert driver.conclude().result == {"all": [0, 1, 2]}


def test_inside_a_node_of_the_body_is_the_output_of_the_same_item() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work"))
    driver.succeed("a[1]", output="of 1")
    assert driver.execute("b[1]").input == "of 1"
    assert "b[0]" not in driver.working()


def test_the_item_and_its_place_have_names_inside() -> None:
    nodes = {"a": {"inputs": {"p": "page", "i": "page_index", "up": "begin.list"}}}
    driver = run(loop(more='item="page"', nodes=nodes))
    assert driver.execute("a[1]").input == {"p": "y", "i": 1, "up": ["x", "y", "z"]}


def test_without_a_name_the_item_is_called_item() -> None:
    driver = run(loop(nodes={"a": {"inputs": {"p": "item", "i": "item_index"}}}))
    assert driver.execute("a[2]").input == {"p": "z", "i": 2}


def test_a_loop_over_nothing_collects_an_empty_list() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work"), ())
    assert driver.step("all").input == []
    assert driver.conclude().result == {"all": [], "b": []}


def test_a_loop_without_collect_ends_with_its_items() -> None:
    driver = run(draw("begin -FOR_EACH-> a:work", returns={"a": "a"}))
    driver.succeed("a[1]", "a[0]", "a[2]")
    assert driver.conclude().result == {"a": [{"from": f"a[{i}]"} for i in range(3)]}


def test_no_more_items_are_open_than_the_concurrency_allows() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work", "concurrency=2"))
    assert driver.working() == {"a[0]", "a[1]"}
    driver.succeed("a[1]")
    assert driver.working() == {"a[0]", "b[1]"}
    driver.succeed("b[1]")
    assert driver.working() == {"a[0]", "a[2]"}
    assert "a[2]" in driver.states()


def test_items_that_need_no_worker_pass_at_once_whatever_the_concurrency() -> None:
    driver = run(draw("begin -FOR_EACH-> a concurrency=1\na -COLLECT-> all"), tuple(range(1000)))
    assert driver.conclude().result == {"all": list(range(1000))}


def test_what_runs_behind_collect_waits_for_all_of_the_body() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work"), ("x",))
    driver.succeed("a[0]")
    assert driver.state("all") == "pending"
    driver.succeed("b[0]")
    assert driver.state("all") == "succeeded"


def test_seeds_keys_and_the_randomness_of_expressions_differ_from_item_to_item() -> None:
    driver = run(loop(nodes={"a": {"inputs": {"s": "seed()"}}}))
    executes = [driver.execute(f"a[{i}]") for i in range(3)]
    assert len({e.seed for e in executes}) == len({e.input["s"] for e in executes}) == 3
    driver.call("a[1]", {"op": "http_request"})
    assert driver.perform("a[1]").key == "run_1:a:1:1"


# --- what is no list --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, 7, "text", {"a": 1}, True])
def test_what_is_no_list_fails_the_first_step_of_the_loop(wrong: Any) -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work"), wrong)
    failure = driver.step("a").failure
    assert failure is not None and failure.code == "not_a_list"
    assert driver.states() == {"begin": "succeeded", "a": "failed", "b": "skipped", "all": "skipped"}
    end = driver.conclude()
    assert end.failure is not None and end.failure.details == {"node": "a", "item": []}


def test_a_loop_whose_list_cannot_be_evaluated_fails_its_first_step() -> None:
    driver = run(draw("begin -FOR_EACH-> a:work in=!broken\na -COLLECT-> all"))
    failure = driver.step("a").failure
    assert failure is not None and failure.code == "expression_error"


def test_the_failure_of_a_loop_that_has_no_list_can_be_handled_in_the_body() -> None:
    driver = run(loop("a -ON_FAIL-> h:work"), None)
    driver.succeed("h")
    assert driver.state("all") == "skipped"
    assert driver.conclude().state == "succeeded"


def test_a_loop_that_is_not_entered_is_skipped_with_all_that_is_in_it() -> None:
    drawing = "begin -FOR_EACH-> a:work when=false\na -FOR_EACH-> b:work\nb -COLLECT-> c:work\nc -COLLECT-> all"
    driver = run(draw(drawing))
    assert driver.states() == {"begin": "succeeded", "a": "skipped", "b": "skipped", "c": "skipped", "all": "skipped"}
    assert driver.conclude().result == {}


def test_branches_and_otherwise_choose_between_loops() -> None:
    drawing = """
    begin:work -FOR_EACH-> a:work branch="many"
    begin      -FOR_EACH-> b:work otherwise
    a -COLLECT-> done
    b -COLLECT-> done
    """
    driver = run(draw(drawing))
    driver.succeed("begin", output={"branch": "few"})
    assert driver.working() == {"b[0]", "b[1]", "b[2]"}
    driver.succeed("b[0]", "b[1]", "b[2]", output=1)
    assert driver.step("done").input == {"a": None, "b": [1, 1, 1]}


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_stops_the_loop_and_is_the_failure_of_the_run() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work", "concurrency=2"))
    driver.succeed("a[0]")
    driver.fail("a[1]")
    assert [(c.node, c.item) for c in driver.commands if isinstance(c, Interrupt)] == [("b", (0,))]
    assert driver.state("b[0]") == "cancelled" and driver.state("all") == "skipped"
    assert "a[2]" not in driver.states()
    end = driver.conclude()
    assert end.failure is not None and end.failure.details == {"node": "a", "item": [1]}


def test_items_that_never_began_are_told_as_skipped() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work", "concurrency=1"))
    driver.fail("a[0]")
    driver.conclude()
    told = [(s.name, s.item, s.state) for s in driver.run.steps_in_order()]
    assert told == [
        ("begin", (), "succeeded"),
        *[("a", (0,), "failed"), ("a", (1,), "skipped"), ("a", (2,), "skipped")],
        ("all", (), "skipped"),
        *[("b", (0,), "skipped"), ("b", (1,), "skipped"), ("b", (2,), "skipped")],
    ]


def test_a_loop_that_stopped_blocks_a_join_behind_it_as_a_failed_source_does() -> None:
    driver = run(loop("o:work -ON_SUCCESS-> all"))
    driver.fail("a[0]")
    driver.succeed("o")
    assert driver.state("all") == "skipped"


def test_a_failure_that_the_body_handles_stops_nothing() -> None:
    driver = run(loop("a -ON_FAIL-> h:work"), ("x", "y"))
    driver.fail("a[0]")
    driver.succeed("h[0]", "a[1]")
    assert driver.step("all").input[0]["error"]["code"] == "part:broken"
    assert driver.conclude().state == "succeeded"


def test_a_loop_that_collects_has_failed_items_in_its_list_and_goes_on() -> None:
    driver = run(loop("a -ON_SUCCESS-> b:work\nb -COLLECT-> all", 'on_fail="collect" concurrency=1'))
    driver.succeed("a[0]", "b[0]", output=0)
    driver.fail("a[1]")
    assert driver.working() == {"a[2]"}
    driver.succeed("a[2]", "b[2]", output=2)
    got = driver.step("all").input
    assert got["b"] == [0, None, 2]
    assert [got["a"][0], got["a"][2]] == [0, 2]
    assert got["a"][1]["error"]["code"] == "part:broken"
    assert driver.conclude().state == "succeeded"


def test_what_was_cancelled_in_a_loop_that_stops_is_cleaned_up_after() -> None:
    driver = run(
        loop("a -ON_COMPLETE-> clean:work\na -ON_SUCCESS-> bad:work\nclean -ON_SUCCESS-> log:work"), ("x", "y")
    )
    driver.succeed("a[0]")
    driver.succeed("clean[0]", "log[0]")
    driver.fail("bad[0]")
    assert driver.state("a[1]") == "cancelled"
    assert driver.working() == {"clean[1]"}
    driver.succeed("clean[1]", "log[1]")
    assert driver.state("all") == "skipped"
    assert driver.conclude().state == "failed"


def test_fail_fast_leaves_a_loop_that_collects_alone() -> None:
    driver = run(loop(more='on_fail="collect"', fail_fast=True), ("x", "y"))
    driver.fail("a[0]")
    assert driver.state("a[1]") == "running"


# --- loops in loops ---------------------------------------------------------------------------------------------------

NESTED = """
begin -FOR_EACH-> row:work     item="r"
row   -FOR_EACH-> cell:work    in=r item="c" {inner}
cell  -COLLECT->  sum:work
sum   -COLLECT->  all
"""


def nested(inner: str = "", cell: Any = None) -> Driver:
    recipe = draw(NESTED.format(inner=inner), {"cell": cell or {}}, returns={"cell": "cell", "sum": "sum"})
    return run(recipe, ([1, 2], [], [3]))


def test_in_a_loop_in_a_loop_the_names_of_the_outer_item_stay_visible() -> None:
    driver = nested(cell={"inputs": {"c": "c", "ci": "c_index", "r": "r", "ri": "r_index", "row": "row"}})
    driver.succeed("row[0]", output="row 0")
    given = driver.execute("cell[0.1]").input
    assert given == {"c": 2, "ci": 1, "r": [1, 2], "ri": 0, "row": "row 0"}


def test_each_loop_around_makes_a_list() -> None:
    driver = nested()
    driver.succeed("row[0]", "row[1]", "row[2]")
    assert driver.execute("sum[1]").input == []
    driver.succeed("cell[0.1]", output="b")
    driver.succeed("cell[0.0]", output="a")
    assert driver.execute("sum[0]").input == ["a", "b"]
    driver.succeed("cell[2.0]", output="c")
    driver.succeed("sum[0]", "sum[1]", "sum[2]", output="s")
    assert driver.conclude().result == {"cell": [["a", "b"], [], ["c"]], "sum": ["s", "s", "s"]}


def test_a_failure_stops_all_loops_around_it() -> None:
    driver = nested()
    driver.succeed("row[0]")
    driver.fail("cell[0.0]")
    assert {driver.state(s) for s in ("cell[0.1]", "row[1]", "row[2]")} == {"cancelled"}
    assert driver.conclude().state == "failed"


def test_a_failure_stops_only_up_to_the_loop_that_collects() -> None:
    drawing = NESTED.replace('item="r"', 'item="r" on_fail="collect"').format(inner="")
    driver = run(draw(drawing), ([1, 2], [3]))
    driver.succeed("row[0]", "row[1]")
    driver.fail("cell[0.0]")
    assert driver.state("cell[0.1]") == "cancelled" and driver.state("sum[0]") == "skipped"
    driver.succeed("cell[1.0]")
    driver.succeed("sum[1]", output=3)
    assert driver.conclude().result == {"all": [None, 3]}


# --- for_each on one node ---------------------------------------------------------------------------------------------


def test_for_each_on_a_node_makes_its_output_a_list() -> None:
    driver = run(each(loop={"item": "page"}, inputs={"p": "page", "i": "page_index"}), ("x", "y"))
    assert driver.execute("n[1]").input == {"p": "y", "i": 1}
    assert driver.state("n") == "running"
    driver.succeed("n[1]", "n[0]")
    assert driver.step("n").output == [{"from": "n[0]"}, {"from": "n[1]"}]
    assert driver.execute("good").input == [{"from": "n[0]"}, {"from": "n[1]"}]


def test_without_a_map_a_node_with_for_each_is_fed_by_the_item() -> None:
    assert run(each()).execute("n[1]").input == "y"


def test_for_each_begins_when_the_node_may() -> None:
    driver = run(draw("a:work -ON_SUCCESS-> n:work", {"n": {"for_each": {"items": "a.list"}}}))
    driver.succeed("a", output={"list": [1]})
    assert driver.working() == {"n[0]"}


def test_a_failed_item_fails_a_node_with_for_each_which_may_be_handled() -> None:
    driver = run(each())
    driver.fail("n[1]")
    assert driver.states() | {"good": "skipped", "bad": "running", "clean": "running"} == driver.states()
    assert {driver.state(f"n[{i}]") for i in (0, 2)} == {"cancelled"}
    failure = driver.step("n").failure
    assert failure is not None and (failure.code, failure.message) == ("part:broken", "item 1 failed: it broke")
    driver.succeed("bad", "clean")
    assert driver.conclude().state == "succeeded"


def test_a_node_with_for_each_that_collects_succeeds_with_its_failures() -> None:
    driver = run(each(loop={"on_fail": "collect"}), ("x", "y"))
    driver.fail("n[0]")
    driver.succeed("n[1]", output=1)
    output = driver.step("n").output
    assert output[0]["error"]["code"] == "part:broken" and output[1] == 1
    assert driver.state("bad") == "skipped"


def test_a_node_with_for_each_over_what_is_no_list_fails() -> None:
    driver = run(each(), "text")
    failure = driver.step("n").failure
    assert failure is not None and failure.code == "not_a_list"
    assert driver.state("bad") == "running"


def test_a_node_with_for_each_over_nothing_succeeds_with_nothing() -> None:
    driver = run(each(), ())
    assert driver.step("n").output == []
    assert driver.state("good") == "running"


def test_a_node_without_a_part_maps_over_a_list() -> None:
    recipe = draw("n", {"n": {"for_each": {"items": "$list"}, "inputs": {"v": "item"}}})
    assert run(recipe).conclude().result == {"n": [{"v": "x"}, {"v": "y"}, {"v": "z"}]}


def test_for_each_in_a_loop_knows_the_items_of_both() -> None:
    node = {"for_each": {"items": "item", "item": "c"}, "inputs": {"c": "c", "r": "item_index"}}
    driver = run(draw("begin -FOR_EACH-> n:work\nn -COLLECT-> all", {"n": node}), ([1, 2], [3]))
    assert driver.execute("n[1.0]").input == {"c": 3, "r": 1}
    for name in ("n[0.0]", "n[0.1]", "n[1.0]"):
        driver.succeed(name, output=name)
    assert driver.conclude().result == {"all": [["n[0.0]", "n[0.1]"], ["n[1.0]"]]}


def test_every_item_has_retries_of_its_own() -> None:
    driver = run(each(retry={"attempts": 2, "delay_ms": 1000}), ("x", "y"))
    driver.fail("n[0]", retryable=True)
    assert driver.state("n[0]") == "retrying" and driver.state("n[1]") == "running"
    driver.fire("n[0]")
    driver.succeed("n[0]", "n[1]")
    assert driver.state("n") == "succeeded"


# --- closing ----------------------------------------------------------------------------------------------------------


def test_a_cancel_reaches_every_open_item_and_begins_no_other() -> None:
    driver = run(loop("a -ON_COMPLETE-> clean:work", "concurrency=2"))
    driver.cancel()
    assert driver.state("a[0]") == driver.state("a[1]") == "cancelled"
    assert driver.working() == {"clean[0]", "clean[1]"}
    driver.succeed("clean[0]", "clean[1]")
    assert "a[2]" not in driver.states()
    assert driver.state("all") == "skipped"
    assert driver.conclude().state == "cancelled"


def test_a_second_cancel_stops_the_cleaning_up_in_items() -> None:
    driver = run(loop("a -ON_COMPLETE-> clean:work", "concurrency=2"))
    driver.cancel()
    driver.cancel()
    assert driver.conclude().state == "cancelled"


def test_a_cancel_ends_a_node_with_for_each() -> None:
    driver = run(each(loop={"concurrency": 1}))
    driver.cancel()
    assert driver.state("n") == "cancelled"
    assert driver.working() == {"clean"}


def test_cleaning_up_may_be_a_loop() -> None:
    drawing = "get:work -ON_COMPLETE-> c\nc -FOR_EACH-> free:work concurrency=1\nfree -COLLECT-> done:work"
    driver = run(draw(drawing), ("x", "y"))
    driver.cancel()
    driver.succeed("free[0]")
    driver.succeed("free[1]", "done")
    assert driver.states() | {"free[0]": "succeeded", "free[1]": "succeeded", "done": "succeeded"} == driver.states()
    assert driver.conclude().state == "cancelled"


def test_the_loop_of_a_run_that_is_ended_from_outside_has_no_open_steps() -> None:
    driver = run(loop(more="concurrency=1"))
    assert isinstance(driver.run.outstanding[0], Execute)
    driver.cancel()
    driver.conclude()
    assert all(step.ended for step in driver.run.steps.values())
