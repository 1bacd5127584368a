"""Large recipes: nothing recurses over a recipe, and twice the recipe is twice the work.

Work is counted and not timed: every call of a function, Python's own included, while a run is driven to its end.
"""

from __future__ import annotations

import gc
import sys
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from cypher_executor.core.commands import Command, Conclude, Execute
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptSucceeded,
    CancelRequested,
    Event,
    RunEnded,
    RunId,
    WatchedEnded,
)
from cypher_executor.core.recipe import Digest, Loop, Node, Recipe, Relationship, RelationshipType
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure
from tests.core.driver import started
from tests.core.support import expression

MANY = 5_000


def recipe(nodes: list[Node], ends: list[tuple[str, RelationshipType, str]], **more: Any) -> Recipe:
    relationships = [Relationship(i, source, type_, target) for i, (source, type_, target) in enumerate(ends)]
    return Recipe({n.name: n for n in nodes}, relationships, Digest("sha256:big"), "", **more)


def chain(size: int, part: str | None = "work") -> Recipe:
    """One after another."""
    nodes = [Node(f"n{i}", part) for i in range(size)]
    return recipe(nodes, [(f"n{i}", "ON_SUCCESS", f"n{i + 1}") for i in range(size - 1)])


def fan(size: int, part: str | None = "work", **more: Any) -> Recipe:
    """One, then many side by side, then a join of all of them that begins whatever failed."""
    middle = [Node(f"n{i}", part) for i in range(size)]
    out: list[tuple[str, RelationshipType, str]] = [("begin", "ON_SUCCESS", n.name) for n in middle]
    back: list[tuple[str, RelationshipType, str]] = [(n.name, "ON_SUCCESS", "join") for n in middle]
    return recipe([Node("begin"), *middle, Node("join", join="settled")], out + back, **more)


def comb(size: int) -> Recipe:
    """A chain, each tooth of which joins with a step that fails: every join has to ask who answers for that."""
    nodes = [Node("broken", "broken"), Node("gate", "work")]
    ends: list[tuple[str, RelationshipType, str]] = [("gate", "ON_SUCCESS", "c0")]
    for i in range(size):
        nodes += [Node(f"c{i}"), Node(f"j{i}", "work")]
        ends += [(f"c{i}", "ON_SUCCESS", f"j{i}"), ("broken", "ON_SUCCESS", f"j{i}")]
        ends += [(f"c{i}", "ON_SUCCESS", f"c{i + 1}")] if i < size - 1 else []
    return recipe(nodes, ends)


def loop(part: str | None = "work", **settings: Any) -> Recipe:
    """A loop over `$list` with two nodes in its body, then one over the same that names the first's outputs."""
    nodes = [
        Node("begin"),
        Node("a", part),
        Node("b", part),
        Node("all"),
        Node("c", inputs=(("x", expression("a.x")),)),
    ]
    ends: list[tuple[str, RelationshipType, str]] = [
        ("begin", "FOR_EACH", "a"),
        ("a", "ON_SUCCESS", "b"),
        ("b", "COLLECT", "all"),
        ("all", "FOR_EACH", "c"),
    ]
    drawn = recipe(nodes, ends)
    items = Loop(expression("$list"), **settings)
    return replace(
        drawn, relationships=[replace(r, loop=items) if r.type == "FOR_EACH" else r for r in drawn.relationships]
    )


def nested(width: int = 4) -> Recipe:
    """A loop over `$list`, in each item of which there is a loop over a short list."""
    nodes = [Node("begin"), Node("row"), Node("cell", "work"), Node("sum"), Node("all")]
    drawn = recipe(
        nodes,
        [
            ("begin", "FOR_EACH", "row"),
            ("row", "FOR_EACH", "cell"),
            ("cell", "COLLECT", "sum"),
            ("sum", "COLLECT", "all"),
        ],
    )
    loops = [Loop(expression("$list"), concurrency=8), Loop(expression(str(list(range(width)))), "cell_item")]
    opened = [replace(r, loop=each) for r, each in zip(drawn.relationships, loops, strict=False)]
    return replace(drawn, relationships=[*opened, *drawn.relationships[2:]])


def drive(big: Recipe, cancel: bool = False, items: int = 0) -> Run:
    """Answer every command in turn; parts called `broken` fail."""
    run = Run(big)
    commands: deque[Command] = deque(run.apply(started(big, {"list": list(range(items))})))
    if cancel:
        commands = deque(run.apply(CancelRequested(at_us=0)))
    while commands:
        event = _answer(commands.popleft())
        if event is not None:
            commands.extend(run.apply(event))
    return run


def _answer(command: Command) -> Event | None:
    match command:
        case Execute(node=node, item=item, attempt=attempt, part="broken"):
            failure = Failure("part:broken", "it broke")
            return AttemptFailed(at_us=0, node=node, item=item, attempt=attempt, failure=failure, started_us=0)
        case Execute(node=node, item=item, attempt=attempt):
            return AttemptSucceeded(at_us=0, node=node, item=item, attempt=attempt, output=node, started_us=0)
        case Conclude(state=state, result=result, failure=failure):
            return RunEnded(at_us=0, state=state, result=result, failure=failure)
        case _:
            return None


