"""A digest of what a caller asked for, so that a repeated request can be told from another one under the same key."""

from __future__ import annotations

import hashlib
import json

from cypher_executor.core.recipe import Value


def fingerprint(recipe: str, given: Value) -> str:
    """The same for the same recipe (name or digest) and the same input as JSON, whatever the order of its keys."""
    text = json.dumps([recipe, given], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
