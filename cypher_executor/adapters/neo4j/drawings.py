"""Recipes that stand in Neo4j: mirrored there, pasted, drawn or edited by somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.adapters.neo4j.connection import Connection
from cypher_executor.adapters.neo4j.statements import statement
from cypher_executor.cypher.graph_form.stored import StoredNode, StoredRelationship
from cypher_executor.errors import NotFound, RequestInvalid, nearest
from cypher_executor.graph.model import DRAWN


@dataclass(frozen=True, slots=True)
class Drawing:
    """A recipe as it stands in the database. `version` is that of a mirrored one, None of somebody's own drawing;
    `hidden` is the newest mirrored version that was not read because there is a drawing."""

    recipe: Mapping[str, Any]
    nodes: Sequence[StoredNode]
    relationships: Sequence[StoredRelationship]
    version: int | None = None
    hidden: int | None = None


async def read_drawing(connection: Connection, name: str) -> Drawing:
    """The recipe of this name: somebody's own drawing before a mirrored version, the newest of these.

    Raises NotFound, RequestInvalid when nobody can say which nodes belong to it, and Unavailable.
    """
    first, *others = await _found(connection, name)
    nodes = await _nodes(connection, first["id"], name)
    ids = [node.id for node in nodes]
    await _refuse_unlabelled(connection, first["id"], ids, name)
    rows = await connection.ask(statement("drawn_relationships"), ids=ids)
    relationships = [StoredRelationship(r["start"], r["type"], r["end"], r["properties"]) for r in rows]
    hidden = others[0]["version"] if others and first["drawn"] else None
    version = None if first["drawn"] else first["version"]
    return Drawing(dict(first["r"].items()), nodes, relationships, version, hidden)


async def _found(connection: Connection, name: str) -> Sequence[Mapping[str, Any]]:
    """The one to read, and the next one, if any. Raises NotFound and RequestInvalid."""
    found = await connection.ask(statement("find_recipe"), name=name)
    if not found:
        names = [row["name"] for row in await connection.ask(statement("recipe_names"))]
        meant = nearest(name, [known for known in names if isinstance(known, str)])
        raise NotFound(
            f"there is no (:Recipe {{name: {name!r}}}) in Neo4j",
            code="unknown_recipe",
            did_you_mean=meant,
            next_actions=["MATCH (r:Recipe) RETURN r.name, asked in Neo4j, shows every name"],
        )
    if len(found) == 2 and found[1]["drawn"]:
        raise RequestInvalid(
            f"more than one recipe called {name!r} is drawn in Neo4j: nobody can say which one is meant",
            code="ambiguous_drawing",
            next_actions=["give each a name of its own, or delete those that are not meant"],
        )
    return found


async def _refuse_unlabelled(connection: Connection, recipe: str, ids: Sequence[str], name: str) -> None:
    """What is drawn into a recipe without the label `Node` would be left out: that is never done in silence."""
    rows = [
        *await connection.ask(statement("unlabelled_of_recipe"), id=recipe),
        *await connection.ask(statement("unlabelled_of_nodes"), ids=ids, drawn=list(DRAWN)),
    ]
    found = list(dict.fromkeys(_unlabelled(row) for row in rows))
    if found:
        raise RequestInvalid(
            f"{name} cannot be read back: {'; '.join(found)}",
            code="drawing_invalid",
            next_actions=["give it the label, and its part as a property: (:Node {name: 'b', part: 'set'})"],
        )


def _unlabelled(row: Mapping[str, Any]) -> str:
    labels = "".join(f":{label}" for label in sorted(row["labels"])) or "no label"
    called = row["n"].get("name")
    what = f"({labels})" if called is None else f"{called} ({labels})"
    return f"{what} is connected by {row['type']} to {row['beside']} and has not the label Node"


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
