"""Names in expressions: nodes must be upstream, parameters should be known.

Which nodes are upstream is worked out for all expressions in one pass over the graph, with one bit for each node that
any expression names: what a node can see is what its predecessors can see, and these. Behind a `COLLECT` the whole body
of the loop has ended, so all of it can be seen there. Inside of a loop its item has a name as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cypher_executor.core.regions import Path
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, Reading
from cypher_executor.cypher.report import Report

_RUN = ("$input", "$trigger")
_NOTHING = {"none": "null", "nil": "null", "undefined": "null"}
"""What other languages call null."""


def check_names(planned: Planned, report: Report) -> None:
    """Reports names that are not upstream of the expression that uses them."""
    bits = _bits(planned)
    visible = _visible(planned, bits)
    for reading in planned.readings():
        items = set(items_named(planned, reading))
        for variable in reading.references.variables:
            if variable.name not in items and not _sees(
                planned, reading, variable.name, bits.get(variable.name, 0), visible
            ):
                _report_name(planned, reading, variable, report)


def items_named(planned: Planned, reading: Reading) -> Iterator[str]:
    """The names that the loops around an expression give to their items, and to the places of these."""
    if reading.after is None:
        return
    path = planned.loops.paths.get(reading.after, ())
    yield from planned.loops.named(path[:-1] if reading.collected else path)
    own = planned.nodes[reading.after].for_each
    if own is not None and reading.in_loop:
        yield from own.names


def _bits(planned: Planned) -> dict[str, int]:
    """One bit for each node that is named in an expression."""
    named = dict.fromkeys(v.name for reading in planned.readings() for v in reading.references.variables)
    return {name: 1 << number for number, name in enumerate(name for name in named if name in planned.nodes)}


def _visible(planned: Planned, bits: dict[str, int]) -> list[int]:
    """For each node by its number, the bits of the nodes upstream of it."""
    graph, own = planned.graph, [bits.get(name, 0) for name in planned.names]
    visible = _collected(planned, bits)
    for component in graph.components:
        seen = _union(visible[p] | own[p] for node in component for p in graph.predecessors[node])
        for node in component:
            visible[node] |= seen
        if len(component) > 1:  # a cycle is reported as such, and not once more for each of its names
            seen |= _union(own[node] for node in component)
            for node in component:
                visible[node] |= seen
    return visible


def _collected(planned: Planned, bits: dict[str, int]) -> list[int]:
    """For each node by its number, the bits of the nodes in the loops that are collected there."""
    paths, bodies = planned.loops.paths, dict[Path, int]()
    for name, bit in bits.items():
        for depth in range(1, len(paths[name]) + 1):
            bodies[paths[name][:depth]] = bodies.get(paths[name][:depth], 0) | bit
    collected = [0] * len(planned.names)
    for relationship in (r for r in planned.relationships if r.type == "COLLECT"):
        collected[planned.numbers[relationship.target]] |= bodies.get(paths[relationship.source], 0)
    return collected


def _union(sets: Iterable[int]) -> int:
    union = 0
    for each in sets:
        union |= each
    return union


def _sees(planned: Planned, reading: Reading, name: str, bit: int, visible: list[int]) -> bool:
    if not bit or reading.after is None:
        return bool(bit)
    return bool(visible[planned.numbers[reading.after]] & bit) or (reading.inclusive and name == reading.after)


def _report_name(planned: Planned, reading: Reading, variable: syntax.Variable, report: Report) -> None:
    name = variable.name

    def visible() -> Iterable[str]:
        return (
            *items_named(planned, reading),
            *_visible_names(planned, reading),
            *_RUN,
            *(f"${p}" for p in planned.parameters or ()),
        )

    if name in planned.triggers:
        sentence = f"`{name}` is a trigger, which has no output: `$trigger` says how a run began, `$input` what with."
        report.add("trigger_named", sentence, variable.place, node=reading.step)
    elif name not in planned.nodes and name in planned.item_names:
        sentence = f"`{name}` is the item of a loop (or its place), which has this name only inside of the loop."
        report.add("item_outside_loop", sentence, variable.place, node=reading.step)
    elif name not in planned.nodes:
        message = f"no node `{name}` in this recipe"
        report.add_unknown("unknown_name", message, variable.place, name, visible, node=reading.step, also=_NOTHING)
    elif name == reading.step and not reading.inclusive:
        sentence = f"`{name}` cannot read its own output, which it does not have before it has run."
        report.add("not_upstream", sentence, variable.place, node=reading.step)
    else:
        reader = f"`{reading.step}`" if reading.after == reading.step else "the source of this relationship"
        message = f"`{name}` is not upstream of {reader}, so it may not have ended when this is evaluated"
        report.add_unknown("not_upstream", message, variable.place, name, visible, node=reading.step)


def _visible_names(planned: Planned, reading: Reading) -> list[str]:
    """All names that this expression may use. Slow, so only for those who made a mistake."""
    if reading.after is None:
        return planned.names
    number = planned.numbers[reading.after]
    numbers = planned.graph.upstream(number) | ({number} if reading.inclusive else set())
    return [planned.names[n] for n in sorted(numbers)]


def check_parameters(planned: Planned, report: Report) -> None:
    """Reports parameters that the input schema does not know. They are null in every run."""
    known = planned.parameters
    if known is None:
        return
    always = ("input", "trigger")
    for reading in (*planned.readings(), *planned.conditions_of_starts()):
        for parameter in reading.references.parameters:
            if parameter.name not in known and parameter.name not in always:
                message = f"the input of this recipe has no `{parameter.name}`, so `${parameter.name}` is null"
                _add_parameter(message, parameter, [f"${p}" for p in (*known, *always)], reading, report)


def _add_parameter(
    message: str, parameter: syntax.Parameter, known: list[str], reading: Reading, report: Report
) -> None:
    report.add_unknown(
        "unknown_parameter", message, parameter.place, f"${parameter.name}", lambda: known, node=reading.step
    )
