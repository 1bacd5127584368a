"""What steers a node: the reserved properties, which say how a step is run and are not inputs of its part.

A part's input that has the name of a reserved property is written `` `in.timeout` ``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cypher_executor.core.recipe import Join, Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.settings import TIME_LIMIT, Setting, read_retry, read_setting
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place

ESCAPE = "in."
"""Before a reserved name: this is an input after all."""

_LOOP = "handle the whole list in one node, with a list comprehension or a part that takes lists"
NOT_YET = {
    "for_each": _LOOP,
    "as": _LOOP,
    "concurrency": _LOOP,
    "on_item_fail": _LOOP,
    "repeat": "use `retry`, or a recipe that triggers itself with a bound",
    "cache": "take it out: the node is then run every time",
    "concurrency_key": "take it out, and limit how many runs there are where they are started",
    "concurrency_limit": "take it out, and limit how many runs there are where they are started",
}
"""Reserved properties that this version cannot follow, and what to use instead."""


def read_join(value: Value) -> Join:
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # whether it is in range is seen when the relationships are known
    if value in ("all", "any", "settled"):
        return value  # type: ignore[no-any-return]
    raise ValueError("this must be 'all', 'any', 'settled' or a number of relationships")


_CONSTANTS = {
    "timeout": ("timeout_ms", TIME_LIMIT),
    "deadline": ("deadline_ms", TIME_LIMIT),
    "join": ("join", Setting(read_join)),
}
RESERVED = frozenset({"retry", *_CONSTANTS, *NOT_YET})


@dataclass
class Properties:
    """The properties of a node, told apart: `steering` by field of `core.recipe.Node`, and inputs by their own name."""

    steering: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, syntax.MapEntry] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """Where the name of each reserved property stands."""


def sort_properties(entries: Iterable[syntax.MapEntry], report: Report, node: str) -> Properties:
    """Tells what steers a node from what feeds it."""
    properties = Properties()
    seen: set[str] = set()
    for entry in entries:
        if entry.key.text in seen:
            report.add("property_twice", f"`{entry.key.text}` is given twice.", entry.key.place, node=node)
        elif entry.key.text in RESERVED:
            properties.places[entry.key.text] = entry.key.place
            _steer(entry, properties.steering, report, node)
        else:
            properties.inputs[input_name(entry.key.text)] = entry
        seen.add(entry.key.text)
    return properties


def input_name(key: str) -> str:
    """The input that a property feeds: without the escape that tells it from a reserved property."""
    name = key.removeprefix(ESCAPE)
    return name if name in RESERVED else key


def _steer(entry: syntax.MapEntry, steering: dict[str, Any], report: Report, node: str) -> None:
    name = entry.key.text
    if name in NOT_YET:
        report.add_not_yet(name, NOT_YET[name], entry.key.place, node=node)
        return
    field_name, setting = _CONSTANTS.get(name, ("retry", None))
    value = read_setting(entry, setting, report, node) if setting else read_retry(entry, report, node)
    if value is not None:
        steering[field_name] = value