def calls(work: Callable[[], object]) -> int:
    """How many functions are called by `work`."""
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("part", ["work", None])
def test_a_chain_of_thousands_runs_to_its_end(part: str | None) -> None:
    run = drive(chain(MANY, part))
    assert run.state == "succeeded"
    assert all(step.state == "succeeded" for step in run.steps.values())


def test_a_chain_of_thousands_is_skipped_to_its_end() -> None:
    nodes, rest = [Node("first", "broken")], chain(MANY)
    ends = [(r.source, r.type, r.target) for r in rest.relationships]
    run = drive(recipe([*nodes, *rest.nodes.values()], [("first", "ON_SUCCESS", "n0"), *ends]))
    assert run.state == "failed"
    assert sum(step.state == "skipped" for step in run.steps.values()) == MANY


def test_thousands_side_by_side_are_asked_for_at_once_and_joined_once() -> None:
    big = fan(MANY)
    assert len(Run(big).apply(started(big))) == MANY
    run = drive(big)
    assert len(run.steps["join", ()].output) == MANY
    assert run.state == "succeeded"


def test_thousands_are_cancelled_at_once() -> None:
    run = drive(fan(MANY), cancel=True)
    assert run.state == "cancelled"
    assert sum(step.state == "cancelled" for step in run.steps.values()) == MANY


SHAPES: dict[str, Callable[[int], object]] = {
    "a chain": lambda size: drive(chain(size)),
    "a chain without parts": lambda size: drive(chain(size, None)),
    "a fan": lambda size: drive(fan(size)),
    "a fan of failures": lambda size: drive(fan(size, "broken")),
    "a fan that fails fast": lambda size: drive(fan(size, "broken", fail_fast=True)),
    "a fan that is cancelled": lambda size: drive(fan(size), cancel=True),
    "joins that all have one failed source": lambda size: drive(comb(size)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_recipe_is_twice_the_work(shape: str) -> None:
    small, large = (calls(lambda size=size: SHAPES[shape](size)) for size in (400, 800))  # type: ignore[misc]
    assert large < 2.2 * small


LOOPS: dict[str, Callable[[int], object]] = {
    "all items at once": lambda items: drive(loop(), items=items),
    "eight items at a time": lambda items: drive(loop(concurrency=8), items=items),
    "items without parts": lambda items: drive(loop(None), items=items),
    "items that fail and are collected": lambda items: drive(loop("broken", on_fail="collect"), items=items),
    "items that fail and stop the others": lambda items: drive(loop("broken"), items=items),
    "items that are cancelled": lambda items: drive(loop(), cancel=True, items=items),
    "a loop in every item": lambda items: drive(nested(), items=items),
    "one node for each item": lambda items: drive(
        recipe([Node("n", "work", for_each=Loop(expression("$list"), concurrency=8))], []), items=items
    ),
    "steps told in order": lambda items: list(drive(loop(concurrency=8), items=items).steps_in_order()),
}


@pytest.mark.parametrize("fewer", [250, pytest.param(1_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("shape", LOOPS)
def test_four_times_the_items_are_four_times_the_work(shape: str, fewer: int) -> None:
    small, large = (calls(lambda items=items: LOOPS[shape](items)) for items in (fewer, 4 * fewer))  # type: ignore[misc]
    assert large < 4.4 * small


END: dict[str, Any] = {"workflow": "x", "state": "succeeded", "result": None, "duration_ms": 0}


def watch(runs: int) -> object:
    """A step that watches the ends of so many runs."""
    run = Run(recipe([Node("w", "wait_for_workflows", inputs=(("runs", expression("$list")),))], []))
    ids = [f"run_{n}" for n in range(runs)]
    run.apply(started(run.recipe, {"list": ids}))
    for each in ids:
        assert run.state == "waiting"
        run.apply(WatchedEnded(at_us=0, node="w", attempt=1, run=RunId(each), **END))
    assert len(run.steps["w", ()].output["succeeded"]) == runs
    return run


def test_four_times_the_runs_that_are_watched_are_four_times_the_work() -> None:
    small, large = (calls(lambda runs=runs: watch(runs)) for runs in (250, 1_000))  # type: ignore[misc]
    assert large < 4.4 * small


def test_a_loop_has_no_more_steps_than_items_have_begun() -> None:
    big = loop(concurrency=8)
    run = Run(big)
    assert len(run.apply(started(big, {"list": list(range(10_000))}))) == 8
    assert len(run.steps) == 2 + 8 * 2


def test_ten_thousand_items_run_to_their_end() -> None:
    run = drive(loop(concurrency=8), items=10_000)
    assert run.state == "succeeded"
    assert len(run.steps["all", ()].output) == 10_000
    assert len(run.steps) == 2 + 3 * 10_000


def test_a_run_that_nobody_holds_is_gone_without_the_garbage_collector() -> None:
    """Or thousands of runs that have ended fill the memory until it comes round."""
    run = drive(loop(), items=3)
    gc.collect()
    gc.disable()
    try:
        machine = weakref.ref(run._machine)
        del run
        assert machine() is None
    finally:
        gc.enable()
