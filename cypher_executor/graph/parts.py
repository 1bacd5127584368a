"""A part as rows, with what it asks to reach."""

from __future__ import annotations

from collections.abc import Iterable

from cypher_executor.core.parts import Part
from cypher_executor.core.patterns import read_pattern
from cypher_executor.graph.rows import End, NodeRow, RelationshipRow, Rows


def part_rows(part: Part) -> Rows:
    """What a manifest says of a part."""
    about = {
        "name": part.name,
        "version": part.version,
        "summary": part.summary,
        "pure": part.pure,
        "digest": part.digest,
        "kv": part.grants.kv,
    }
    node = NodeRow("Part", part.name, about)
    return reaching(node, (read_pattern(asked).host for asked in part.grants.http), part.grants.secrets)


def reaching(node: NodeRow, hosts: Iterable[str], secrets: Iterable[str]) -> Rows:
    """A node that may reach these hosts (or patterns of hosts) and send these secrets."""
    nodes, relationships = [node], []
    for type, label, names in (("REACHES", "Host", hosts), ("SENDS", "Secret", secrets)):
        for name in dict.fromkeys(names):
            nodes.append(NodeRow(label, name, {"name": name}))
            relationships.append(RelationshipRow(node.end, type, nodes[-1].end))
    return Rows(tuple(nodes), tuple(relationships))


def part_end(name: str) -> End:
    """How relationships speak of a part."""
    return ("Part", name)
