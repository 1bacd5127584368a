"""Where `{{ }}` in a text is an expression: in the inputs of a node and what it goes over. `until` is one already."""

from __future__ import annotations

_TEXT = frozenset({"repeat"})


def holds_templates(key: str) -> bool:
    """Whether the texts in this property of a node hold templates. (In those of relationships, none do.)"""
    return key not in _TEXT
