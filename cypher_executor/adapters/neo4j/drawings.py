"""Recipes that stand in Neo4j: mirrored there, pasted, drawn or edited by somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.adapters.neo4j.connection import Connection
from cypher_executor.adapters.neo4j.statements import statement
from cypher_executor.cypher.graph_form.stored import StoredNode, StoredRelationship
from cypher_executor.errors import NotFound, RequestInvalid


@dataclass(frozen=True, slots=True)
class Drawing:
    """A recipe as it stands in the database."""

    recipe: Mapping[str, Any]
    nodes: Sequence[StoredNode]
    relationships: Sequence[StoredRelationship]


async def read_drawing(connection: Connection, name: str) -> Drawing:
    """The recipe of this name: somebody's own drawing before a mirrored version, the newest of these.

    Raises NotFound, RequestInvalid when nobody can say which nodes belong to it, and Unavailable.
    """
    found = await connection.ask(statement("find_recipe"), name=name)
    if not found:
        message = f"there is no (:Recipe {{name: {name!r}}}) in Neo4j"
        raise NotFound(message, code="unknown_recipe")
    nodes = await _nodes(connection, found[0]["id"], name)
    ids = [node.id for node in nodes]
    rows = await connection.ask(statement("drawn_relationships"), ids=ids)
    relationships = [StoredRelationship(r["start"], r["type"], r["end"], r["properties"]) for r in rows]
    return Drawing(dict(found[0]["r"].items()), nodes, relationships)


async def _nodes(connection: Connection, recipe: str, name: str) -> list[StoredNode]:
    """The nodes that the recipe has, with whatever was drawn onto them; of one that has none, all that are free."""
    nodes = _stored(await connection.ask(statement("held_nodes"), id=recipe))
    if not nodes:
        return await _free(connection, name)
    while True:
        more = _stored(await connection.ask(statement("connected_nodes"), ids=[node.id for node in nodes]))
        if not more:
            return nodes
        nodes += more


async def _free(connection: Connection, name: str) -> list[StoredNode]:
    (counted,) = await connection.ask(statement("free_recipes"))
    if counted["recipes"] > 1:
        raise RequestInvalid(
            f"{counted['recipes']} recipes in Neo4j have no nodes: nobody can say which ones belong to {name!r}",
            code="ambiguous_drawing",
            next_actions=[f"MATCH (r:Recipe {{name: {name!r}}}), (n:Node) WHERE ... CREATE (r)-[:HAS]->(n)"],
        )
    return _stored(await connection.ask(statement("free_nodes")))


def _stored(rows: Sequence[Mapping[str, Any]]) -> list[StoredNode]:
    return [StoredNode(row["id"], frozenset(row["n"].labels), dict(row["n"].items())) for row in rows]
