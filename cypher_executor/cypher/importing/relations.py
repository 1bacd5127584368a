"""The words between two nodes, in English and Chinese, and what they are in Cypher."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cypher_executor.cypher.relation_words import KINDS, Kind

_WITH_ARGUMENT = ("branch", "each")
_RELATION = re.compile(
    r"(?P<word>[^\s(（:：]+)\s*(?:[(（]\s*(?P<inside>.*?)\s*[)）]|[:：]?\s*(?P<behind>.*))", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Relation:
    """`argument` is the label of a branch or the name of an item."""

    kind: Kind
    word: str
    argument: str = ""


def read_relation(text: str) -> Relation | None:
    """What a relation says; None for words that are not known."""
    found = _RELATION.fullmatch(text.strip())
    if found is None:
        return None
    word, argument = found["word"], found["inside"] or found["behind"] or ""
    kind = KINDS.get(word) or KINDS.get(word.upper())
    if kind is None:  # Chinese puts no space between words
        return _unspaced(text.strip())
    if bool(argument) != (kind in _WITH_ARGUMENT):
        return None
    return Relation(kind, word, argument.strip("'\"` "))


def _unspaced(text: str) -> Relation | None:
    for word, kind in KINDS.items():
        if kind == "each" and not word.isascii() and text.startswith(word) and len(text) > len(word):
            return Relation(kind, word, text[len(word) :].strip())
    return None
