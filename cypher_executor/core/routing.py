"""Which relationships of a step that has ended are taken, and what a join makes of the ones that enter it.

Both are questions about the recipe and the states of steps; the answers change nothing. For `COLLECT`, what has ended
is a loop and not a step. The rules are those of the language page: a relationship is taken by its type, its `branch`
and its `when`; `otherwise` is taken when no sibling (same source, same type) with a condition was; a join runs when
enough was taken and no failure goes unanswered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cypher_executor.core.recipe import Expression, Recipe, Relationship, Value
from cypher_executor.core.step import Step
from cypher_executor.errors import ExpressionError, Failure

_TAKEN_AFTER: Mapping[str, frozenset[str]] = {
    "succeeded": frozenset({"ON_SUCCESS", "ON_COMPLETE", "FOR_EACH"}),
    "failed": frozenset({"ON_FAIL", "ON_COMPLETE"}),
    "cancelled": frozenset({"ON_COMPLETE"}),
    "skipped": frozenset(),
    "collected": frozenset({"COLLECT"}),
    "fired": frozenset({"STARTS"}),
}

HANDLERS = frozenset({"ON_FAIL", "ON_COMPLETE"})
"""The types that handle the failure of their source when they are taken."""


class Ended(Protocol):
    """What relationships leave: a step in its final state, or a loop."""

    @property
    def state(self) -> str: ...
    @property
    def output(self) -> Value: ...


@dataclass(frozen=True, slots=True)
class EndedLoop:
    """All items of a loop have ended; or it has not come to its end, and nothing is collected."""

    state: Literal["collected", "skipped"]
    output: Value = None


@dataclass(frozen=True, slots=True)
class Fired:
    """The trigger that began the run: `output` is what it said."""

    output: Value
    state: Literal["fired"] = "fired"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one relationship. `failure` says that its `when` could not be evaluated."""

    relationship: Relationship
    taken: bool
    failure: Failure | None = None


Evaluate = Callable[[Expression, Relationship], Value]
"""Evaluates a condition of a relationship; raises ExpressionError."""


def settle(step: Ended, outgoing: Sequence[Relationship], evaluate: Evaluate) -> list[Settled]:
    """The fate of every relationship that leaves what has ended, in the order of the recipe."""
    settled = {r.index: _settle_one(step, r, evaluate) for r in outgoing if not r.otherwise}
    if len(settled) == len(outgoing):
        return list(settled.values())
    conditional = {s.relationship.type for s in settled.values() if s.taken and _has_condition(s.relationship)}
    return [settled.get(r.index) or Settled(r, _applies(step, r) and r.type not in conditional) for r in outgoing]


def _settle_one(step: Ended, relationship: Relationship, evaluate: Evaluate) -> Settled:
    if not _applies(step, relationship) or not _branch_matches(step, relationship):
        return Settled(relationship, False)
    if relationship.when is None:
        return Settled(relationship, True)
    try:
        return Settled(relationship, evaluate(relationship.when, relationship) is True)
    except ExpressionError as error:
        return Settled(relationship, False, error.failure())


def _applies(step: Ended, relationship: Relationship) -> bool:
    return relationship.type in _TAKEN_AFTER[step.state]


def _has_condition(relationship: Relationship) -> bool:
    return relationship.when is not None or relationship.branch is not None


def _branch_matches(step: Ended, relationship: Relationship) -> bool:
    if relationship.branch is None:
        return True
    return isinstance(step.output, dict) and step.output.get("branch") == relationship.branch


Decision = Literal["wait", "run", "skip"]


def decide(recipe: Recipe, step: Step) -> Decision:
    """What a step that has not begun should do now."""
    join = step.node.join
    if join == "any" or isinstance(join, int):
        needed = 1 if join == "any" else int(join)
        if step.taken >= needed:
            return "run"
        return "wait" if step.taken + step.unsettled >= needed else "skip"
    if step.unsettled:
        return "wait"
    if not step.taken:
        return "skip"
    return "run" if join == "settled" or not _unanswered(recipe, step) else "skip"


def _unanswered(recipe: Recipe, step: Step) -> bool:
    """Whether a source failed (or was cancelled) and neither it nor a node downstream of it led here."""
    arrived = set(step.arrived)
    failed = set(step.failed) - arrived
    return bool(failed) and not recipe.lead_to(failed, arrived)
