"""Ways between nodes: from triplets to relationships, with loops closed where they were left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cypher_executor.cypher.importing.document import Triplet
from cypher_executor.cypher.importing.nodes import VIRTUAL, Node
from cypher_executor.cypher.importing.notes import Notes
from cypher_executor.cypher.importing.relations import Relation, read_relation
from cypher_executor.cypher.printing import name_text, quoted, variable_text


@dataclass(frozen=True, slots=True)
class Way:
    """A relationship as it will be written."""

    source: str
    type: str
    target: str
    properties: str = ""
    line: int | None = None

    def pattern(self) -> str:
        inside = f" {{{self.properties}}}" if self.properties else ""
        return f"({variable_text(self.source)})-[:{self.type}{inside}]->({variable_text(self.target)})"


def relations_of(triplets: Iterable[Triplet], notes: Notes) -> list[tuple[Triplet, Relation]]:
    """The triplets whose relation is known."""
    found = []
    for triplet in triplets:
        relation = read_relation(triplet.relation)
        if relation is None:
            notes.note("lost", f"`{triplet}`", f"no relation is called `{triplet.relation}`, so nothing leads from "
                      f"`{triplet.source}` to `{triplet.target}` here", triplet.line)  # fmt: skip
        else:
            found.append((triplet, relation))
    return found


def make_way(triplet: Triplet, relation: Relation, nodes: Mapping[str, Node], notes: Notes) -> Way:
    """The relationship of a triplet."""
    source = nodes[triplet.source]
    type_, properties, why = _meaning(relation, source)
    notes.note("changed" if why else "carried", f"`{triplet}`", why, triplet.line)
    return Way(source.name, type_, triplet.target, properties, triplet.line)


def _meaning(relation: Relation, source: Node) -> tuple[str, str, str]:
    """Type, properties, and what has to be said about them."""
    name, label = variable_text(source.name), quoted(relation.argument)
    match relation.kind:
        case "fail":
            return "ON_FAIL", "", ""
        case "complete":
            return "ON_COMPLETE", "", "taken whether the source succeeds or fails"
        case "if" | "true" | "false":
            answer = "false" if relation.kind == "false" else "true"
            if source.part == "if_control":
                return "ON_SUCCESS", f"branch: '{answer}'", ""
            return "ON_SUCCESS", f"when: {name}.result = {answer}", f"taken if `result` of its source is {answer}"
        case "otherwise":
            return "ON_SUCCESS", "otherwise: true", ""
        case "branch":
            return "ON_SUCCESS", f"branch: {label}", ""
        case "each":
            items = _items(name, relation.argument)
            return "FOR_EACH", f"item: {label}, in: {items}", f"over {items}: say so if the list is another one"
        case "call":
            return "ON_SUCCESS", "", "the other recipe is triggered, and waited for"
    return "ON_SUCCESS", "", ""


def _items(source: str, item: str) -> str:
    """Where the older kind looked for the list: under the plural of the item's name, or under `items`."""
    if not item.isascii() or not item.isidentifier():
        return f"{source}.items"
    ending = (
        "ies"
        if item.endswith("y") and item[-2:-1] not in "aeiou"
        else "es"
        if item.endswith(("s", "x", "ch", "sh"))
        else "s"
    )
    stem = item[:-1] if ending == "ies" else item
    named, usual = f"{source}.{name_text(stem + ending)}", f"{source}.items"
    return usual if named == usual else f"coalesce({named}, {usual})"


def close_loops(ways: list[Way], notes: Notes) -> list[Way]:
    """Ways that leave the body of a loop are COLLECT here; the older kind left loops without saying so."""
    depths = _depths(ways)
    return [_closed(way, notes) if depths[way.source] > depths[way.target] else way for way in ways]


def _closed(way: Way, notes: Notes) -> Way:
    if way.type == "FOR_EACH":
        return way
    why = "this leaves a loop, so it is taken once, when all items have ended"
    if way.type != "ON_SUCCESS" or way.properties:
        why += f"; `{way.type}` and its conditions are lost"
    notes.note("changed" if way.type == "ON_SUCCESS" and not way.properties else "lost",
              f"`{way.source} >> {way.target}`", why, way.line)  # fmt: skip
    return replace(way, type="COLLECT", properties="")


def _depths(ways: list[Way]) -> dict[str, int]:
    """In how many loops each node stands: as few as any way to it leads into. Ends of a run stand in none."""
    names = dict.fromkeys(name for way in ways for name in (way.source, way.target))
    entered = {way.target for way in ways}
    leaving: dict[str, list[Way]] = {name: [] for name in names}
    for way in ways:
        leaving[way.source].append(way)
    depths: dict[str, int] = {}
    level = [name for name in names if name not in entered or name in VIRTUAL]
    depth = 0
    while level:
        inner: list[str] = []
        while level:
            name = level.pop()
            if name not in depths:
                depths[name] = depth
                for way in leaving[name]:
                    (inner if way.type == "FOR_EACH" else level).append(way.target)
        level, depth = inner, depth + 1
    return {name: depths.get(name, 0) for name in names}
