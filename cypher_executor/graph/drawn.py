"""From a graph back to the recipe that it draws: what was mirrored, pasted, drawn or edited in a database.

The order of what has one comes from the mirror (`cx.position`); what a person has added comes behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cypher_executor.cypher.graph_form.stored import StoredNode, StoredRelationship, stored_form
from cypher_executor.cypher.graph_form.text import graph_text
from cypher_executor.graph.model import DRAWN, POSITION
from cypher_executor.graph.recipes import ABOUT

_LAST = 2**62


def recipe_text(
    recipe: Mapping[str, Any], nodes: Iterable[StoredNode], relationships: Iterable[StoredRelationship]
) -> str:
    """The recipe in graph form, as one statement. Raises `graph_form.stored.Unreadable` for what cannot be read.

    Whether it is a recipe at all is for `check` to say; relationships that no recipe has are kept for it to tell.
    """
    settings = {key: value for key, value in recipe.items() if key == "name" or key not in ABOUT}
    ordered = sorted(nodes, key=lambda node: (_place(node.properties), str(node.id)))
    drawn = sorted(relationships, key=lambda found: (_place(found.properties), found.type not in DRAWN, found.type))
    return graph_text(stored_form(settings, ordered, drawn))


def _place(properties: Mapping[str, Any]) -> int:
    place = properties.get(POSITION)
    return place if isinstance(place, int) else _LAST
