"""What steers a node: the reserved properties, which say how a step is run and are not inputs of its part.

A part's input that has the name of a reserved property is written `` `in.timeout` ``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cypher_executor.core.recipe import Join, Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan import settings
from cypher_executor.cypher.plan.settings import (
    TIME_LIMIT,
    NotOneOf,
    Owner,
    Setting,
    read_retry,
    read_setting,
    read_settings,
)
from cypher_executor.cypher.report import Report, as_written
from cypher_executor.errors import Place

ESCAPE = "in."
"""Before a reserved name: this is an input after all."""


_JOINS = ("all", "any", "settled")


def read_join(value: Value) -> Join:
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # whether it is in range is seen when the relationships are known
    if value in _JOINS:
        return value  # type: ignore[no-any-return]
    raise NotOneOf("this must be 'all', 'any', 'settled' or a number of relationships", value, _JOINS)


_CONSTANTS = {
    "timeout": ("timeout_ms", TIME_LIMIT),
    "deadline": ("deadline_ms", TIME_LIMIT),
    "join": ("join", Setting(read_join)),
    "cache": ("cache_ms", TIME_LIMIT),
}
_OF_LOOPS = {
    "as": ("item", Setting(settings.name)),
    "concurrency": ("concurrency", Setting(settings.count)),
    "on_item_fail": ("on_fail", Setting(settings.on_fail)),
}
_OF_REPEAT = {"every": ("every_ms", settings.DURATION), "times": ("times", Setting(settings.count))}
_OF_SHARES = ("concurrency_key", "concurrency_limit")
RESERVED = frozenset({"retry", "for_each", "repeat", *_CONSTANTS, *_OF_LOOPS, *_OF_SHARES})


@dataclass
class Properties:
    """The properties of a node, told apart: `steering` by field of `core.recipe.Node`, and inputs by their own name.

    `items` is what the node is run for each of, `until` what it is repeated for; `loop` and `repeat` have the other
    fields of `core.recipe.Loop` and `Repeat`. `share_key` and `share_limit` make its `Share`.
    """

    steering: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, syntax.MapEntry] = field(default_factory=dict)
    items: syntax.MapEntry | None = None
    loop: dict[str, Any] = field(default_factory=dict)
    until: syntax.MapEntry | None = None
    repeat: dict[str, Any] = field(default_factory=dict)
    share_key: syntax.MapEntry | None = None
    share_limit: int | None = None
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
            _steer(entry, properties, report, node)
        else:
            properties.inputs[input_name(entry.key.text)] = entry
        seen.add(entry.key.text)
    return properties


def input_name(key: str) -> str:
    """The input that a property feeds: without the escape that tells it from a reserved property."""
    name = key.removeprefix(ESCAPE)
    return name if name in RESERVED else key


def _steer(entry: syntax.MapEntry, properties: Properties, report: Report, node: str) -> None:
    name = entry.key.text
    if name == "for_each":
        properties.items = entry
    elif name == "concurrency_key":
        properties.share_key = entry
    elif name == "concurrency_limit":
        properties.share_limit = read_setting(entry, Setting(settings.count), report, node)
    elif name == "repeat":
        _read_repeat(entry, properties, report, node)
    elif name == "retry":
        _keep(properties.steering, name, read_retry(entry, report, node))
    elif name in _OF_LOOPS:
        field_name, setting = _OF_LOOPS[name]
        _keep(properties.loop, field_name, read_setting(entry, setting, report, node))
    else:
        field_name, setting = _CONSTANTS[name]
        _keep(properties.steering, field_name, read_setting(entry, setting, report, node))


def _keep(fields: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        fields[name] = value


def _read_repeat(entry: syntax.MapEntry, properties: Properties, report: Report, node: str) -> None:
    """`repeat: {until: <expr>, every: '5s', times: 20}`."""
    entries = entry.value.entries if isinstance(entry.value, syntax.MapLiteral) else ()
    properties.until = next((e for e in entries if e.key.text == "until"), None)
    if properties.until is None:
        sentence = f"`repeat` says until when: `{{until: {as_written(node)}.done, every: '5s', times: 20}}`."
        report.add("invalid_setting", sentence, entry.value.place, node=node)
    rest = [e for e in entries if e is not properties.until]
    table = {name: setting for name, (_, setting) in _OF_REPEAT.items()}
    found = read_settings(rest, table, Owner("`repeat`", node=node, others=("until",)), report)
    properties.repeat = {_OF_REPEAT[name][0]: value for name, value in found.items()}
