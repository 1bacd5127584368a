"""Values of queries as text, as the fixtures write them."""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.expressions.text import float_text
from cypher_executor.cypher.foreign import Foreign
from cypher_executor.cypher.query import Node, Path, Relationship


def shown(value: Any) -> str:
    """One text for one value; properties and labels are sorted."""
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case float():
            return float_text(value)
        case str():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case list():
            return "[" + ", ".join(map(shown, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {shown(value[key])}" for key in sorted(value)) + "}"
        case Node():
            return f"({_labels(value.labels)}{_properties(value.values)})".replace("( ", "(")
        case Relationship():
            return f"[:{value.type}{_properties(value.values)}]"
        case Path():
            return _path(value)
        case Foreign():
            return f"'{value.text()}'"
    return str(value)


def _labels(labels: tuple[str, ...]) -> str:
    return "".join(f":{label}" for label in sorted(labels))


def _properties(values: Any) -> str:
    return " " + shown(dict(values)) if values else ""


def _path(path: Path) -> str:
    text = shown(path.nodes[0])
    for node, relationship, following in zip(path.nodes, path.relationships, path.nodes[1:], strict=False):
        left, right = ("-", "->") if relationship.start == node.id else ("<-", "-")
        text += f"{left}{shown(relationship)}{right}{shown(following)}"
    return f"<{text}>"
