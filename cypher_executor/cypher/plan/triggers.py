"""Triggers: the nodes with the labels `webhook` and `cron`, and the `STARTS` relationships that leave them.

They are told apart from the rest of the drawing here, because nothing else is true of them: they have no part and no
output, nothing leads to them, and what they lead to does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cypher_executor.core.triggers import Schedule, Webhook
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.draft import Draft, DraftNode, DraftRelationship
from cypher_executor.cypher.plan.relationships import Condition, plan_relationship
from cypher_executor.cypher.plan.trigger_settings import TABLES, read_trigger
from cypher_executor.cypher.report import Report
from cypher_executor.errors import TextEdit

STARTS: Final = "STARTS"


@dataclass(frozen=True, slots=True)
class Divided:
    """A drawing in two: the nodes and relationships of the graph that runs, and what starts it.

    The relationships of each half are numbered on their own. `starting` are those that leave a trigger.
    """

    nodes: Mapping[str, DraftNode]
    relationships: list[DraftRelationship]
    triggers: Mapping[str, DraftNode]
    starting: list[DraftRelationship]


def divide(draft: Draft, report: Report) -> Divided:
    """Tells the triggers from the rest. Relationships that do not fit to their ends are reported, and left out."""
    triggers = {name: node for name, node in draft.nodes.items() if node.part is not None and node.part.text in TABLES}
    divided = Divided({n: node for n, node in draft.nodes.items() if n not in triggers}, [], triggers, [])
    for drawn in draft.relationships:
        if drawn.target in triggers:
            _refuse_entering(drawn, report)
        elif drawn.source in triggers:
            divided.starting.append(_as_start(drawn, report))
        elif drawn.type is not None and drawn.type.text == STARTS:
            _refuse_start(drawn, report)
        else:
            divided.relationships.append(replace(drawn, index=len(divided.relationships)))
    return divided


def _refuse_entering(drawn: DraftRelationship, report: Report) -> None:
    sentence = f"`{drawn.target}` is a trigger, so nothing in a recipe leads to it: it is set off from outside."
    report.add("trigger_entered", sentence, drawn.place, node=drawn.target)


def _as_start(drawn: DraftRelationship, report: Report) -> DraftRelationship:
    """What leaves a trigger, as the `STARTS` that it is or should be."""
    if drawn.type is None or drawn.type.text == STARTS:
        return drawn  # without a type: told with the other things that are wrong with relationships
    sentence = f"`{drawn.source}` is a trigger, which is left by `STARTS`: it neither succeeds nor fails."
    fix = TextEdit(drawn.type.place, STARTS)
    report.add("starts_misplaced", sentence, drawn.type.place, node=drawn.target, did_you_mean=STARTS, fix=fix)
    return replace(drawn, type=syntax.Name(drawn.type.place, STARTS))


def _refuse_start(drawn: DraftRelationship, report: Report) -> None:
    assert drawn.type is not None
    sentence = f"`STARTS` leaves a trigger (`:webhook` or `:cron`), and `{drawn.source}` is none: use `ON_SUCCESS`."
    fix = TextEdit(drawn.type.place, "ON_SUCCESS")
    report.add("starts_misplaced", sentence, drawn.type.place, node=drawn.target, did_you_mean="ON_SUCCESS", fix=fix)


@dataclass(frozen=True, slots=True)
class ReadTrigger:
    """A trigger and the conditions of what leaves it. `settings` is None when something in them is reported."""

    drawn: DraftNode
    settings: Webhook | Schedule | None
    starts: tuple[tuple[DraftRelationship, Condition], ...]


def plan_triggers(divided: Divided, report: Report) -> list[ReadTrigger]:
    """What the triggers say."""
    found, by_source = [], dict[str, list[DraftRelationship]]()
    for drawn_start in divided.starting:
        by_source.setdefault(drawn_start.source, []).append(drawn_start)
    for name, drawn in divided.triggers.items():
        leaving = by_source.get(name, [])
        if not leaving:
            sentence = f"`{name}` starts nothing: draw `-[:STARTS]->` to the node that it begins with."
            report.add("trigger_without_start", sentence, drawn.place, node=name)
        starts = tuple(_start(replace(each, index=index), report) for index, each in enumerate(leaving))
        found.append(ReadTrigger(drawn, read_trigger(drawn, report), starts))
    _check_paths(found, report)
    return found


def _start(drawn: DraftRelationship, report: Report) -> tuple[DraftRelationship, Condition]:
    condition = plan_relationship(drawn, report, usual=STARTS)
    if "branch" in condition.places:
        sentence = "a trigger has no output, and so no `branch`: use `when`, which may read `$input` and `$trigger`."
        report.add("starts_misplaced", sentence, condition.places["branch"], node=drawn.target)
    return drawn, condition


def _check_paths(triggers: Iterable[ReadTrigger], report: Report) -> None:
    """One address starts one thing: hooks may share a path if their methods differ."""
    taken: dict[tuple[str, str], str] = {}
    for drawn, hook in ((each.drawn, each.settings) for each in triggers):
        if not isinstance(hook, Webhook):
            continue
        others = [taken[hook.path, method] for method in hook.methods if (hook.path, method) in taken]
        if others:
            sentence = f"`{others[0]}` has the path '{hook.path}' already, with the same method."
            report.add("hook_path_twice", sentence, drawn.place, node=drawn.name)
        taken.update({(hook.path, method): drawn.name for method in hook.methods})
