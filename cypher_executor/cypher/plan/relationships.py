"""Relationships: from what is drawn between two nodes to when it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from cypher_executor.core.recipe import RelationshipType
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan import settings
from cypher_executor.cypher.plan.draft import DraftRelationship
from cypher_executor.cypher.plan.settings import Setting, read_setting
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place, TextEdit

TYPES: tuple[RelationshipType, ...] = get_args(RelationshipType)

PROPERTIES: Mapping[str, Setting] = {"branch": Setting(settings.text), "otherwise": Setting(settings.boolean)}
"""The constant properties of a relationship; beside them there is `when`, which is an expression."""

LOOP_PROPERTIES: Mapping[str, Setting] = {
    "item": Setting(settings.name),
    "concurrency": Setting(settings.count),
    "on_fail": Setting(settings.on_fail),
}
"""Those that only `FOR_EACH` has; beside them there is `in`, which is an expression."""


@dataclass
class Condition:
    """What a relationship says about being taken, beside its type. `entry` is the `when`, not compiled yet.

    For a `FOR_EACH`, `items` is the `in`, and `loop` has the other fields of `core.recipe.Loop`.
    """

    type: RelationshipType = "ON_SUCCESS"
    entry: syntax.MapEntry | None = None
    branch: str | None = None
    branch_at: Place | None = None
    otherwise: bool = False
    items: syntax.MapEntry | None = None
    loop: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """Where the name of each property stands."""

    @property
    def conditional(self) -> bool:
        """Whether it says more than its type about being taken, `otherwise` aside."""
        return self.entry is not None or self.branch is not None


def plan_relationship(drawn: DraftRelationship, report: Report, *, usual: RelationshipType = "ON_SUCCESS") -> Condition:
    """What `drawn` says. What is wrong with it is reported, and read as if it were not there; `usual` is the type that
    is proposed to whoever wrote none."""
    _check_form(drawn, report)
    condition = Condition(type=_type(drawn, report, usual))
    for entry in drawn.entries:
        _read(entry, condition, report, drawn.target)
    if condition.type == "FOR_EACH" and condition.items is None:
        sentence = "`FOR_EACH` needs a list to go over: `{item: 'page', in: list.pages}`."
        report.add("loop_without_list", sentence, drawn.place, node=drawn.target)
    if condition.otherwise and condition.conditional:
        sentence = "`otherwise` means that no sibling was taken, so it cannot have a `when` or a `branch` of its own."
        report.add("otherwise_with_when", sentence, condition.places["otherwise"], node=drawn.target)
    return condition


def _check_form(drawn: DraftRelationship, report: Report) -> None:
    pattern = drawn.pattern
    if pattern.direction == "either":
        sentence = "a relationship leads from one node to the next: write `->` at its end, or `<-` at its beginning."
        report.add("relationship_direction", sentence, drawn.place, node=drawn.target)
    if pattern.hops is not None:
        sentence = "`*` looks for paths of any length, but a recipe draws each relationship."
        report.add("pattern_refused", sentence, pattern.hops.place, node=drawn.target)
    if len(pattern.types) > 1:
        sentence = "a relationship has one type: draw one for each."
        report.add("pattern_refused", sentence, pattern.types[1].place, node=drawn.target)


def _type(drawn: DraftRelationship, report: Report, usual: RelationshipType) -> RelationshipType:
    """The type, or the usual one for one that is reported."""
    if drawn.type is None:
        if not drawn.pattern.types:
            _report_missing_type(drawn, report, usual)
        return usual
    name, place = drawn.type.text, drawn.type.place
    if name not in TYPES:
        message = f"no relationship type `{name}`"
        report.add_unknown("unknown_relationship_type", message, place, name, TYPES, node=drawn.target)
        return usual
    return name


def _report_missing_type(drawn: DraftRelationship, report: Report, usual: RelationshipType) -> None:
    bare = drawn.pattern.variable is None and not drawn.entries and drawn.pattern.direction != "either"
    arrow = f"<-[:{usual}]-" if drawn.pattern.direction == "left" else f"-[:{usual}]->"
    sentence = f"a relationship needs a type that says when it is taken, for example `-[:{usual}]->`."
    fix = TextEdit(drawn.place, arrow) if bare else None
    report.add("missing_relationship_type", sentence, drawn.place, node=drawn.target, fix=fix)


def _read(entry: syntax.MapEntry, condition: Condition, report: Report, node: str) -> None:
    name = entry.key.text
    if name in condition.places:
        report.add("property_twice", f"`{name}` is given twice.", entry.key.place, node=node)
    elif name == "when":
        condition.entry = entry
    elif name == "in" and condition.type == "FOR_EACH":
        condition.items = entry
    elif name in LOOP_PROPERTIES and condition.type == "FOR_EACH":
        value = read_setting(entry, LOOP_PROPERTIES[name], report, node)
        condition.loop |= {name: value} if value is not None else {}
    elif name in PROPERTIES:
        value = read_setting(entry, PROPERTIES[name], report, node)
        if value is not None:
            setattr(condition, name, value)
            condition.branch_at = entry.value.place if name == "branch" else condition.branch_at
    else:
        message = f"a relationship `{condition.type}` has no property `{name}`"
        known = ("when", *PROPERTIES, *(("in", *LOOP_PROPERTIES) if condition.type == "FOR_EACH" else ()))
        report.add_unknown("unknown_relationship_property", message, entry.key.place, name, known, node=node)
    condition.places[name] = entry.key.place
