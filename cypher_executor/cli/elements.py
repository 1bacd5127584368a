"""Nodes, relationships and paths of an answer, as text for people, and whole graphs as Mermaid."""

from __future__ import annotations

import json
from typing import Any

_SHORT = 80


def shown(value: Any) -> str:
    """A value in one cell of a table."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "node" and "labels" in value:
        return _node(value)
    if kind == "relationship" and "type" in value:
        return f"[:{value['type']}]"
    if kind == "path" and "nodes" in value:
        return _path(value)
    if isinstance(value, list) and any(isinstance(one, dict) and "kind" in one for one in value):
        return "[" + ", ".join(shown(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def mermaid(graph: Any) -> str:
    """A graph as Mermaid: paste it where that is drawn."""
    numbers = {node["id"]: number for number, node in enumerate(graph["nodes"])}
    lines = [f'  n{numbers[node["id"]]}["{_escaped(_node(node))}"]' for node in graph["nodes"]]
    for found in graph["relationships"]:
        lines.append(f'  n{numbers[found["start"]]} -->|"{_escaped(found["type"])}"| n{numbers[found["end"]]}')
    return "\n".join(["graph LR", *lines])


def _node(node: Any) -> str:
    """`shop:Run:Failed`: what it is called and what it is."""
    properties = node["properties"]
    name = str(properties.get("name", properties.get("id", node["id"])))
    return ":".join([name if len(name) <= _SHORT else name[: _SHORT - 1] + "…", *node["labels"]])


def _path(path: Any) -> str:
    nodes, text = path["nodes"], ""
    for place, over in enumerate(path["relationships"]):
        here, forwards = nodes[place], over["start"] == nodes[place]["id"]
        text += f"({_node(here)})" + (f"-[:{over['type']}]->" if forwards else f"<-[:{over['type']}]-")
    return text + f"({_node(nodes[-1])})"


def _escaped(text: str) -> str:
    """Text in quotes, in which Mermaid reads entities."""
    return "".join(c if c.isalnum() or c in " :_-.…" else f"#{ord(c)};" for c in text)
