"""Recipes as they leave the service: the text, what it draws, and where to call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.recipe import Node, Recipe, Relationship
from cypher_executor.core.triggers import Webhook
from cypher_executor.cypher.bill import More, more_json
from cypher_executor.cypher.diagnostics import to_json
from cypher_executor.errors import Diagnostic
from cypher_executor.ports import RecipeVersion
from cypher_executor.service.endpoint import in_path
from cypher_executor.service.hooks import hooks_in
from cypher_executor.service.schedule_view import declared_view
from cypher_executor.service.times import iso


@dataclass(frozen=True, slots=True)
class Reach:
    """What a recipe can reach, as JSON, and what of it is more than before."""

    bill: Mapping[str, Any] | None
    more: tuple[More, ...] = ()


def recipe_view(
    recipe: Recipe,
    name: str,
    version: RecipeVersion | None,
    diagnostics: Iterable[Diagnostic],
    base_url: str,
    now_us: int,
    reach: Reach,
) -> dict[str, Any]:
    """A recipe as it is now; without a version it is one that was only tried."""
    return {
        "name": name,
        "version": None if version is None else version.version,
        "digest": recipe.digest,
        "description": recipe.description,
        "cypher": recipe.text if version is None else version.text,
        "created_at": None if version is None else iso(version.created_us),
        "graph": graph_view(recipe),
        "parts": list(recipe.parts),
        "input_schema": recipe.input_schema,
        "webhook_url": webhook_url(base_url, name),
        "hooks": [hook_view(node, hook, base_url) for node, hook in hooks_in(recipe)],
        "schedules": declared_view(recipe, now_us),
        "bill": reach.bill,
        "more": more_json(reach.more),
        "pins": {} if version is None else dict(version.pins),
        "diagnostics": [to_json(d) for d in diagnostics],
    }


def recipe_line(version: RecipeVersion, base_url: str) -> dict[str, Any]:
    """A recipe as lists show it."""
    return {
        "name": version.name,
        "version": version.version,
        "digest": version.digest,
        "created_at": iso(version.created_us),
        "webhook_url": webhook_url(base_url, version.name),
    }


def version_line(version: RecipeVersion, current: RecipeVersion) -> dict[str, Any]:
    """A version as lists show it."""
    return {
        "version": version.version,
        "digest": version.digest,
        "created_at": iso(version.created_us),
        "current": version.version == current.version,
    }


def graph_view(recipe: Recipe) -> dict[str, Any]:
    """The drawing, in the order of the text."""
    return {
        "nodes": [_node(node) for node in recipe.nodes.values()],
        "relationships": [_relationship(relationship) for relationship in recipe.relationships],
    }


def webhook_url(base_url: str, name: str) -> str:
    """Where the recipe of this name is triggered."""
    return f"{base_url}/webhooks/named/{in_path(name)}/trigger"


def hook_view(node: str, hook: Webhook, base_url: str) -> dict[str, Any]:
    """A hook, and where it is called and tried."""
    path = "/".join(map(in_path, hook.path.split("/")))
    return {
        "node": node,
        "url": f"{base_url}/hooks/{path}",
        "test_url": f"{base_url}/hooks-test/{path}",
        "methods": list(hook.methods),
        "auth": hook.auth,
        "respond": hook.respond,
    }


def _node(node: Node) -> dict[str, Any]:
    return {"name": node.name, "part": node.part, "tags": list(node.tags)}


def _relationship(relationship: Relationship) -> dict[str, Any]:
    return {
        "source": relationship.source,
        "type": relationship.type,
        "target": relationship.target,
        "when": None if relationship.when is None else relationship.when.text,
        "branch": relationship.branch,
        "otherwise": relationship.otherwise,
    }
