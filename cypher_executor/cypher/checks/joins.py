"""Joins that can never run, and what nothing leads to.

A join that counts (`join: 2`) never runs when the relationships that enter it exclude each other so far that too few
can be taken in any one run. What excludes what follows from facts: `a` succeeded or failed, its output had this branch
or that one. For each node we work out the facts that certainly hold when it runs, and those that certainly do not; two
relationships exclude each other when one needs what the other rules out. Conditions (`when`) are not looked into, so
only what is certain is reported.

A join that does not count needs no proof: one taken relationship is enough for it, so alternatives may meet in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from cypher_executor.cypher.plan.planned import Planned, PlannedNode, PlannedRelationship
from cypher_executor.cypher.report import Report


def check_joins(planned: Planned, report: Report) -> None:
    """Reports joins that can never run."""
    entering = planned.entering
    counting = [node for node in planned.nodes.values() if isinstance(node.steering.get("join"), int)]
    in_range = [node for node in counting if _check_range(node, len(entering[node.name]), report)]
    if any(node.steering["join"] > 1 for node in in_range) and not planned.graph.cycles:
        known = _Knowledge(planned, entering)
        for node in in_range:
            _check_alternatives(node, [known.of_relationship(r) for r in entering[node.name]], report)


def _check_range(node: PlannedNode, incoming: int, report: Report) -> bool:
    wanted = node.steering["join"]
    if 1 <= wanted <= incoming:
        return True
    if incoming:
        sentence = f"`join` of `{node.name}` can be 1 to {incoming}, the number of relationships that enter it."
    else:
        sentence = f"no relationship enters `{node.name}`, so there is nothing for `join` to count."
    report.add("join_out_of_range", sentence, node.places["join"], node=node.name)
    return False


def _check_alternatives(node: PlannedNode, relationships: Sequence[_Facts], report: Report) -> None:
    """Puts relationships that all exclude each other into one group: at most one of each group can be taken."""
    wanted, groups = node.steering["join"], list[list[_Facts]]()
    for facts in relationships:
        if len(groups) >= wanted:
            return
        group = next((g for g in groups if all(facts.excludes(other) for other in g)), None)
        groups.append([facts]) if group is None else group.append(facts)
    if len(groups) < wanted:
        sentence = (
            f"`{node.name}` waits for {wanted} relationships, but they exclude each other: "
            f"at most {len(groups)} of the {len(relationships)} can be taken in one run."
        )
        report.add("join_never_runs", sentence, node.places["join"], node=node.name)


_Question = tuple[str, str]
"""What can be asked of a node: how it ended, which branch its output has, whether a condition was met."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """Sets of facts, one bit each: those that hold, and those that are ruled out."""

    hold: int = 0
    out: int = 0

    def excludes(self, other: _Facts) -> bool:
        return bool(self.hold & other.out or self.out & other.hold)

    def __or__(self, other: _Facts) -> _Facts:
        return _Facts(self.hold | other.hold, self.out | other.out)

    def __and__(self, other: _Facts) -> _Facts:
        return _Facts(self.hold & other.hold, self.out & other.out)


class _Knowledge:
    """What is certain when a node runs or a relationship is taken."""

    def __init__(self, planned: Planned, entering: dict[str, list[PlannedRelationship]]) -> None:
        self._bits: dict[tuple[_Question, str], int] = {}
        self._alternatives: dict[_Question, int] = {}
        for relationship in planned.relationships:
            self._register(relationship)
        self._nodes: dict[str, _Facts] = {}
        for component in planned.graph.components:
            name = planned.names[component[0]]
            self._nodes[name] = self._of_node(planned.nodes[name], entering[name])

    def of_relationship(self, relationship: PlannedRelationship) -> _Facts:
        if relationship.type == "COLLECT":
            return _Facts()  # what is certain inside of a loop is so for one item
        facts = self._nodes.get(relationship.drawn.source, _Facts())  # nothing yet: a node that leads to itself
        for question, answer in _facts(relationship):
            bit = self._bits[question, answer]
            facts |= _Facts(bit, self._alternatives[question] & ~bit)
        return facts

    def _of_node(self, node: PlannedNode, entering: Iterable[PlannedRelationship]) -> _Facts:
        """With one relationship taken, what all have in common; with all of them taken, everything together."""
        ways = [self.of_relationship(r) for r in entering]
        if not ways:
            return _Facts()
        all_needed = node.steering.get("join") == len(ways)
        return reduce(_Facts.__or__ if all_needed else _Facts.__and__, ways)

    def _register(self, relationship: PlannedRelationship) -> None:
        for question, answer in _facts(relationship):
            bit = self._bits.setdefault((question, answer), 1 << len(self._bits))
            self._alternatives[question] = self._alternatives.get(question, 0) | bit


_ENDED = {"ON_SUCCESS": "ON_SUCCESS", "FOR_EACH": "ON_SUCCESS", "ON_FAIL": "ON_FAIL"}
"""What a type says about the end of its source."""


def _facts(relationship: PlannedRelationship) -> list[tuple[_Question, str]]:
    """What is certain of its source when a relationship is taken: questions, each with one of its possible answers."""
    condition, source = relationship.condition, relationship.drawn.source
    facts: list[tuple[_Question, str]] = []
    if condition.type in _ENDED:
        facts.append(((source, "ended"), _ENDED[condition.type]))
    if condition.branch is not None:
        facts += [((source, "ended"), "ON_SUCCESS"), ((source, "branch"), condition.branch)]
    if condition.conditional or condition.otherwise:
        facts.append(((source, f"otherwise {condition.type}"), str(condition.otherwise)))
    return facts
