"""Relationships: from what is drawn between two nodes to when it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from cypher_executor.core.recipe import RelationshipType
from cypher_executor.cypher import syntax
from cypher_executor.cypher.places import end_of, start_of
from cypher_executor.cypher.plan import settings
from cypher_executor.cypher.plan.draft import DraftRelationship
from cypher_executor.cypher.plan.settings import Setting, read_setting
from cypher_executor.cypher.relation_words import KINDS
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

_ALSO_PROPERTIES: Mapping[str, str] = {
    **dict.fromkeys(("if", "condition", "where", "條件", "条件"), "when"),
    **dict.fromkeys(("else", "default", "否則", "否则"), "otherwise"),
    **dict.fromkeys(("label", "case", "分支"), "branch"),
}
_ALSO_OF_LOOPS: Mapping[str, str] = {
    **_ALSO_PROPERTIES,
    **dict.fromkeys(("list", "items", "of", "over"), "in"),
    **dict.fromkeys(("as", "name", "var"), "item"),
    **dict.fromkeys(("on_item_fail", "on_error", "on_failure"), "on_fail"),
}
"""What other languages call these properties."""

_MEANT: Mapping[str, str] = {
    "success": "ON_SUCCESS", "fail": "ON_FAIL", "complete": "ON_COMPLETE", "each": "FOR_EACH",
    "otherwise": "ON_SUCCESS {otherwise: true}", "true": "ON_SUCCESS {branch: 'true'}",
    "false": "ON_SUCCESS {branch: 'false'}",
}  # fmt: skip
_ALSO_TYPES: Mapping[str, str] = {
    **{word.lower(): _MEANT[kind] for word, kind in KINDS.items() if kind in _MEANT},
    **dict.fromkeys(("always", "finally", "on_finally", "on_done"), "ON_COMPLETE"),
}
"""What relationships are called elsewhere; with the property that some of these words stand for."""


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
        name = syntax.Name(drawn.place, "in")  # so that what is named after its items is no mistake of its own
        condition.items = syntax.MapEntry(drawn.place, name, syntax.Parameter(drawn.place, "input"))
    if condition.otherwise and condition.conditional:
        sentence = "`otherwise` means that no sibling was taken, so it cannot have a `when` or a `branch` of its own."
        report.add("otherwise_with_when", sentence, condition.places["otherwise"], node=drawn.target)
    return condition


def _check_form(drawn: DraftRelationship, report: Report) -> None:
    pattern = drawn.pattern
    if pattern.direction in ("either", "both") and not _is_bare(drawn):
        sentence = "a relationship leads from one node to the next: write `->` at its end, or `<-` at its beginning."
        fix = TextEdit(end_of(pattern), ">") if pattern.direction == "either" else None
        report.add("relationship_direction", sentence, drawn.place, node=drawn.target, fix=fix)
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
    if name in TYPES:
        return name
    message, meant = f"no relationship type `{name}`", _ALSO_TYPES.get(name.lower())
    if meant is None:
        report.add_unknown("unknown_relationship_type", message, place, name, TYPES, node=drawn.target)
    else:
        fix = TextEdit(place, meant) if meant in TYPES or drawn.pattern.properties is None else None
        report.add("unknown_relationship_type", f"{message}; did you mean `{meant}`?", place, node=drawn.target,
                   did_you_mean=meant, fix=fix)  # fmt: skip
    return usual


def _report_missing_type(drawn: DraftRelationship, report: Report, usual: RelationshipType) -> None:
    variable, properties = drawn.pattern.variable, drawn.pattern.properties
    meant = _type_named(variable.text) if variable is not None else None
    if variable is not None and meant is not None:
        sentence = f"a relationship type follows a colon: write `[:{meant}]`."
        return report.add("colon_missing", sentence, variable.place, node=drawn.target, did_you_mean=f":{meant}",
                          fix=TextEdit(variable.place, f":{meant}"))  # fmt: skip
    fix = None
    if _is_bare(drawn):
        arrow = f"<-[:{usual}]-" if drawn.pattern.direction == "left" else f"-[:{usual}]->"
        fix = TextEdit(drawn.place, arrow)
    elif variable is not None:
        fix = TextEdit(end_of(variable), f":{usual}")
    elif properties is not None:
        fix = TextEdit(start_of(properties), f":{usual} ")
    sentence = f"a relationship needs a type that says when it is taken, for example `-[:{usual}]->`."
    report.add("missing_relationship_type", sentence, drawn.place, node=drawn.target, fix=fix)
    return None


def _is_bare(drawn: DraftRelationship) -> bool:
    """Whether a relationship is only an arrow, or not even that."""
    pattern = drawn.pattern
    return not pattern.types and pattern.variable is None and pattern.properties is None and pattern.hops is None


def _type_named(word: str) -> str | None:
    """The type that a word without a colon is, but for its case."""
    return next((each for each in TYPES if each.lower() == word.lower()), None)


def _read(entry: syntax.MapEntry, condition: Condition, report: Report, node: str) -> None:
    name, is_loop = entry.key.text, condition.type == "FOR_EACH"
    known = ("when", *PROPERTIES, *(("in", *LOOP_PROPERTIES) if is_loop else ()))
    if name in condition.places:
        report.add("property_twice", f"`{name}` is given twice.", entry.key.place, node=node)
    elif name in known:
        _keep(entry, condition, report, node)
    else:
        message = f"a relationship `{condition.type}` has no property `{name}`"
        code, also = "unknown_relationship_property", _ALSO_OF_LOOPS if is_loop else _ALSO_PROPERTIES
        meant = report.add_unknown(code, message, entry.key.place, name, known, node=node, also=also)
        if meant is not None and meant not in condition.places:  # so that nothing else seems to be missing
            _keep(replace(entry, key=syntax.Name(entry.key.place, meant)), condition, report, node)
            condition.places[meant] = entry.key.place
    condition.places[name] = entry.key.place


def _keep(entry: syntax.MapEntry, condition: Condition, report: Report, node: str) -> None:
    name = entry.key.text
    if name == "when":
        condition.entry = entry
    elif name == "in":
        condition.items = entry
    elif name in LOOP_PROPERTIES:
        value = read_setting(entry, LOOP_PROPERTIES[name], report, node)
        condition.loop |= {name: value} if value is not None else {}
    else:
        value = read_setting(entry, PROPERTIES[name], report, node)
        if value is not None:
            setattr(condition, name, value)
            condition.branch_at = entry.value.place if name == "branch" else condition.branch_at
