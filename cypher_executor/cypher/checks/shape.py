"""The drawing as a whole: that there is one, relationships drawn twice, self-loops and cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cypher_executor.cypher.plan.draft import DraftRelationship
from cypher_executor.cypher.plan.planned import Planned, PlannedRelationship
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place

_Drawn = Mapping[tuple[str, str], DraftRelationship]
"""The last relationship from one node to another."""

_SHOWN = 8
"""How many nodes of a cycle are named."""


def check_shape(planned: Planned, report: Report) -> None:
    """Reports what is wrong with the shape."""
    if not planned.nodes:
        place = planned.draft.recipe.place if planned.draft.recipe else Place(1, 1, 1, 1)
        report.add("empty_recipe", "the recipe draws no node, so there is nothing to run: add one.", place)
    _check_duplicates(planned, report)
    _check_self_loops(planned, report)
    drawn = {(r.drawn.source, r.drawn.target): r.drawn for r in planned.relationships}
    for component in planned.graph.cycles:
        _report_cycle(planned, component, drawn, report)


def _check_duplicates(planned: Planned, report: Report) -> None:
    seen: dict[tuple[object, ...], PlannedRelationship] = {}
    for relationship in planned.relationships:
        drawn, condition = relationship.drawn, relationship.condition
        if condition.entry is not None or condition.type == "FOR_EACH":
            continue  # whether two conditions, or two lists, are the same is not for us to say
        key = (drawn.source, drawn.target, condition.type, condition.branch, condition.otherwise)
        first = seen.setdefault(key, relationship)
        if first is not relationship:
            line = first.drawn.place.line
            sentence = f"this relationship from `{drawn.source}` to `{drawn.target}` is drawn in line {line} already."
            report.add("duplicate_relationship", sentence, drawn.place, node=drawn.target)


def _check_self_loops(planned: Planned, report: Report) -> None:
    for drawn in (r.drawn for r in planned.relationships):
        if drawn.source == drawn.target:
            sentence = f"`{drawn.source}` leads to itself, so it could never start: use `repeat` to run a step again."
            report.add("self_loop", sentence, drawn.place, node=drawn.target)


def _report_cycle(planned: Planned, component: Sequence[int], drawn: _Drawn, report: Report) -> None:
    """Points at the relationship of the cycle that stands last in the text, which is likely the one too many."""
    names = [planned.names[number] for number in planned.graph.shortest_cycle(component)]
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    last = max((drawn[pair] for pair in pairs), key=lambda relationship: relationship.index)
    shown = names if len(names) <= _SHOWN else [*names[: _SHOWN - 2], "...", names[-1]]
    way = " -> ".join([*shown, names[0]])
    sentence = f"a recipe has no way back, but here is one: {way}. Use `repeat`, or a recipe that triggers itself."
    report.add("cycle", sentence, last.place, node=last.target)
