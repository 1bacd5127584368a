"""A digest of what a caller asked for, so that a repeated request can be told from another one under the same key."""

from __future__ import annotations

import hashlib
import json

from cypher_executor.core.recipe import Value


def fingerprint(recipe: str, given: Value) -> str:
    """The same for the same recipe (name or digest) and the same input as JSON, whatever the order of its keys."""
    return hashlib.sha256(canonical([recipe, given]).encode()).hexdigest()


def canonical(value: Value) -> str:
    """A value as JSON, in ASCII: the same text for equal values, whatever the order of keys. `1` and `1.0` differ."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
