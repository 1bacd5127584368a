"""`secret('NAME')` and `callbackUrl('node')`: what they name must be known before a run, so that it can be seen what a
recipe needs, and must be there."""

from __future__ import annotations

from collections.abc import Mapping

from cypher_executor.core.grants import SECRET_NAME
from cypher_executor.core.parts import Part
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, PlannedNode, Reading
from cypher_executor.cypher.plan.secrets import calls_of, constant_argument
from cypher_executor.cypher.report import Report

WAITS = "wait_for_callback"
"""The part that does nothing but wait for a callback."""


def check_secrets(planned: Planned, report: Report) -> None:
    """Each is named by a constant, and granted. (A recipe that says nothing of a secret grants it to nobody.)"""
    granted = (planned.settings.get("grants") or {}).get("secrets", ())
    for reading, call in calls_of(planned, "secret"):
        name = _constant(reading, call, "secret('NAME')", report)
        if name is None:
            continue
        place = call.arguments[0].place
        if not SECRET_NAME.fullmatch(name):
            sentence = "the name of a secret has letters, digits and `_`, 64 at most."
            report.add("invalid_name", sentence, place, node=reading.step)
        elif name not in granted:
            sentence = f"the recipe does not grant this secret: write `grants: {{secrets: ['{name}']}}` into `:Recipe`."
            report.add("secret_not_granted", sentence, place, node=reading.step)


def check_callbacks(planned: Planned, parts: Mapping[str, Part] | None, report: Report) -> None:
    """Each names a node that waits, in the same loops or outside of them: elsewhere it would not be one step."""
    for reading, call in calls_of(planned, "callbackurl"):
        name = _constant(reading, call, "callbackUrl('node')", report)
        if name is not None:
            _check_callback(planned, parts, reading, call, name, report)


def _check_callback(
    planned: Planned,
    parts: Mapping[str, Part] | None,
    reading: Reading,
    call: syntax.FunctionCall,
    name: str,
    report: Report,
) -> None:
    place, node = call.arguments[0].place, planned.nodes.get(name)
    if node is None or not _may_wait(node, parts):
        waiting = [each.name for each in planned.nodes.values() if _may_wait(each, parts)]
        message = f"no node '{name}' of this recipe waits for a callback"
        report.add_unknown("not_waiting", message, place, name, waiting, node=reading.step, text_at=place)
    elif not _is_one_step(planned, reading, node):
        sentence = f"`{name}` is in a loop and waits once for each item: ask for its address in the same loop."
        report.add("not_waiting", sentence, place, node=reading.step)


def _may_wait(node: PlannedNode, parts: Mapping[str, Part] | None) -> bool:
    """A part that may call out may ask to wait. Which parts there are is not always known."""
    if node.part is None or node.part.text == WAITS:
        return node.part is not None
    part = (parts or {}).get(node.part.text)
    return parts is None or (part is not None and part.grants.callback)


def _is_one_step(planned: Planned, reading: Reading, node: PlannedNode) -> bool:
    if node.for_each is not None:
        return reading.after == node.name and reading.in_loop
    around = planned.loops.paths[node.name]
    here = planned.loops.paths.get(reading.after or "", ())
    return here[: len(around)] == around


def _constant(reading: Reading, call: syntax.FunctionCall, example: str, report: Report) -> str | None:
    name = constant_argument(call)
    if name is None and len(call.arguments) == 1:  # another number of them is told with all calls
        sentence = f"this must be a text in quotes, as in `{example}`: it is read before the recipe runs."
        report.add("constant_expected", sentence, call.arguments[0].place, node=reading.step)
    return name
