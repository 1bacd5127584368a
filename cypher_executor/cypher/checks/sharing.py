"""Steps that share something with those of other runs: an output kept (`cache`), a limit (`concurrency_key`)."""

from __future__ import annotations

from collections.abc import Mapping

from cypher_executor.core.parts import Part
from cypher_executor.cypher.plan.planned import Planned, PlannedNode
from cypher_executor.cypher.report import Report


def check_caching(planned: Planned, parts: Mapping[str, Part], report: Report) -> None:
    """Only what has no effects may be left out because it was done before."""
    for node in planned.nodes.values():
        part = parts.get(node.part.text) if node.part is not None else None
        if "cache" in node.places and part is not None and not part.pure:
            sentence = f"part `{part.name}` calls out, so doing without a call is not the same: take `cache` out."
            report.add("cache_with_effects", sentence, node.places["cache"], node=node.name)


_WAITS = frozenset({"wait", "wait_for_callback", "wait_for_workflows"})
_OF_SHARES = ("concurrency_key", "concurrency_limit")


def check_sharing(planned: Planned, report: Report) -> None:
    """A key without a limit could mean several things, so it is said which; what only waits is not limited."""
    for node in planned.nodes.values():
        _tell_unlimited(node, report)
        if "concurrency_key" in node.places and "concurrency_limit" not in node.places:
            sentence = "`concurrency_key` needs `concurrency_limit`: how many steps with the same key may run at once."
            report.add("missing_setting", sentence, node.places["concurrency_key"], node=node.name)


def _tell_unlimited(node: PlannedNode, report: Report) -> None:
    if node.part is None or node.part.text not in _WAITS:
        return
    for name in _OF_SHARES:
        if name in node.places:
            sentence = f"`{name}` limits work, and `{node.part.text}` only waits: put it on the nodes behind it."
            report.add("setting_without_effect", sentence, node.places[name], node=node.name)
