"""A JSON Schema as a graph: which subschema applies which others, in place or to the children of a value.

References are resolved as JSON Schema has it (`$id`, `$anchor`, JSON Pointers), and only inside the schema: whatever
points elsewhere leads to nothing here. A reference that depends on how it was reached (`$dynamicRef`) is taken to lead
to all places that it may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

_ONE_IN_PLACE = ("not", "if", "then", "else")
_LISTS_IN_PLACE = ("allOf", "anyOf", "oneOf")
_MAPS_IN_PLACE = ("dependentSchemas", "dependencies")
_NAMED = ("properties",)
_MEMBER_MAPS = ("patternProperties",)
_MEMBERS = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_PLACED = ("prefixItems", "items")
_ITEMS = ("items", "additionalItems", "unevaluatedItems", "contains")
_KEPT = ("$defs", "definitions")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DYNAMIC = ("$dynamicRef", "$recursiveRef")
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_PASSES = 3
"""What is left unevaluated is found out by going through what was applied in place again, and once more below it."""
_COMPOUND = 10
"""Comparing with a list or a map of an `enum` costs so many times what applying a schema does."""
_BASE = "http://schema.invalid/"
"""The address of a schema that gives itself none."""


@dataclass(slots=True)
class Applied:
    """Which schemas (by number) one applies: to the value itself, and to its members and items.

    `named` and `placed` are for different children each, `members` and `items` for any of them. `weight` is what the
    schema asks for by itself, `passes` how often what it applies in place is gone through.
    """

    in_place: list[int]
    named: list[int]
    members: list[int]
    placed: list[int]
    items: list[int]
    weight: int = 1
    passes: int = 1

    @property
    def all(self) -> Iterator[int]:
        """Every one of them."""
        for some in (self.in_place, self.named, self.members, self.placed, self.items):
            yield from some


class Unresolved(Exception):
    """A reference of the schema at `where` (a JSON Pointer) that leads to nothing inside the document."""

    def __init__(self, where: str, reference: str) -> None:
        super().__init__(where, reference)
        self.where = where
        self.reference = reference


class Schemas:
    """All schemas of a document; the first is the document itself. Raises Unresolved."""

    def __init__(self, document: Any) -> None:
        self.applied: list[Applied] = []
        self._pointers: list[str] = []
        self._found: list[tuple[Any, str]] = []
        self._numbers: dict[int, int] = {}
        self._at: dict[str, int] = {}
        self._dynamic: list[int] = []
        self._indexed = 0
        self._add(document, _BASE, "")
        self._index_new()
        linked = 0
        while linked < len(self._found):  # grows: what only references lead to is found on the way
            self._link(linked)
            self._index_new()
            linked += 1

    def pointer(self, number: int) -> str:
        """The JSON Pointer to a schema; empty for the document."""
        return self._pointers[number]

    # --- what there is ------------------------------------------------------------------------------------------------

    def _add(self, schema: Any, base: str, pointer: str) -> int:
        if isinstance(schema, Mapping) and (known := self._numbers.get(id(schema))) is not None:
            return known
        number = len(self._found)
        self._found.append((schema, base))
        self._pointers.append(pointer)
        self.applied.append(Applied([], [], [], [], []))
        self._numbers[id(schema)] = number
        return number

    def _index_new(self) -> None:
        while self._indexed < len(self._found):
            self._index(self._indexed)
            self._indexed += 1

    def _index(self, number: int) -> None:
        """Note the names of a schema, and add those inside it."""
        schema, base = self._found[number]
        if not isinstance(schema, Mapping):
            return
        if isinstance(given := schema.get("$id"), str):
            base = _resolved(base, given)
            self._found[number] = (schema, base)
        if isinstance(given, str) or number == 0:
            self._at[urldefrag(base).url] = number
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(keyword), str):
                self._at[f"{urldefrag(base).url}#{anchor}"] = number
        if "$dynamicAnchor" in schema or "$recursiveAnchor" in schema:
            self._dynamic.append(number)
        self._add_inner(number, schema, base)

    def _add_inner(self, number: int, schema: Mapping[str, Any], base: str) -> None:
        into, at = self.applied[number], self._pointers[number]
        into.weight += _COMPOUND * _compounds(schema.get("enum"))
        into.passes = _PASSES if any(keyword in schema for keyword in _UNEVALUATED) else 1
        for keyword, value in schema.items():
            where = f"{at}/{_escaped(keyword)}"
            if keyword in _ONE_IN_PLACE:
                into.in_place.append(self._add(value, base, where))
            elif keyword in _LISTS_IN_PLACE:
                into.in_place += self._add_list(value, base, where)
            elif keyword in _MAPS_IN_PLACE:
                into.in_place += self._add_map(value, base, where)
            elif keyword in _NAMED:
                into.named += self._add_map(value, base, where)
            elif keyword in _MEMBER_MAPS:
                into.members += self._add_map(value, base, where)
            elif keyword in _MEMBERS:
                into.members.append(self._add(value, base, where))
            elif keyword in _PLACED and isinstance(value, list):
                into.placed += self._add_list(value, base, where)
            elif keyword in _ITEMS:
                into.items.append(self._add(value, base, where))
            elif keyword in _KEPT:
                self._add_map(value, base, where)

    def _add_list(self, value: Any, base: str, where: str) -> list[int]:
        inner = enumerate(value) if isinstance(value, list) else ()
        return [self._add(one, base, f"{where}/{index}") for index, one in inner]

    def _add_map(self, value: Any, base: str, where: str) -> list[int]:
        inner = value.items() if isinstance(value, Mapping) else ()
        return [self._add(one, base, f"{where}/{_escaped(name)}") for name, one in inner]

    # --- where references lead ----------------------------------------------------------------------------------------

    def _link(self, number: int) -> None:
        schema, base = self._found[number]
        if not isinstance(schema, Mapping):
            return
        for keyword in _REFERENCES:
            if isinstance(reference := schema.get(keyword), str):
                if (target := self._target(_resolved(base, reference))) is None:
                    raise Unresolved(self._pointers[number], reference)
                targets = (target, *(self._dynamic if keyword in _DYNAMIC else ()))
                self.applied[number].in_place += dict.fromkeys(targets)

    def _target(self, address: str) -> int | None:
        url, fragment = urldefrag(address)
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._at.get(f"{url}#{fragment}")
        root = self._at.get(url)
        return None if root is None else self._walk(root, fragment)

    def _walk(self, number: int, pointer: str) -> int | None:
        """The schema that a pointer from another one leads to, wherever in the document it lies."""
        value, base = self._found[number]
        for step in pointer.split("/")[1:]:
            value = _child(value, step.replace("~1", "/").replace("~0", "~"))
            if isinstance(value, Mapping) and isinstance(value.get("$id"), str):
                base = _resolved(base, value["$id"])
        return self._add(value, base, self._pointers[number] + pointer) if isinstance(value, Mapping | bool) else None


def _resolved(base: str, reference: str) -> str:
    """The address that a reference means. A fragment belongs to any base, a path only to one that has paths."""
    return urldefrag(base).url + reference if reference.startswith("#") else urljoin(base, reference)


def _compounds(enum: Any) -> int:
    return sum(isinstance(one, Mapping | list) for one in enum) if isinstance(enum, list) else 0


def _child(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and step.isdigit() and len(step) < 10 and int(step) < len(value):
        return value[int(step)]
    return None


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
