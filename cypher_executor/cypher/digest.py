"""The digest of a recipe: one name for everything that means the same.

It is taken over a canonical JSON text of the planned recipe and not over the author's text, so white space, comments,
the case of keywords, the direction in which an arrow is written, and how the drawing is cut into clauses and patterns
make no difference. Neither does an order that nothing depends on: of nodes, of relationships, of the properties in a
map, of tags. The order of what RETURN gives is kept, because its columns have an order in Cypher.

The name and the description count when they stand in the text: whoever reads a recipe again by its digest gets back
exactly what was stored. A name that came from a file or a request is not part of the recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any

from cypher_executor.core.recipe import (
    Digest,
    Expression,
    Loop,
    Node,
    Recipe,
    Relationship,
    Repeat,
    Retry,
    Share,
    Trigger,
    Value,
)
from cypher_executor.core.triggers import Schedule, Webhook

_FORM = 1
"""The number of this canonical form. It goes into the digest, so another form can never be mistaken for this one."""

_NOT_MEANING = frozenset({"digest", "text", "name", "secrets"})


def digest_of(recipe: Recipe, *, written_name: str | None) -> Digest:
    """The digest of `recipe`, whatever its `digest` field says. `written_name` is the name that the text gives."""
    text = json.dumps(
        canonical(recipe, written_name=written_name), ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    # Names may hold lone surrogates, which UTF-8 refuses: they count as what they are.
    return Digest("sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def canonical(recipe: Recipe, *, written_name: str | None) -> dict[str, Value]:
    """The meaning of a recipe as one JSON value. Fields that hold their default are left out, so that the recipes of
    today keep their digest when a field is added."""
    return {
        "form": _FORM,
        "name": written_name,
        "nodes": {name: _node(node) for name, node in recipe.nodes.items()},
        "relationships": sorted((_relationship(r) for r in recipe.relationships), key=_as_text),
        "returns": _columns(recipe.returns),
        **_plain(recipe, without=_NOT_MEANING | {"nodes", "relationships", "returns", "triggers"}),
        **_triggers(recipe.triggers),
    }


def _triggers(triggers: Sequence[Trigger]) -> dict[str, Value]:
    """Nothing without triggers, as it was before there were any."""
    return {"triggers": {each.name: _trigger(each) for each in triggers}} if triggers else {}


def _trigger(trigger: Trigger) -> dict[str, Value]:
    starts = sorted((_plain(start, without={"index", "source", "type"}) for start in trigger.starts), key=_as_text)
    tags = {"tags": sorted(trigger.tags)} if trigger.tags else {}
    return {trigger.kind: _plain(trigger.settings), "starts": starts, **tags}


def _node(node: Node) -> dict[str, Value]:
    plain = _plain(node, without={"name", "inputs", "tags"})
    if node.inputs is not None:
        plain["inputs"] = {name: value.text for name, value in node.inputs}
    if node.tags:
        plain["tags"] = sorted(node.tags)
    return plain


def _relationship(relationship: Relationship) -> dict[str, Value]:
    return _plain(relationship, without={"index"})


def _columns(returns: Sequence[tuple[str, Expression]] | None) -> Value:
    return None if returns is None else [[name, value.text] for name, value in returns]


_Record = Recipe | Node | Relationship | Retry | Loop | Repeat | Share | Webhook | Schedule


def _plain(record: _Record, *, without: Collection[str] = ()) -> dict[str, Value]:
    """The fields of a record that differ from their defaults, as JSON values."""
    return {
        field.name: _value(getattr(record, field.name))
        for field in fields(record)
        if field.name not in without and getattr(record, field.name) != _default(field)
    }


def _default(field: Field[Any]) -> Value:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _value(value: Value) -> Value:
    """One field as JSON: an expression as its canonical text, a record as its fields."""
    if isinstance(value, Retry | Loop | Repeat | Share):
        return _plain(value)
    return getattr(value, "text", value)


def _as_text(value: Value) -> str:
    return json.dumps(value, sort_keys=True)
