"""What is written and has no effect: branches that a part never gives, `otherwise` without a sibling, settings of
attempts on nodes that have none, and workflows that nobody has stored. All of these are warnings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cypher_executor.core.parts import Part
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, PlannedNode, PlannedRelationship
from cypher_executor.cypher.report import Report

_OF_ATTEMPTS = ("retry", "timeout", "deadline", "repeat", "cache", "concurrency_key", "concurrency_limit")
_OF_LOOPS = ("as", "concurrency", "on_item_fail")


def check_otherwise(planned: Planned, report: Report) -> None:
    """`otherwise` means something beside a sibling that has a condition: same source, same type."""
    conditional = {_siblings(r) for r in planned.relationships if r.condition.conditional}
    for relationship in planned.relationships:
        if relationship.condition.otherwise and _siblings(relationship) not in conditional:
            sentence = (
                f"no other `{relationship.condition.type}` from `{relationship.drawn.source}` has a `when` or a "
                f"`branch`, so `otherwise` changes nothing here."
            )
            place = relationship.condition.places["otherwise"]
            report.add("otherwise_alone", sentence, place, node=relationship.drawn.target)


def _siblings(relationship: PlannedRelationship) -> tuple[str, str]:
    return relationship.drawn.source, relationship.condition.type


def check_settings(planned: Planned, report: Report) -> None:
    """What steers attempts needs a part, because a node without one has no attempts; what steers items needs items."""
    for node in planned.nodes.values():
        for name in _OF_ATTEMPTS if node.drawn.part is None else ():
            if name in node.places:
                sentence = f"`{node.name}` has no part, so there is nothing that `{name}` could steer."
                report.add("setting_without_effect", sentence, node.places[name], node=node.name)
        for name in _OF_LOOPS if "for_each" not in node.places else ():
            if name in node.places:
                sentence = f"`{node.name}` has no `for_each`, so there are no items that `{name}` could be about."
                report.add("setting_without_effect", sentence, node.places[name], node=node.name)


def check_branches(planned: Planned, parts: Mapping[str, Part], report: Report) -> None:
    """Branches against the list of those that a part can give, where its manifest has such a list."""
    for relationship in planned.relationships:
        branch, drawn = relationship.condition.branch, relationship.drawn
        known = _branches(planned.nodes[drawn.source], parts)
        if branch is not None and known is not None and branch not in known:
            place, text_at = relationship.condition.places["branch"], relationship.condition.branch_at
            message = f"`{drawn.source}` never gives the branch '{branch}'"
            report.add_unknown("branch_never_given", message, place, branch, known, node=drawn.target, text_at=text_at)


def _branches(node: PlannedNode, parts: Mapping[str, Part]) -> list[str] | None:
    part = parts.get(node.part.text) if node.part is not None else None
    schema = part.output.get("properties", {}).get("branch", {}) if part is not None else {}
    return [str(each) for each in schema["enum"]] if "enum" in schema else None


def check_workflows(planned: Planned, recipes: Collection[str], report: Report) -> None:
    """Workflows that are named in the text, against those that are stored and this one, which may call itself."""
    own = planned.settings.get("name")
    for node in planned.nodes.values():
        entry = (node.inputs or {}).get("workflow")
        if node.part is None or node.part.text != "trigger_workflow" or entry is None:
            continue
        value = entry.value.value if isinstance(entry.value, syntax.Literal) else None
        if isinstance(value, str) and value and value not in recipes and value != own:
            message = f"no recipe '{value}' is stored, so this step will fail unless one is by then"
            place, text_at = entry.key.place, entry.value.place
            report.add_unknown("unknown_workflow", message, place, value, recipes, node=node.name, text_at=text_at)


def check_reachable(planned: Planned, parts: Mapping[str, Part] | None, report: Report) -> None:
    """Nodes to which every way is closed: by a branch that is never given, or by a condition that is never true."""
    if planned.graph.cycles:
        return  # what stands behind a cycle is the cycle's fault
    closed: set[str] = set()
    for name in (planned.names[component[0]] for component in planned.graph.components):
        ways = planned.entering[name]
        shut = all(_from(r, planned) in closed or _never_taken(r, planned, parts or {}) for r in ways)
        if ways and shut and name not in planned.started:
            closed.add(name)
            sentence = f"no way leads to `{name}`: none of the relationships that enter it can ever be taken."
            report.add("unreachable", sentence, planned.nodes[name].drawn.place, node=name)


def _from(relationship: PlannedRelationship, planned: Planned) -> str:
    """The node without which a relationship is never taken. A loop collects whatever its items did."""
    path = planned.loops.paths[relationship.source]
    in_loop = relationship.type == "COLLECT" and path
    return planned.loops.opening(path[-1]).target if in_loop else relationship.source


def _never_taken(relationship: PlannedRelationship, planned: Planned, parts: Mapping[str, Part]) -> bool:
    when, branch = relationship.when, relationship.condition.branch
    if when is not None and isinstance(when.expression, syntax.Literal) and when.expression.value in (False, None):
        return True  # what else is not true is a mistake, which is told as such
    known = _branches(planned.nodes[relationship.drawn.source], parts)
    return branch is not None and known is not None and branch not in known
