"""Loops: what they go over, where their bodies end, and what their items are called.

The body of a loop is what its FOR_EACH leads to and nothing from outside does (`core.regions`). So whatever else leads
into it, or out of it without COLLECT, makes it unclear how often a node would have to run.
"""

from __future__ import annotations

from collections.abc import Iterator

from cypher_executor.core.regions import DEEPEST, Path
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, PlannedLoop, PlannedRelationship
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place


def check_lists(planned: Planned, report: Report) -> None:
    """What is certainly no list: a literal that is something else. And what is collected has no branch."""
    for loop, _, node, _ in _loops(planned):
        expression = loop.items.expression
        if isinstance(expression, syntax.Literal | syntax.MapLiteral):
            sentence = "a loop goes over a list, and this is none."
            report.add("not_a_list", sentence, expression.place, node=node)
    for relationship in planned.relationships:
        if relationship.type == "COLLECT" and relationship.condition.branch is not None:
            sentence = "what a loop collects is a list, which has no branch, so this is never taken."
            place = relationship.condition.places["branch"]
            report.add("branch_never_given", sentence, place, node=relationship.target)


def check_loops(planned: Planned, report: Report) -> None:
    """Reports bodies that are not closed, and items whose names say something else already."""
    if planned.graph.cycles:
        return  # no body can be told from what is around it
    for leak in planned.loops.leaks:
        _report_leak(planned, leak, report)
    if not planned.loops.leaks:
        _check_collects(planned, report)
        _check_depth(planned, report)
        _check_item_names(planned, report)


def _report_leak(planned: Planned, leak: PlannedRelationship, report: Report) -> None:
    place, node = leak.drawn.place, leak.target
    if leak.type == "FOR_EACH":
        others = [r.source for r in planned.entering[leak.target] if r is not leak]
        sentence = f"`{node}` begins this loop for each item, but `{others[0]}` leads to it as well."
    else:
        item = planned.loops.opening(planned.loops.paths[leak.source][-1])
        called = item.loop.names[0] if item.loop is not None else "item"
        sentence = (
            f"`{node}` is also reached from outside of the loop over `{called}`, which `{leak.source}` is in: "
            f"leave the loop with COLLECT."
        )
    report.add("loop_leak", sentence, place, node=node)


def _check_collects(planned: Planned, report: Report) -> None:
    for relationship in planned.relationships:
        if relationship.type == "COLLECT" and not planned.loops.paths[relationship.source]:
            sentence = f"`{relationship.source}` is not in a loop, so there is nothing to collect: use ON_SUCCESS."
            report.add("collect_outside_loop", sentence, relationship.drawn.place, node=relationship.target)


def _check_depth(planned: Planned, report: Report) -> None:
    for relationship in planned.relationships:
        if relationship.type == "FOR_EACH" and len(planned.loops.paths[relationship.source]) == DEEPEST:
            sentence = f"loops may stand in each other {DEEPEST} deep: do the rest in another recipe."
            report.add("loop_too_deep", sentence, relationship.drawn.place, node=relationship.target)


def _check_item_names(planned: Planned, report: Report) -> None:
    for loop, around, node, place in _loops(planned):
        outer = set(planned.loops.named(around))
        for name in loop.names:
            if name in planned.nodes:
                sentence = f"inside of this loop `{name}` would be its item, but a node has that name: choose another."
                report.add("item_name_taken", sentence, place, node=node)
            elif name in outer:
                sentence = f"`{name}` is also what the loop around calls its item, which cannot be named in here then."
                report.add("item_name_hidden", sentence, place, node=node)
                break


def _loops(planned: Planned) -> Iterator[tuple[PlannedLoop, Path, str, Place]]:
    """Every loop, with the loops around it, the node that it begins with, and where it stands."""
    paths = planned.loops.paths
    for relationship in planned.relationships:
        if relationship.loop is not None:
            yield relationship.loop, paths[relationship.source], relationship.target, relationship.drawn.place
    for node in planned.nodes.values():
        if node.for_each is not None:
            yield node.for_each, paths[node.name], node.name, node.places["for_each"]
