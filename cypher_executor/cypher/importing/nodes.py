"""Nodes: which part a config asks for, and what becomes of the rest of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cypher_executor.cypher.importing.document import PART_KEYS, line_of
from cypher_executor.cypher.importing.notes import Notes
from cypher_executor.cypher.importing.values import Values
from cypher_executor.cypher.plan.steering import ESCAPE, RESERVED
from cypher_executor.cypher.printing import name_text, variable_text

VIRTUAL = frozenset(("input", "output", "start", "done", "end"))
"""Names of nodes that run nothing, unless they are configured to."""

_PARTS = {"code": "js", "http-request": "http_request", "if": "if_control"}
_RENAMED = {
    "http_request": {"body_json": "body"},
    "trigger_workflow": {"workflow_name": "workflow"},
}
_LOST = {"trigger_workflow": {"api_key": "a recipe triggers others of its own tenant, without a key"}}

_CONDITIONS = frozenset({("if_control", "condition")})
"""Inputs of parts that are true or false."""


@dataclass
class Node:
    """A node as it will be written."""

    name: str
    part: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    configured: bool = False

    def pattern(self) -> str:
        label = f":{name_text(self.part)}" if self.part is not None else ""
        entries = ", ".join(f"{name_text(key)}: {value}" for key, value in self.properties.items())
        inside = f" {{{entries}}}" if entries or self.configured else ""
        return f"({variable_text(self.name)}{label}{inside})"


def make_node(name: str, config: Any, line: int | None, values: Values) -> Node:
    """The node of this name. Without a config it is virtual, or its part is called as it is."""
    notes = values.notes
    if config is None or config == {}:
        return _bare(name, line, notes)
    if not isinstance(config, Mapping):
        notes.note("lost", f"the config of `{name}`", "it is no map", line)
        return _bare(name, line, notes)
    asked = next((key for key in PART_KEYS if key in config), None)
    node = _bare(name, line, notes) if asked is None else Node(name, _part(name, config[asked], line, notes))
    rest = {key: value for key, value in config.items() if key != asked}
    for key, value in rest.items():
        _add(node, str(key), value, line_of(config, key) or line, values)
    node.configured = asked is None and bool(node.properties)
    notes.note("carried", f"node `{name}`", "", line)
    return node


def _bare(name: str, line: int | None, notes: Notes) -> Node:
    if name in VIRTUAL:
        notes.note("carried", f"node `{name}`", "it runs nothing, and hands on what it gets", line)
        return Node(name)
    return Node(name, _part(name, name, line, notes))


def _part(name: str, asked: Any, line: int | None, notes: Notes) -> str | None:
    part = asked.strip() if isinstance(asked, str) else ""
    if not part:
        notes.note("lost", f"the component of `{name}`", "it is no name", line)
        return None
    known = _PARTS.get(part, part.replace("-", "_") if part.replace("-", "_").isidentifier() else part)
    if known != part:
        notes.note("changed", f"component `{part}` of `{name}`", f"the part `{known}`", line)
    elif not part.isidentifier():
        notes.note("lost", f"component `{part}` of `{name}`", "this is no name of a part: say which one is meant", line)
    return known


def _add(node: Node, key: str, value: Any, line: int | None, values: Values) -> None:
    what, part = f"{node.name}.{key}", node.part or ""
    if not key:
        values.notes.note("lost", f"`{what}`", "it has an empty name", line)
        return
    if key == "limits" and isinstance(value, Mapping):
        _add_limits(node, value, line, values.notes)
    elif key in _LOST.get(part, {}):
        values.notes.note("lost", f"`{what}`", _LOST[part][key], line)
    else:
        name = _RENAMED.get(part, {}).get(key, key)
        if name != key:
            values.notes.note("changed", f"`{what}`", f"called `{name}` here", line)
        if name in RESERVED:
            values.notes.note(
                "changed", f"`{what}`", f"an input, written `{ESCAPE}{name}`: `{name}` alone steers the step", line
            )
            name = ESCAPE + name
        write = values.condition if (part, name) in _CONDITIONS else values.written
        node.properties[name] = write(value, what, line)


def _add_limits(node: Node, limits: Mapping[Any, Any], line: int | None, notes: Notes) -> None:
    for key, value in limits.items():
        what = f"`{node.name}.limits.{key}`"
        if key == "timeout_ms" and isinstance(value, int) and not isinstance(value, bool) and value > 0:
            node.properties["timeout"] = f"'{value}ms'"
            notes.note("changed", what, "the `timeout` of each attempt", line)
        else:
            notes.note("lost", what, "limits stand in the manifest of a part", line)
