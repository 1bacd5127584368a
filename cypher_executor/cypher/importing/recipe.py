"""All stages in a row: from the data of an older recipe to a text and its notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.fmt import format_recipe
from cypher_executor.cypher.importing.document import Document, Triplet, WrongDocument, read_document
from cypher_executor.cypher.importing.nodes import Node, make_node
from cypher_executor.cypher.importing.notes import Note, Notes
from cypher_executor.cypher.importing.relations import Relation
from cypher_executor.cypher.importing.values import Values
from cypher_executor.cypher.importing.ways import Way, close_loops, make_way, relations_of
from cypher_executor.cypher.plan.recipe_node import recipe_name
from cypher_executor.cypher.printing import quoted


@dataclass(frozen=True, slots=True)
class Imported:
    """A recipe in Cypher, and what became of everything that the older one said."""

    text: str
    notes: tuple[Note, ...]


def import_recipe(data: Any) -> Imported:
    """The recipe in `data`. Raises WrongDocument when there is none."""
    notes = Notes()
    document = read_document(data, notes)
    known = relations_of(document.triplets, notes)
    if not known:
        raise WrongDocument("not one triplet of `flow` can be read")
    nodes = _nodes(document, known, notes)
    ways = close_loops([make_way(triplet, relation, nodes, notes) for triplet, relation in known], notes)
    described = _described(document, notes)
    notes.found.sort(key=lambda note: note.line or 0)
    return Imported(format_recipe(_text(described, list(nodes.values()), ways, notes)), tuple(notes.found))


def _nodes(document: Document, known: list[tuple[Triplet, Relation]], notes: Notes) -> dict[str, Node]:
    names = list(dict.fromkeys(name for t, _ in known for name in (t.source, t.target)))
    items = {relation.argument for _, relation in known if relation.kind == "each"}
    values = Values({*names, *items} - {"input"}, notes)
    callers = {t.target: t.source for t, relation in known if relation.kind == "call"}
    lines = {name: document.lines.get(name) for name in names}
    for triplet, _ in reversed(known):
        for name in (triplet.source, triplet.target):
            lines[name] = document.lines.get(name) or triplet.line
    nodes = {}
    for name in names:
        config = document.configs.get(name)
        config = _called(name, config, callers[name]) if name in callers else config
        nodes[name] = make_node(name, config, lines[name], values)
    for name in document.configs.keys() - nodes.keys():
        notes.note(
            "lost", f"the config of `{name}`", "no triplet leads to it or away from it", document.lines.get(name)
        )
    return nodes


def _called(name: str, config: Any, caller: str) -> Any:
    """The config of a node that stands for another recipe: it gets what its caller gave."""
    given = dict(config) if isinstance(config, Mapping) else {}
    if "component" in given:
        return config
    return {"component": "trigger_workflow", "workflow": name, "wait": True, "input": f"{{{{{caller}}}}}", **given}


def _described(document: Document, notes: Notes) -> dict[str, str]:
    described = {}
    for key, value in document.settings.items():
        line = document.lines.get(key)
        if (key == "name" and _is_name(value)) or (key == "description" and isinstance(value, str)):
            described[key] = quoted(value.strip())
            notes.note("carried", f"`{key}`", "", line)
        else:
            notes.note("lost", f"`{key}`", "a recipe has no such setting, or not with this value", line)
    return described


def _is_name(value: Any) -> bool:
    try:
        return bool(recipe_name(value.strip() if isinstance(value, str) else value))
    except ValueError:
        return False


def _text(described: Mapping[str, str], nodes: list[Node], ways: list[Way], notes: Notes) -> str:
    lost = [f"// Not carried over: {_one_line(str(note))}" for note in notes.found if note.fate == "lost"]
    settings = ", ".join(f"{key}: {value}" for key, value in described.items())
    about = [f"CREATE (:Recipe {{{settings}}})", ""] if described else []
    return "\n".join([
        *lost, *([""] if lost else []), *about,
        *(f"CREATE {node.pattern()}" for node in nodes), "",
        *(f"CREATE {way.pattern()}" for way in ways),
    ])  # fmt: skip


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
