"""What a picture says of a node and of a relationship."""

from __future__ import annotations

import unicodedata

from cypher_executor.core.recipe import Node, Relationship

_FAILURE = ("ON_FAIL",)
LONGEST = 48
"""How many cells a line of a label may take."""


def node_words(node: Node) -> str:
    """What stands below the name of a node: its part, and how it is run."""
    said = [node.part or ""]
    if node.for_each is not None:
        said.append(f"for each {node.for_each.item} in {node.for_each.items.text}")
    if node.repeat is not None:
        said.append(f"until {node.repeat.until.text}")
    if node.join != "all":
        said.append(f"join {node.join}")
    if node.share is not None:
        said.append(f"{node.share.limit} at once" + (f" for {node.share.key.text}" if node.share.key else ""))
    if node.cache_ms is not None:
        said.append("kept")
    return ", ".join(filter(None, said))


def relationship_words(relationship: Relationship) -> str:
    """What is to be said of a relationship; nothing of a plain ON_SUCCESS."""
    said = [] if relationship.type == "ON_SUCCESS" else [relationship.type.lower().replace("_", " ")]
    if relationship.loop is not None:
        said.append(f"{relationship.loop.item} in {relationship.loop.items.text}")
    if relationship.branch is not None:
        said.append(f"branch {relationship.branch}")
    if relationship.when is not None:
        said.append(f"when {relationship.when.text}")
    if relationship.otherwise:
        said.append("otherwise")
    return " ".join(said)


def takes_failure(relationship: Relationship) -> bool:
    """Whether this is the way of a failure."""
    return relationship.type in _FAILURE


def cells(text: str) -> int:
    """How many cells a text takes where characters are as wide as each other, or twice as wide."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def visible(text: str) -> str:
    """The text in one line, without characters that cannot be seen."""
    return "".join(_visible(character) for character in text)


def shown(text: str) -> str:
    """The text in one line, and no longer than a label."""
    whole = visible(text)
    if cells(whole) <= LONGEST:
        return whole
    kept, width = [], 1
    for character in whole:
        width += _cell(character)
        if width > LONGEST:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _visible(character: str) -> str:
    if character in "\n\t ":
        return " "
    hidden = unicodedata.category(character) in _HIDDEN or unicodedata.bidirectional(character) in _TURNING
    return "\N{REPLACEMENT CHARACTER}" if hidden else character


_HIDDEN = frozenset(("Cc", "Cs", "Cn", "Co", "Zl", "Zp"))
_TURNING = frozenset(("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"))
"""Marks that turn the direction of the text behind them."""
