"""The two questions of an editor: what may stand here, and what is it that stands here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cypher_executor.core.parts import Part
from cypher_executor.cypher.editor.candidates import Known, candidates
from cypher_executor.cypher.editor.item import Item
from cypher_executor.cypher.editor.outline import Outline
from cypher_executor.cypher.editor.reading import Spot, read
from cypher_executor.cypher.editor.words import Word, words
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.places import Lines
from cypher_executor.cypher.plan.clauses import sort_clauses
from cypher_executor.cypher.plan.draft import draft
from cypher_executor.cypher.plan.recipe_node import plan_recipe_node
from cypher_executor.cypher.report import Report

MOST = 500
"""So many completions are given at most."""


def complete(text: str, line: int, column: int, *, parts: Mapping[str, Part]) -> list[Item]:
    """What may stand at a place, the most likely first: whatever begins as the word before it does.

    Lines and columns count from 1, in code points; a place beyond the text is its nearest. Never raises for what
    stands in the text.
    """
    lines = Lines(text)
    offset = _offset(text, line, column)
    outline, spot = read(text, offset)
    place = lines.place(spot.start, spot.end if spot.word else offset)
    typed = spot.word.strip("`").lower()
    given = _given(spot, text)
    fitting = (item for item in candidates(spot, _known(text, outline, parts)) if item.label.lower().startswith(typed))
    unique = {(item.kind, item.label): item for item in fitting if item.label not in given}
    follows = text[spot.end :].lstrip(" ")[:1] if spot.word else ""
    return [_fitted(item.at(place), follows) for item in list(unique.values())[:MOST]]


def hover(text: str, line: int, column: int, *, parts: Mapping[str, Part]) -> Item | None:
    """What the word at a place is; None where nothing is to be said."""
    lines = Lines(text)
    word = _word_at(text, _offset(text, line, column))
    if word is None:
        return None
    outline, spot = read(text, word.end)
    known = _known(text, outline, parts)
    label = f"${word.name}" if word.kind == "parameter" else word.name
    for item in (*candidates(spot, known), *_anywhere(spot, known)):
        if item.label == label or (item.kind in ("function", "keyword") and item.label.lower() == label.lower()):
            return item.at(lines.place(word.start, word.end))
    return None


def _fitted(item: Item, follows: str) -> Item:
    """The same without the sign that it would bring along, where that stands there already."""
    sign = item.insert.rstrip(" ")[-1:]
    return replace(item, insert=item.insert.rstrip(" ")[:-1]) if sign in (":", "(") and sign == follows else item


def _anywhere(spot: Spot, known: Known) -> Iterator[Item]:
    """Nodes that may not be named here are told, too: that they may not is for `check` to say."""
    last, bracket = spot.before[-1].text if spot.before else "", spot.open[-1] if spot.open else None
    in_pattern = bracket is not None and bracket.kind in ("node", "relationship")
    if last != "." and not (last == ":" and in_pattern):
        nodes = Spot(0, 0, returning=True)
        yield from (item for item in candidates(nodes, known) if item.kind == "name")


def _given(spot: Spot, text: str) -> set[str]:
    """The keys that the map at hand has already, without the one that is being written."""
    bracket = spot.open[-1] if spot.open else None
    if bracket is None or bracket.kind != "map" or bracket.values:
        return set()
    keys = list(spot.used if spot.used is not None else bracket.keys)
    written = text[spot.start : spot.end].strip("`")
    if written in keys:
        keys.remove(written)
    return {*keys, *(key.removeprefix("in.") for key in keys)}


def _known(text: str, outline: Outline, parts: Mapping[str, Part]) -> Known:
    return Known(parts, outline, _input_schema(text, outline))


def _input_schema(text: str, outline: Outline) -> Mapping[str, Any]:
    """The input schema of the recipe, if its node can be read."""
    if outline.recipe is None:
        return {}
    parsed = parse(text[slice(*outline.recipe)])
    if parsed.statement is None:
        return {}
    report = Report()
    settings = plan_recipe_node(draft(sort_clauses(parsed.statement, report).paths, report).recipe, report)
    return settings.get("input_schema") or {}


def _word_at(text: str, offset: int) -> Word | None:
    """The name that stands at a place, or ends there; also one in a template."""
    for word in words(text):
        if word.start <= offset <= word.end and word.kind in ("name", "parameter"):
            return word
        if word.kind == "string" and word.start < offset < word.end and "{{" in word.text:
            inner = words(text, word.start + 1, word.end)
            return next((w for w in inner if w.start <= offset <= w.end and w.kind in ("name", "parameter")), None)
    return None


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a place, moved into the text."""
    lines = text.split("\n")
    number = min(max(line, 1), len(lines))
    before = sum(len(each) + 1 for each in lines[: number - 1])
    return before + min(max(column, 1) - 1, len(lines[number - 1].removesuffix("\r")))
