"""What could stand at a spot, from everything that is known: the language's own words, parts, functions, and what the
text draws. Nothing is left out yet because of what is written there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.parts import Part
from cypher_executor.cypher.editor import helps, schemas
from cypher_executor.cypher.editor.item import Item, Kind
from cypher_executor.cypher.editor.outline import Outline
from cypher_executor.cypher.editor.reading import Spot
from cypher_executor.cypher.expressions import FUNCTIONS
from cypher_executor.cypher.keywords import keywords
from cypher_executor.cypher.plan.draft import RECIPE_LABEL
from cypher_executor.cypher.plan.steering import ESCAPE, RESERVED
from cypher_executor.cypher.plan.trigger_settings import TABLES
from cypher_executor.cypher.printing import name_text, quoted
from cypher_executor.cypher.words import in_expressions

_OWN_PARAMETERS = {"input": "All of the input of the run.", "trigger": "How the run began: kind, headers, query, time."}
_EXPRESSIONS = ("for_each", "concurrency_key")
"""The reserved words whose values are expressions; in the map of `repeat`, so is `until`."""
_BOOLEANS = {*helps.BOOLEANS, ("node", "retry"), ("recipe", "grants")}
_SETTINGS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "webhook": helps.WEBHOOK,
    "cron": helps.CRON,
    "recipe": helps.RECIPE,
}


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that help is given out of: the parts there are, the text's outline, and its input schema."""

    parts: Mapping[str, Part]
    outline: Outline
    input: Mapping[str, Any]


def candidates(spot: Spot, known: Known) -> Iterator[Item]:
    """Whatever may stand at the spot."""
    bracket = spot.open[-1] if spot.open else None
    last = spot.before[-1].text if spot.before else ""
    if spot.in_comment:
        return
    if bracket is None:
        yield from _expression(spot, known) if spot.returning else _described(helps.CLAUSES, "clause")
    elif bracket.kind == "node":
        yield from _labels(known, bracket.labels) if last == ":" else _nodes(known) if last == "(" else ()
    elif bracket.kind == "relationship":
        yield from _described(helps.TYPES, "type") if last == ":" else ()
    elif bracket.kind == "map" and not bracket.values:
        yield from _keys(spot, known)
    else:
        yield from _values(spot, known)


# --- patterns -------------------------------------------------------------------------------------------------------


def _described(table: Mapping[str, tuple[str, str]], kind: Kind) -> Iterator[Item]:
    return (Item(word, kind, detail, sentence) for word, (detail, sentence) in table.items())


def _nodes(known: Known) -> Iterator[Item]:
    return (_node(name, known) for name in known.outline.parts)


def _node(name: str, known: Known) -> Item:
    part = known.parts.get(known.outline.parts.get(name, ""))
    detail = known.outline.parts.get(name) or "a node without a part"
    schema = part.output if part is not None else None
    return Item(name, "name", detail, part.summary if part is not None else "", name_text(name), schema)


def _labels(known: Known, labels: list[str]) -> Iterator[Item]:
    if labels:
        return  # further labels are tags
    for part in known.parts.values():
        required = part.input.get("required", [])
        inputs = ", ".join(name if name in required else f"{name}?" for name in schemas.properties(part.input))
        yield Item(part.name, "part", f"{{{inputs}}}", part.summary, schema=part.input)
    yield from _described(helps.TRIGGERS, "trigger")
    yield Item(RECIPE_LABEL, "recipe", "the recipe itself", "Describes the recipe and is no step of it.")


# --- keys of maps ---------------------------------------------------------------------------------------------------


def owner(spot: Spot) -> tuple[str, list[str]] | None:
    """What the map at hand says something of - node, relationship, recipe, webhook, cron - and the keys that lead
    into it; None when it is a value like any other."""
    if not spot.open:
        return None
    first, *others = spot.open
    if first.kind not in ("node", "relationship") or any(b.kind != "map" for b in others):
        return None
    label = first.labels[0] if first.labels else ""
    whose = "recipe" if label == RECIPE_LABEL else label if label in TABLES else "node"
    return whose if first.kind == "node" else "relationship", [bracket.key for bracket in others[:-1]]


def _keys(spot: Spot, known: Known) -> Iterator[Item]:
    owned = owner(spot)
    if owned is None:
        return
    whose, path = owned
    if len(path) == 1 and (whose, path[0]) in helps.NESTED:
        yield from _described(helps.NESTED[whose, path[0]], "setting")
    elif whose == "node":
        yield from _inputs(schemas.inside(_input_of(spot, known), path))
        yield from () if path else _described(helps.RESERVED, "setting")
    elif not path:
        yield from _described(_SETTINGS[whose] if whose in _SETTINGS else _of_way(spot), "setting")


def _of_way(spot: Spot) -> Mapping[str, tuple[str, str]]:
    return {**helps.LOOPS, **helps.WAYS} if "FOR_EACH" in spot.open[0].labels else helps.WAYS


def _input_of(spot: Spot, known: Known) -> Mapping[str, Any]:
    """The input schema of the part of the node at hand, which may have its label elsewhere."""
    node = spot.open[0]
    label = node.labels[0] if node.labels else known.outline.parts.get(node.name, "")
    return known.parts[label].input if label in known.parts else {}


