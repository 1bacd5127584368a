"""JSON Schemas of parts and inputs, as far as help needs them: one line for a type, and what is inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]


def type_of(schema: Schema, *, required: bool = False) -> str:
    """A type in a few words, with what is chosen when nothing is given."""
    if isinstance(schema.get("enum"), list):
        said = " | ".join(_shown(each) for each in schema["enum"])
    else:
        types = schema.get("type", "any")
        said = " | ".join(types) if isinstance(types, list) else str(types)
    default = f" = {_shown(schema['default'])}" if "default" in schema else ""
    return said + default + (", required" if required else "")


def properties(schema: Schema) -> Mapping[str, Schema]:
    """The properties of a map, by name."""
    found = schema.get("properties")
    return {k: v for k, v in found.items() if isinstance(v, Mapping)} if isinstance(found, Mapping) else {}


def inside(schema: Schema, path: Iterable[str]) -> Schema:
    """The schema of what lies at a path; {} where nothing is known."""
    for key in path:
        schema = properties(schema).get(key, {})
    return schema


def texts(schema: Schema) -> list[str]:
    """The texts that a value may be, where there is a list of them."""
    allowed = schema.get("enum")
    return [each for each in allowed if isinstance(each, str)] if isinstance(allowed, list) else []


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
