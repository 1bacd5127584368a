"""A version of a recipe as rows: the recipe in its graph form, with what it uses and may reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.grants import grants_of
from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.cypher.graph_form.build import GraphForm, GraphNode, graph_form
from cypher_executor.errors import RecipeInvalid
from cypher_executor.graph.model import POSITION
from cypher_executor.graph.parts import part_end, reaching
from cypher_executor.graph.rows import End, NodeRow, RelationshipRow, Rows, together
from cypher_executor.graph.shown import moment

UNNAMED = "(unnamed)"
ABOUT = frozenset({"name", "version", "digest", "tenant", "created_at", "current"})
"""What the graph knows of a version beside what its text says. No setting of a recipe is called so, but `name`."""


@dataclass(frozen=True, slots=True)
class Version:
    """A stored version, or with `name` None a recipe that was sent along with a run. `current`: its name points at it.

    `created_us` is None where nobody knows.
    """

    tenant: str
    name: str | None
    version: int | None
    digest: Digest
    text: str
    created_us: int | None = None
    current: bool = False

    @property
    def end(self) -> End:
        """How relationships speak of it."""
        return recipe_end(self.tenant, self.name, self.version, self.digest)


def recipe_end(tenant: str, name: str | None, version: int | None, digest: Digest) -> End:
    """How relationships speak of a version of a recipe. One that is stored nowhere is known by its digest."""
    return ("Recipe", f"{tenant}/{digest}" if name is None or version is None else f"{tenant}/{name}/{version}")


def node_end(recipe: End, name: str) -> End:
    """How relationships speak of a node of a recipe."""
    return ("Node", f"{recipe[1]}/{name}")


def version_rows(version: Version, recipe: Recipe) -> Rows:
    """All that there is to say of a version. What cannot be brought into graph form is there without its nodes."""
    try:
        form = graph_form(version.text)
    except RecipeInvalid:
        form = GraphForm(None, (), ())
    return together([_about(version, recipe, form), _drawing(version, form), _before(version)])


def current_rows(version: Version) -> Rows:
    """That a name points at this version, or does so no more."""
    return Rows((NodeRow(*version.end, {"current": version.current}),))


def _about(version: Version, recipe: Recipe, form: GraphForm) -> Rows:
    properties: dict[str, Any] = {
        **(form.recipe or {}),
        "name": version.name or recipe.name or UNNAMED,
        "version": version.version,
        "digest": version.digest,
        "tenant": version.tenant,
        "created_at": moment(version.created_us),
        "current": version.current,
    }
    granted = grants_of(recipe)
    return reaching(NodeRow(*version.end, properties), (p.host for p in granted.http), granted.secrets)


def _before(version: Version) -> Rows:
    if version.name is None or version.version is None or version.version < 2:
        return Rows()
    before = recipe_end(version.tenant, version.name, version.version - 1, version.digest)
    return Rows((), (RelationshipRow(version.end, "FOLLOWS", before),))


def _drawing(version: Version, form: GraphForm) -> Rows:
    nodes = tuple(_node(version, place, node) for place, node in enumerate(form.nodes))
    return Rows((*nodes, *_parts(form)), (*_having(version, form), *_drawn(version, form)))


def _node(version: Version, place: int, node: GraphNode) -> NodeRow:
    return NodeRow(*node_end(version.end, node.name), {**node.properties, POSITION: place}, node.tags)


def _parts(form: GraphForm) -> Iterator[NodeRow]:
    for name in dict.fromkeys(_part(node) for node in form.nodes):
        if name is not None:
            yield NodeRow(*part_end(name), {"name": name})


def _part(node: GraphNode) -> str | None:
    part = node.properties.get("part")
    return part if isinstance(part, str) else None


def _having(version: Version, form: GraphForm) -> Iterator[RelationshipRow]:
    for node in form.nodes:
        end, part = node_end(version.end, node.name), _part(node)
        yield RelationshipRow(version.end, "HAS", end)
        if part is not None:
            yield RelationshipRow(end, "USES", part_end(part))


def _drawn(version: Version, form: GraphForm) -> Iterator[RelationshipRow]:
    for place, one in enumerate(form.relationships):
        start, end = node_end(version.end, one.source), node_end(version.end, one.target)
        yield RelationshipRow(start, one.type, end, str(place), {**one.properties, POSITION: place})
