"""Nodes: from a label and a map to a part, what steers it, and what feeds it."""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.draft import DraftNode
from cypher_executor.cypher.plan.planned import PlannedLoop, PlannedNode, PlannedRepeat, PlannedShare, Reading
from cypher_executor.cypher.plan.steering import Properties, sort_properties
from cypher_executor.cypher.report import Report


def plan_node(drawn: DraftNode, report: Report) -> PlannedNode:
    """What `drawn` says."""
    entries = drawn.properties.entries if drawn.properties is not None else ()
    properties = sort_properties(entries, report, drawn.name)
    inputs = _inputs(drawn, properties)
    node = PlannedNode(drawn, properties.steering, inputs, properties.places)
    node.readings = {name: _reading(entry, drawn.name) for name, entry in (inputs or {}).items()}
    if properties.items is not None:
        node.for_each = PlannedLoop(_reading(properties.items, drawn.name, in_loop=False), properties.loop)
    if properties.until is not None:
        until = properties.until.value
        reading = Reading(until, after=drawn.name, inclusive=True, step=drawn.name, in_loop=True)
        node.repeat = PlannedRepeat(reading, properties.repeat)
    if properties.share_key is not None or properties.share_limit is not None:
        key = None if properties.share_key is None else _reading(properties.share_key, drawn.name)
        node.share = PlannedShare(properties.share_limit or 1, key)
    return node


def _inputs(drawn: DraftNode, properties: Properties) -> dict[str, syntax.MapEntry] | None:
    """A map that only steers is no map: the node is fed by its predecessors. An empty map is one."""
    if drawn.properties is None or (drawn.properties.entries and not properties.inputs):
        return None
    return properties.inputs


def _reading(entry: syntax.MapEntry, node: str, *, in_loop: bool = True) -> Reading:
    return Reading(entry.value, after=node, step=node, templates=True, in_loop=in_loop)
