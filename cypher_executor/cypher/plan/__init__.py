"""Planning: from the syntax tree of a text to the graph that a run follows.

The stages, each in a module of its own:

    graph_form      the other form of a recipe, turned into the one that authors write
    clauses         which clauses a recipe may have
    draft           the graph that the patterns draw together, appearances of a name merged
    triggers        what starts the graph, told apart from it (trigger_settings: what triggers say)
    nodes           parts, inputs and what steers a node (steering), read from its property map
    relationships   types and conditions
    recipe_node     what the :Recipe node says of the whole
    result          the columns of RETURN
    assemble        expressions compiled, and all of it as a `core.recipe.Recipe`

Between `result` and `assemble` stand the checks, which need all of the graph and the places in the text. Whatever is
wrong is reported and then read as if it were not there, so that one mistake does not hide the next.
"""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.clauses import sort_clauses
from cypher_executor.cypher.plan.draft import DraftRelationship, draft
from cypher_executor.cypher.plan.graph_form import read_graph_form
from cypher_executor.cypher.plan.nodes import plan_node
from cypher_executor.cypher.plan.planned import Planned, PlannedLoop, PlannedRelationship, PlannedTrigger, Reading
from cypher_executor.cypher.plan.recipe_node import plan_recipe_node, plan_recipe_share
from cypher_executor.cypher.plan.relationships import Condition, plan_relationship
from cypher_executor.cypher.plan.result import plan_result
from cypher_executor.cypher.plan.triggers import ReadTrigger, divide, plan_triggers
from cypher_executor.cypher.report import Report


def plan(script: syntax.Script, report: Report, *, complete: bool = True) -> Planned:
    """What `script` says, as far as it can be understood. `complete` says that it holds all of a text."""
    clauses = sort_clauses(read_graph_form(script, report), report)
    drawing = draft(clauses.paths, report)
    divided = divide(drawing, report)
    return Planned(
        drawing,
        plan_recipe_node(drawing.recipe, report),
        {name: plan_node(drawn, report) for name, drawn in divided.nodes.items()},
        [_relationship(drawn, plan_relationship(drawn, report)) for drawn in divided.relationships],
        plan_result(clauses.result, report),
        {read.drawn.name: _trigger(read) for read in plan_triggers(divided, report)},
        complete and clauses.complete,
        plan_recipe_share(drawing.recipe, report),
    )


def _trigger(read: ReadTrigger) -> PlannedTrigger:
    return PlannedTrigger(read.drawn, read.settings, [_relationship(*start) for start in read.starts])


def _relationship(drawn: DraftRelationship, condition: Condition) -> PlannedRelationship:
    when = condition.entry.value if condition.entry is not None else None
    reading = None if when is None else Reading(when, after=drawn.source, inclusive=True, step=drawn.target)
    if reading is not None:
        reading.collected = condition.type == "COLLECT"
    return PlannedRelationship(drawn, condition, reading, _loop(drawn, condition))


def _loop(drawn: DraftRelationship, condition: Condition) -> PlannedLoop | None:
    if condition.items is None:
        return None
    items = Reading(condition.items.value, after=drawn.source, inclusive=True, step=drawn.target)
    return PlannedLoop(items, condition.loop)
