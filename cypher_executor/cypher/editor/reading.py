"""Goes through the words of a text once: notes what is drawn, and which brackets are open at the place in question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cypher_executor.cypher.editor.outline import Bracket, Edge, Outline
from cypher_executor.cypher.editor.words import Word, words
from cypher_executor.cypher.plan.draft import RECIPE_LABEL

_CLAUSES = ("CREATE", "MERGE", "RETURN")
_CLOSES = {")": ("node", "call", "other"), "]": ("relationship", "list"), "}": ("map",)}

_DEEPEST = 500
"""Brackets in so many others are passed over: no recipe has them, and no help is wanted there."""


@dataclass(slots=True)
class Spot:
    """The place in question. `open` are the brackets around it, outermost first; `before` are the words before it in
    the same bracket, nearest last; `word` is the one that is being written there, None between words.

    `source` is the node that leads to the place: that the relationship at hand leaves, or that stands before the node
    at hand on its path. `in_text` says that the place is in a string and not in a template of it.
    """

    start: int
    end: int
    word: str = ""
    open: list[Bracket] = field(default_factory=list)
    before: list[Word] = field(default_factory=list)
    returning: bool = False
    source: str = ""
    collected: bool = False
    """Whether what leads there is a COLLECT, so that the place is outside of the loop that `source` is in."""
    used: list[str] | None = None
    """Every key of the map at hand, once it was read to its end."""
    in_text: bool = False
    in_comment: bool = False


def read(text: str, offset: int) -> tuple[Outline, Spot]:
    """The outline of all of a text, and the spot at `offset` in it."""
    reading = _Reading(text, offset)
    reading.read(words(text))
    return reading.outline, reading.finished_spot()


class _Reading:
    def __init__(self, text: str, offset: int) -> None:
        self.outline = Outline()
        self._text, self._offset = text, offset
        self._open: list[Bracket] = []
        self._kinds = Counter[str]()
        """How many brackets of each kind are open."""
        self._before: list[Word] = []
        self._returning = False
        self._node = ""
        self._way: tuple[Bracket | None, bool] | None = None
        self._bracket_way = False
        self._spot: Spot | None = None

    def read(self, found: Iterable[Word]) -> None:
        for word in found:
            if self._spot is None and word.end >= self._offset:
                self._note(word)
            if word.kind != "comment":
                self._take(word)
        if self._spot is None:
            self._spot = self._here(self._offset, self._offset, "")

    def finished_spot(self) -> Spot:
        """The spot. Where a relationship leads is known when what follows it was read."""
        spot = self._spot
        assert spot is not None
        return spot

    # --- the spot ---------------------------------------------------------------------------------------------------

    def _note(self, word: Word) -> None:
        inside = word.start < self._offset
        if not inside:
            self._spot = self._here(self._offset, self._offset, "")
        elif word.kind == "string":
            self._spot = self._in_string(word)
        elif word.kind == "comment":
            ended = word.text.endswith("*/") and self._offset == word.end and len(word.text) > 3
            self._spot = self._here(self._offset, self._offset, "")
            self._spot.in_comment = not ended
        elif word.kind in ("name", "parameter"):
            self._spot = self._here(word.start, word.end, self._text[word.start : self._offset])
        elif word.end == self._offset:
            return  # directly behind a sign or a number: seen when that was taken
        else:
            self._spot = self._here(self._offset, self._offset, "")

    def _here(self, start: int, end: int, word: str) -> Spot:
        source = self._node if self._open and not (self._way is not None and self._way[1]) else ""
        led = self._open and (self._open[0].kind == "relationship" or self._way is not None)
        labels = [*(self._open[0].labels if self._open else ()), *(way.labels if (way := self._way_bracket()) else ())]
        open_, before = [bracket.copy() for bracket in self._open], list(self._before)
        return Spot(start, end, word, open_, before, self._returning, source if led else "", "COLLECT" in labels)

    def _way_bracket(self) -> Bracket | None:
        return self._way[0] if self._way is not None else None

    def _in_string(self, word: Word) -> Spot:
        """In a template the place is one of an expression; elsewhere in a string it is one of a text."""
        closed = len(word.text) > 1 and word.text[-1] == word.text[0]
        if closed and self._offset == word.end:
            spot = self._here(self._offset, self._offset, "")
            spot.before = [*spot.before, word]
            return spot
        opened = self._text.rfind("{{", word.start, self._offset)
        if opened >= 0 and self._text.find("}}", opened, self._offset) < 0:
            return self._in_template(word, opened + 2)
        spot = self._here(word.start + 1, word.end - closed, self._text[word.start + 1 : self._offset])
        spot.in_text = True
        return spot

    def _in_template(self, word: Word, start: int) -> Spot:
        inner = _Reading(self._text, self._offset)
        inner._open = [*[bracket.copy() for bracket in self._open], Bracket("other", start)]
        inner._kinds.update(bracket.kind for bracket in inner._open)
        inner._node, inner._way = self._node, self._way
        inner.read(words(self._text, start, word.end))
        return inner.finished_spot()

    # --- the words --------------------------------------------------------------------------------------------------

    def _take(self, word: Word) -> None:
        if self._begins_clause(word):
            self._begin_clause(word)
        elif word.text in ("(", "[", "{") and word.kind == "sign":
            self._push(word)
            return
        elif word.text in _CLOSES and word.kind == "sign":
            self._close(word)
        elif self._open:
            self._inside(self._open[-1], word)
        else:
            self._between(word)
        self._before.append(word)

    def _begins_clause(self, word: Word) -> bool:
        if word.kind != "name" or word.text.upper() not in _CLAUSES:
            return False
        line = self._text[self._text.rfind("\n", 0, word.start) + 1 : word.start]
        follows = self._text[word.end : word.end + 40].lstrip()[:1]
        return not self._open or (not line.strip() and follows not in (":", ",", ")", "}"))

    def _begin_clause(self, word: Word) -> None:
        if self._open and self._open[0].kind == "node":
            self._add_node(self._open[0], word.start)  # it was never closed
        self._open.clear()
        self._kinds.clear()
        self._before.clear()
        self._node, self._way = "", None
        self._returning = word.text.upper() == "RETURN"

    def _push(self, word: Word) -> None:
        if len(self._open) >= _DEEPEST:
            return
        last = self._before[-1] if self._before else None
        drawing = not self._open and not self._returning
        kind = {"(": "node" if drawing else "other", "[": "relationship" if drawing else "list", "{": "map"}[word.text]
        name = ""
        if word.text == "(" and not drawing and last is not None and last.kind == "name":
            kind, name = "call", last.name
        if kind == "relationship":
            self._bracket_way = last is not None and last.text == "<-"
        self._open.append(Bracket(kind, word.start, name))
        self._kinds[kind] += 1
        self._before = [word]

    def _close(self, word: Word) -> None:
        kinds = _CLOSES[word.text]
        if not any(self._kinds[kind] for kind in kinds):
            return
        while (closed := self._open.pop()).kind not in kinds:
            self._kinds[closed.kind] -= 1  # one that was never closed
        self._kinds[closed.kind] -= 1
        if self._spot is not None and self._spot.open and self._spot.open[-1].start == closed.start:
            self._spot.used = list(closed.keys)
        if closed.kind == "node" and not self._open:
            self._add_node(closed, word.end)
        elif closed.kind == "relationship" and not self._open:
            self._way = (closed, self._bracket_way)
        elif closed.kind == "map" and self._open and self._open[-1].kind in ("node", "relationship"):
            self._open[-1].texts |= closed.texts
            self._open[-1].keys += closed.keys
        self._before = [word]

    def _inside(self, bracket: Bracket, word: Word) -> None:
        last = self._before[-1].text if self._before else ""
        if bracket.kind in ("node", "relationship"):
            if word.kind == "name" and last in (":", "|"):
                bracket.labels.append(word.name)
            elif word.kind == "name":
                bracket.name = bracket.name or word.name
        elif bracket.kind == "map":
            self._in_map(bracket, word)

    def _in_map(self, bracket: Bracket, word: Word) -> None:
        if word.text == "," and word.kind == "sign":
            bracket.key, bracket.values = "", False
        elif bracket.values:
            bracket.texts.setdefault(bracket.key, word.text)
        elif word.text in (":", "="):
            bracket.values = True
        elif word.kind == "name":
            bracket.key = word.name
            bracket.keys.append(word.name)

    def _between(self, word: Word) -> None:
        if word.text == "," and not self._returning:
            self._node, self._way = "", None
        elif word.text in ("->", "<-", "-") and self._node and self._way is None:
            self._way = (None, word.text == "<-")

    def _add_node(self, bracket: Bracket, end: int) -> None:
        part = bracket.labels[0] if bracket.labels else ""
        if part == RECIPE_LABEL:
            self.outline.recipe = (bracket.start, end)
            return
        name = bracket.name or self._free(part or "node")
        self.outline.parts[name] = self.outline.parts.get(name) or part
        if "for_each" in bracket.keys:
            self.outline.items[name] = bracket.texts.get("as", "item").strip("'\"")
        if self._way is not None and self._node:
            self._add_edge(name, *self._way)
        self._node, self._way = name, None

    def _add_edge(self, name: str, way: Bracket | None, leftwards: bool) -> None:
        source, target = (name, self._node) if leftwards else (self._node, name)
        type_ = way.labels[0] if way is not None and way.labels else ""
        item = way.texts.get("item", "item").strip("'\"") if way is not None else None
        self.outline.edges.append(Edge(source, type_, target, item))
        at_hand = self._spot.open[:1] if self._spot is not None else []
        if self._spot is not None and way is not None and at_hand and at_hand[0].start == way.start:
            self._spot.source = source

    def _free(self, base: str) -> str:
        number = 1
        while (name := base if number == 1 else f"{base}_{number}") in self.outline.parts:
            number += 1
        return name
