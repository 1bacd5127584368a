"""Bodies of loops: whatever is drawn inside its brackets is fine, and whatever crosses them is told; at any size."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cypher import compile_recipe


@dataclass
class Drawing:
    """Nodes in bodies: each body is a list of names, with the loops around it."""

    rng: Random
    bodies: list[tuple[tuple[int, ...], list[str]]] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)

    def draw(self, around: tuple[int, ...] = ()) -> list[str]:
        names = [f"n{len(self.bodies)}_{i}" for i in range(self.rng.randint(2, 4))]
        self.bodies.append((around, names))
        for i in range(1, len(names)):
            self.ways.append(f"({names[self.rng.randrange(i)]})-[:ON_SUCCESS]->({names[i]})")
        if len(self.bodies) < 6 and self.rng.random() < 0.8:
            self.draw_loop(names, around)
        return names

    def draw_loop(self, names: list[str], around: tuple[int, ...]) -> None:
        number = len(self.bodies)
        inside = self.draw((*around, number))
        self.ways.append(f"({names[0]})-[:FOR_EACH {{in: $list, item: 'i{number}'}}]->({inside[0]})")
        self.ways += [f"({name})-[:COLLECT]->({names[-1]})" for name in inside if self.rng.random() < 0.5]

    @property
    def text(self) -> str:
        return "CREATE " + ", ".join(self.ways)


def codes(text: str) -> list[str]:
    return [d.code for d in compile_recipe(text, parts=None).diagnostics]


def drawing(rng: Random) -> Drawing:
    made = Drawing(rng)
    made.draw_loop(made.draw(), ())
    return made


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_bodies_that_are_closed_are_fine(rng: Random) -> None:
    assert codes(drawing(rng).text) == []


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_a_way_out_of_a_body_that_is_no_collect_is_told(rng: Random) -> None:
    made = drawing(rng)
    names = rng.choice([names for around, names in made.bodies if around])
    outside = "meets"
    made.ways += [f"({names[-1]})-[:ON_SUCCESS]->({outside})", f"(start)-[:ON_SUCCESS]->({outside})"]
    assert set(codes(made.text)) == {"loop_leak"}


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_a_way_into_a_body_that_is_no_for_each_is_told(rng: Random) -> None:
    made = drawing(rng)
    names = rng.choice([names for around, names in made.bodies if around])
    made.ways.append(f"(start)-[:ON_SUCCESS]->({rng.choice(names)})")
    assert "loop_leak" in codes(made.text)


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


def nested(size: int) -> str:
    return "CREATE (n0)" + "".join(f"-[:FOR_EACH {{in: $list, item: 'i{n}'}}]->(n{n})" for n in range(1, size))


SHAPES: dict[str, Callable[[int], str]] = {
    "loops in loops": nested,
    "loops side by side": lambda size: (
        "CREATE " + ", ".join(f"(a)-[:FOR_EACH {{in: $l}}]->(b{n} {{x: item}})-[:COLLECT]->(c)" for n in range(size))
    ),
    "ways out of a loop": lambda size: (
        "CREATE (a)-[:FOR_EACH {in: $l}]->(b), "
        + ", ".join(f"(b)-[:ON_SUCCESS]->(c{n}), (a)-[:ON_SUCCESS]->(c{n})" for n in range(size))
    ),
    "items that are named outside": lambda size: (
        "CREATE (a)-[:FOR_EACH {in: $l}]->(b), " + ", ".join(f"(c{n} {{x: item}})" for n in range(size))
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_loops_are_twice_the_work(shape: str) -> None:
    codes(SHAPES[shape](4))
    small, large = (calls(lambda size=size: codes(SHAPES[shape](size))) for size in (300, 600))  # type: ignore[misc]
    assert large < 2.3 * small


def test_loops_that_are_drawn_too_deep_are_told_once() -> None:
    assert codes(nested(500)) == ["loop_too_deep"]
