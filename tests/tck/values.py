"""Values as the tables of the TCK write them, and both these and ours in a form that can be compared."""

from __future__ import annotations

import re
from typing import Any

from cypher_executor.cypher.query import Node, Path, Relationship

_NAME = re.compile(r"`[^`]*`|\w+")
_WORD = re.compile(r"[-+]?(?:(?:\d[\d.]*|\.\d+)(?:[eE][-+]?\d+)?|[A-Za-z]\w*)")
_WORDS = {"null": None, "true": True, "false": False}

Comparable = tuple[Any, ...]


def read(text: str) -> Any:
    """The value that a cell says; nodes, relationships and paths are comparable already."""
    reader = _Reader(text)
    value = reader.value()
    assert reader.ended(), f"cannot read {text!r}"
    return value


def comparable(value: Any, *, unordered: bool = False) -> Comparable:
    """A value that equals another only if they are the same to the TCK: of one type, NaN equal to itself. With
    `unordered`, lists are compared without their order."""
    match value:
        case None | bool() | str() | int():
            return type(value).__name__, value
        case float():
            return "float", "NaN" if value != value else value
        case dict():
            return "map", frozenset((key, comparable(each, unordered=unordered)) for key, each in value.items())
        case list():
            items = [comparable(each, unordered=unordered) for each in value]
            return "list", tuple(sorted(items, key=repr) if unordered else items)
        case Node():
            return _node(list(value.labels), dict(value.values))
        case Relationship():
            return _relationship(value.type, dict(value.values))
        case Path():
            return _path(value)
        case tuple():
            return value
    return "str", value.text()  # a temporal value, which the tables write as a string


def _node(labels: list[str], properties: dict[str, Any]) -> Comparable:
    return "node", frozenset(labels), comparable(properties)


def _relationship(kind: str, properties: dict[str, Any]) -> Comparable:
    return "relationship", kind, comparable(properties)


def _path(path: Path) -> Comparable:
    found: list[Any] = [comparable(path.nodes[0])]
    for start, between, end in zip(path.nodes, path.relationships, path.nodes[1:], strict=False):
        forwards = between.start == start.id and between.end == end.id
        found += [">" if forwards else "<", comparable(between), comparable(end)]
    return "path", tuple(found)


class _Reader:
    """Reads one cell."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def ended(self) -> bool:
        return not self._text[self._at :].strip()

    def value(self) -> Any:
        if self._eat("<"):
            return self._path()
        if self._eat("("):
            return self._node()
        if self._eat("["):
            return self._relationship() if self._text[self._at :].lstrip().startswith(":") else self._list()
        if self._eat("{"):
            return self._map()
        return self._string() if self._eat("'") else self._word()

    def _path(self) -> Comparable:
        self._need("(")
        found: list[Any] = [self._node()]
        while not self._eat(">"):
            backwards = self._eat("<-") or not self._eat("-")
            self._need("[")
            between = self._relationship()
            self._need("-" if backwards else "->")
            self._need("(")
            found += ["<" if backwards else ">", between, self._node()]
        return "path", tuple(found)

    def _node(self) -> Comparable:
        labels, properties = self._labels(), self._map() if self._eat("{") else {}
        self._need(")")
        return _node(labels, properties)

    def _relationship(self) -> Comparable:
        (kind,), properties = self._labels(), self._map() if self._eat("{") else {}
        self._need("]")
        return _relationship(kind, properties)

    def _labels(self) -> list[str]:
        found = []
        while self._eat(":"):
            found.append(self._name())
        return found

    def _map(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._eat("}"):
            key = self._name()
            self._need(":")
            found[key] = self.value()
            self._eat(",")
        return found

    def _list(self) -> list[Any]:
        found = []
        while not self._eat("]"):
            found.append(self.value())
            self._eat(",")
        return found

    def _string(self) -> str:
        found = ""
        while (sign := self._text[self._at]) != "'":
            if sign == "\\":
                self._at += 1
                sign = self._text[self._at]
            found += sign
            self._at += 1
        self._at += 1
        return found

    def _word(self) -> Any:
        word = self._matched(_WORD)
        if word in _WORDS:
            return _WORDS[word]
        return int(word) if re.fullmatch(r"[-+]?\d+", word) else float(word)

    def _name(self) -> str:
        return self._matched(_NAME).strip("`")

    def _matched(self, pattern: re.Pattern[str]) -> str:
        self._blanks()
        found = pattern.match(self._text, self._at)
        assert found, f"cannot read {self._text!r} at {self._at}"
        self._at = found.end()
        return found[0]

    def _eat(self, sign: str) -> bool:
        self._blanks()
        here = self._text.startswith(sign, self._at)
        self._at += len(sign) * here
        return here

    def _need(self, sign: str) -> None:
        assert self._eat(sign), f"cannot read {self._text!r}: no {sign} at {self._at}"

    def _blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
