"""The last stage: what was planned becomes the recipe that a run follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cypher_executor.core.recipe import (
    Digest,
    Expression,
    Loop,
    Node,
    Recipe,
    Relationship,
    Repeat,
    Share,
    Trigger,
)
from cypher_executor.cypher.digest import digest_of
from cypher_executor.cypher.plan.planned import (
    Planned,
    PlannedLoop,
    PlannedNode,
    PlannedRelationship,
    PlannedShare,
    Reading,
)
from cypher_executor.cypher.plan.readings import CompiledReadings
from cypher_executor.cypher.plan.secrets import secrets_of


def assemble(planned: Planned, compiled: CompiledReadings, text: str, name: str | None) -> Recipe:
    """The recipe. `compiled` holds every reading of `planned`; `name` is what a file or a request calls it."""
    recipe = Recipe(
        nodes={node.name: _node(node, compiled) for node in planned.nodes.values()},
        relationships=tuple(_relationship(r, compiled) for r in planned.relationships),
        digest=Digest(""),
        text=text,
        returns=_returns(planned, compiled),
        triggers=tuple(_triggers(planned, compiled)),
        share=_share(planned.share, compiled),
        secrets=tuple(sorted(secrets_of(planned))),
        **{"name": name, **planned.settings},
    )
    return replace(recipe, digest=digest_of(recipe, written_name=planned.settings.get("name")))


def _node(node: PlannedNode, compiled: CompiledReadings) -> Node:
    labels = tuple(label.text for label in node.drawn.labels)
    inputs = None if node.inputs is None else tuple((n, compiled[id(r)]) for n, r in node.readings.items())
    repeat = None if node.repeat is None else Repeat(compiled[id(node.repeat.until)], **node.repeat.settings)
    return Node(
        node.name,
        labels[0] if labels else None,
        inputs,
        labels[1:],
        **node.steering,
        for_each=_loop(node.for_each, compiled),
        repeat=repeat,
        share=_share(node.share, compiled),
    )


def _share(share: PlannedShare | None, compiled: CompiledReadings) -> Share | None:
    return None if share is None else Share(share.limit, _when(share.key, compiled))


def _triggers(planned: Planned, compiled: CompiledReadings) -> Iterator[Trigger]:
    for name, trigger in planned.triggers.items():
        assert trigger.settings is not None, "what is wrong with it was reported"
        starts = tuple(_relationship(start, compiled) for start in trigger.starts)
        yield Trigger(name, trigger.settings, starts, tuple(label.text for label in trigger.drawn.labels[1:]))


def _loop(loop: PlannedLoop | None, compiled: CompiledReadings) -> Loop | None:
    return None if loop is None else Loop(compiled[id(loop.items)], **loop.settings)


def _relationship(relationship: PlannedRelationship, compiled: CompiledReadings) -> Relationship:
    drawn, condition = relationship.drawn, relationship.condition
    return Relationship(
        drawn.index,
        drawn.source,
        condition.type,
        drawn.target,
        _when(relationship.when, compiled),
        condition.branch,
        condition.otherwise,
        _loop(relationship.loop, compiled),
    )


def _when(reading: Reading | None, compiled: CompiledReadings) -> Expression | None:
    return None if reading is None else compiled[id(reading)]


def _returns(planned: Planned, compiled: CompiledReadings) -> tuple[tuple[str, Expression], ...] | None:
    if planned.columns is None:
        return None
    return tuple((column.name, compiled[id(column.reading)]) for column in planned.columns)
