"""Which relationships of a recipe a run has taken, as far as its steps tell.

A step keeps from which steps it was reached, not over which relationship. Where only one of its relationships fits,
that is the one; of several between the same two nodes that all fit, as many are given as were taken, in the order of
the recipe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from cypher_executor.core.events import Item
from cypher_executor.core.recipe import Relationship
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step


class Taken(NamedTuple):
    """A relationship that was taken, between two steps by their items."""

    relationship: Relationship
    start: Item
    end: Item


_FITS = {"ON_SUCCESS": ("succeeded",), "ON_FAIL": ("failed",), "ON_COMPLETE": ("succeeded", "failed")}
_BEGUN = frozenset({"running", "waiting", "retrying", "succeeded", "failed", "cancelled"})


def taken(run: Run) -> Iterator[Taken]:
    """Every relationship that was taken, in loops once for each item."""
    bodies = _of_loops(run)
    for step in list(run.steps.values()):
        arrived = Counter(step.arrived)
        for relationship in run.recipe.incoming.get(step.name, ()):
            if relationship.type == "FOR_EACH":
                yield from _into_loop(run, relationship, step)
            elif relationship.type == "COLLECT":
                yield from _out_of_loop(bodies, relationship, step, arrived)
            else:
                yield from _between(run, relationship, step, arrived)


def _of_loops(run: Run) -> dict[str, list[Step]]:
    """The steps of the nodes that stand before a COLLECT."""
    wanted = {r.source for r in run.recipe.relationships if r.type == "COLLECT"}
    found: dict[str, list[Step]] = {name: [] for name in wanted}
    for step in run.steps.values():
        if step.name in wanted:
            found[step.name].append(step)
    return found


def _between(run: Run, relationship: Relationship, step: Step, arrived: Counter[str]) -> Iterator[Taken]:
    source = run.steps.get((relationship.source, step.item))
    if source is None or not arrived[source.name] or source.state not in _FITS.get(relationship.type, ()):
        return
    arrived[source.name] -= 1
    yield Taken(relationship, source.item, step.item)


def _into_loop(run: Run, relationship: Relationship, step: Step) -> Iterator[Taken]:
    if step.state in _BEGUN and (relationship.source, step.item[:-1]) in run.steps:
        yield Taken(relationship, step.item[:-1], step.item)


def _out_of_loop(
    bodies: dict[str, list[Step]], relationship: Relationship, step: Step, arrived: Counter[str]
) -> Iterator[Taken]:
    if not arrived[relationship.source]:
        return
    arrived[relationship.source] -= 1
    for source in bodies[relationship.source]:
        if source.item[: len(step.item)] == step.item and source.state == "succeeded":
            yield Taken(relationship, source.item, step.item)
