"""Nodes against the manifests of their parts: the part exists, it declares the inputs that it is given, it is given
those that it requires, and constants have the type that it wants."""

from __future__ import annotations

from collections.abc import Mapping

from cypher_executor.core.parts import Part
from cypher_executor.cypher import syntax
from cypher_executor.cypher.checks.engine_parts import check_engine_inputs
from cypher_executor.cypher.checks.fit import Misfit, misfits
from cypher_executor.cypher.plan.planned import Planned, PlannedNode
from cypher_executor.cypher.plan.steering import RESERVED
from cypher_executor.cypher.plan.trigger_settings import TABLES
from cypher_executor.cypher.report import Report
from cypher_executor.errors import nearest


def check_parts(planned: Planned, parts: Mapping[str, Part], report: Report) -> None:
    """Reports parts that do not exist and inputs that do not fit."""
    for node in planned.nodes.values():
        label = node.part
        if label is None:
            continue
        part = parts.get(label.text)
        if part is None:
            message = f"no part `{label.text}`"
            known = parts if nearest(label.text, TABLES) is None else (*parts, *TABLES)
            text_at = label.place if isinstance(label, syntax.QuotedName) else None
            report.add_unknown("unknown_part", message, label.place, label.text, known, node=node.name, text_at=text_at)
        elif node.inputs is not None:
            _check_inputs(node, node.inputs, part, label, report)


def _check_inputs(
    node: PlannedNode, inputs: Mapping[str, syntax.MapEntry], part: Part, label: syntax.Name, report: Report
) -> None:
    properties = part.input.get("properties", {})
    fitting, meant = [], set[str | None]()
    for name, entry in inputs.items():
        if name in properties:
            if _check_value(node, name, entry, part, report):
                fitting.append(name)
        elif part.input.get("additionalProperties") is False:
            message = f"part `{part.name}` has no input `{name}`"
            found = report.add_unknown(
                "unknown_input", message, entry.key.place, name, properties, node=node.name, besides=RESERVED
            )
            meant.add(found)
    for name in part.input.get("required", ()):
        if name not in inputs and name not in meant:
            sentence = f"part `{part.name}` needs the input `{name}`, which is not given."
            report.add("missing_input", sentence, label.place, node=node.name)
    check_engine_inputs(node, part.name, fitting, report)


def _check_value(node: PlannedNode, name: str, entry: syntax.MapEntry, part: Part, report: Report) -> bool:
    """Whether a value may fit; reports what certainly does not."""
    schema = part.input["properties"][name]
    if not isinstance(schema, Mapping):
        return True
    found = misfits(entry.value, schema, entry.key.place, name, part.input)
    for misfit in found:
        _report(node, misfit, report)
    return not found


def _report(node: PlannedNode, misfit: Misfit, report: Report) -> None:
    if misfit.written is None:
        report.add("input_type", f"{misfit.message}.", misfit.place, node=node.name)
    else:
        known = misfit.known if misfit.text_at is None else lambda: misfit.known
        at = misfit.text_at
        report.add_unknown(
            "input_type", misfit.message, misfit.place, misfit.written, known, node=node.name, text_at=at
        )
