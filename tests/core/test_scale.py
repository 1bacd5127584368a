"""Large recipes: nothing recurses over a recipe, and twice the recipe is twice the work.

Work is counted and not timed: every call of a function, Python's own included, while a run is driven to its end.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from cypher_executor.core.commands import Command, Conclude, Execute
from cypher_executor.core.events import AttemptFailed, AttemptSucceeded, CancelRequested, Event, RunEnded
from cypher_executor.core.recipe import Digest, Node, Recipe, Relationship, RelationshipType
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure
from tests.core.driver import started

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


def drive(big: Recipe, cancel: bool = False) -> Run:
    """Answer every command in turn; parts called `broken` fail."""
    run = Run(big)
    commands: deque[Command] = deque(run.apply(started(big)))
    if cancel:
        commands = deque(run.apply(CancelRequested(at_us=0)))
    while commands:
        event = _answer(commands.popleft())
        if event is not None:
            commands.extend(run.apply(event))
    return run


def _answer(command: Command) -> Event | None:
    match command:
        case Execute(node=node, attempt=attempt, part="broken"):
            failure = Failure("part:broken", "it broke")
            return AttemptFailed(at_us=0, node=node, attempt=attempt, failure=failure, started_us=0)
        case Execute(node=node, attempt=attempt):
            return AttemptSucceeded(at_us=0, node=node, attempt=attempt, output=node, started_us=0)
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