def _inputs(schema: Mapping[str, Any]) -> Iterator[Item]:
    required = schema.get("required", [])
    found = sorted(schemas.properties(schema).items(), key=lambda pair: pair[0] not in required)
    for name, inner in found:
        written = name_text(ESCAPE + name if name in RESERVED else name)
        detail = schemas.type_of(inner, required=name in required)
        yield Item(name, "property", detail, str(inner.get("description", "")), f"{written}: ", inner)


# --- values ---------------------------------------------------------------------------------------------------------


def _values(spot: Spot, known: Known) -> Iterator[Item]:
    for text in _texts(spot, known):
        yield Item(text, "value", insert=text if spot.in_text else quoted(text))
    if spot.in_text:
        return
    if _is_constant(spot):
        yield from (Item(word, "value") for word in ("true", "false") if _entry(spot) in _BOOLEANS)
    else:
        yield from _expression(spot, known)


def _entry(spot: Spot) -> tuple[str, str] | None:
    """What the value at hand is given to, and the first key that leads to it."""
    maps = [bracket for bracket in spot.open if bracket.kind != "list"]
    owned = owner(Spot(0, 0, open=maps))
    return (owned[0], maps[1].key) if owned is not None and maps[1:] else None


def _is_constant(spot: Spot) -> bool:
    """Whether the value at hand is read before a run, so that no expression can stand there."""
    whose, key = _entry(spot) or ("node", "")
    if whose == "node":
        return key in RESERVED and key not in _EXPRESSIONS and not (key == "repeat" and _in_until(spot))
    return key not in ("when", "in")


def _texts(spot: Spot, known: Known) -> list[str]:
    """The texts that the value at hand may be; for a list, those of its items."""
    maps = [bracket for bracket in spot.open if bracket.kind != "list"]
    owned = owner(Spot(0, 0, open=maps))
    if owned is None or not maps[1:]:
        return []
    whose, path = owned
    key = maps[-1].key
    if whose == "node" and key not in RESERVED:
        schema = schemas.inside(_input_of(spot, known), [*path, key.removeprefix(ESCAPE)])
        return schemas.texts(schema) or schemas.texts(schema.get("items", {}))
    if whose == "relationship" and key == "branch":
        source = known.parts.get(known.outline.parts.get(spot.source, ""))
        return schemas.texts(schemas.inside(source.output, ["branch"])) if source is not None else []
    return list(helps.VALUES.get((whose, key), ())) if not path else []


def _expression(spot: Spot, known: Known) -> Iterator[Item]:
    words = [word.text for word in spot.before]
    if words[-1:] == ["."]:
        yield from _inside_of(spot, known)
        return
    yield from (_node(name, known) for name in _visible(spot, known))
    yield from (Item(name, "name", "item of a loop") for name in _items(spot, known))
    yield from _parameters(known)
    for function in FUNCTIONS.values():
        yield Item(function.name, "function", function.signature, function.help, f"{function.name}(")
    for terminal, written in keywords().items():
        if in_expressions(terminal) or (spot.returning and terminal == "AS"):
            yield from (Item(word, "keyword") for word in written)


def _visible(spot: Spot, known: Known) -> Iterable[str]:
    """The nodes that an expression at the spot may name, in the order of the text."""
    outline = known.outline
    if not spot.open or (spot.returning and spot.open[0].kind not in ("node", "relationship")):
        return outline.steps
    upstream = {spot.source, *outline.upstream(spot.source)} if spot.source else set()
    if spot.open[0].kind == "node":
        name = spot.open[0].name
        upstream |= outline.upstream(name) | ({name} if _in_until(spot) else set())
    return [name for name in outline.steps if name in upstream]


def _in_until(spot: Spot) -> bool:
    """In `until`, and nowhere else, a node may name itself."""
    return any(bracket.kind == "map" and bracket.key == "until" for bracket in spot.open)


def _items(spot: Spot, known: Known) -> Iterator[str]:
    if spot.open and spot.open[0].kind in ("node", "relationship"):
        around = [spot.open[0].name if spot.open[0].kind == "node" else "", "" if spot.collected else spot.source]
        yield from dict.fromkeys(item for name in around if name for item in known.outline.items_in(name))


def _parameters(known: Known) -> Iterator[Item]:
    for name, schema in schemas.properties(known.input).items():
        detail, sentence = schemas.type_of(schema), str(schema.get("description", ""))
        yield Item(f"${name}", "parameter", detail, sentence, "$" + name_text(name), schema)
    yield from (Item(f"${name}", "parameter", "", sentence) for name, sentence in _OWN_PARAMETERS.items())


def _inside_of(spot: Spot, known: Known) -> Iterator[Item]:
    """Properties of what stands before the dot."""
    path: list[str] = []
    words = list(spot.before)
    while words and words.pop().text == "." and words and words[-1].kind in ("name", "parameter"):
        word = words.pop()
        path.insert(0, f"${word.name}" if word.kind == "parameter" else word.name)
    if not path:
        return
    first, *rest = path
    schema = _schema_of(first, known)
    for name, inner in schemas.properties(schemas.inside(schema, rest)).items():
        yield Item(name, "property", schemas.type_of(inner), str(inner.get("description", "")), name_text(name), inner)


def _schema_of(name: str, known: Known) -> Mapping[str, Any]:
    if name.startswith("$"):
        return known.input if name == "$input" else schemas.inside(known.input, [name[1:]])
    part = known.parts.get(known.outline.parts.get(name, ""))
    return part.output if part is not None else {}
