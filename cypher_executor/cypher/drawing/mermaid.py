"""A recipe as a Mermaid flowchart.

Mermaid reads labels as markdown and takes many signs for its own, so nodes are called by numbers, labels stand in
quotes, and every sign in them that could mean something is written as its code.
"""

from __future__ import annotations

import json
import re

from cypher_executor.core.recipe import Node, Recipe, Relationship
from cypher_executor.cypher.drawing.triggers import with_triggers
from cypher_executor.cypher.drawing.words import node_words, relationship_words, shown, takes_failure

_MEANING = re.compile(r"[^\w \-.,:/()=+?!$'\u00a0-\U0010ffff]")


def to_mermaid(recipe: Recipe) -> str:
    """The flowchart. Its lines are in the order of the recipe."""
    recipe = with_triggers(recipe)
    ids = {name: f"n{number}" for number, name in enumerate(recipe.nodes)}
    title = ["---", f"title: {json.dumps(shown(recipe.name), ensure_ascii=False)}", "---"] if recipe.name else []
    nodes = [f"  {ids[node.name]}{_shape(node)}" for node in recipe.nodes.values()]
    ways = [f"  {ids[r.source]} {_arrow(r)} {ids[r.target]}" for r in recipe.relationships]
    return "\n".join([*title, "flowchart TD", *nodes, *ways]) + "\n"


def _shape(node: Node) -> str:
    """A box for what runs a part, a rounded one for what only starts or joins."""
    below = shown(node_words(node))
    lines = [_escaped(shown(node.name)), *([_escaped(below)] if below else [])]
    text = "<br>".join(lines)
    return f'["{text}"]' if node.part is not None else f'(["{text}"])'


def _arrow(relationship: Relationship) -> str:
    words = _escaped(shown(relationship_words(relationship)))
    return ("-.->" if takes_failure(relationship) else "-->") + (f'|"{words}"|' if words else "")


def _escaped(text: str) -> str:
    return _MEANING.sub(lambda found: f"#{ord(found[0])};", text)
