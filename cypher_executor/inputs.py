"""The input of a run, against the recipe's own schema: defaults filled in, then checked as JSON Schema 2020-12.

Formats are asserted, patterns are matched in linear time, and nothing is ever fetched: a `$ref` stays inside its
schema. All misfits are reported at once, each with the path of the value that does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from cypher_executor.core.recipe import Value
from cypher_executor.errors import RequestInvalid

_CACHED_SCHEMAS = 512


def admit(schema: Mapping[str, Value] | None, given: Value) -> Value:
    """The input with its defaults filled in. Raises RequestInvalid (code `input_invalid`) when it does not fit."""
    if schema is None:
        return given
    filled = with_defaults(schema, given)
    problems = [
        {"path": "/".join(["", *map(str, error.instance_path)]), "message": error.message}
        for error in _validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).iter_errors(filled)
    ]
    if problems:
        listed = "; ".join(f"{p['path'] or 'input'}: {p['message']}" for p in problems)
        raise RequestInvalid(f"the input does not fit the recipe: {listed}", code="input_invalid", problems=problems)
    return filled


def schema_problem(schema: Any) -> str | None:
    """Why this is not a JSON Schema, or None when it is one."""
    try:
        _made(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        return str(error).splitlines()[0]
    return None


def with_defaults(schema: Any, given: Value) -> Value:
    """A copy of `given` in which the properties that it lacks have their defaults, at every depth of the schema."""
    if not isinstance(schema, Mapping) or not isinstance(given, dict):
        return given
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return given
    filled = dict(given)
    for name, of in properties.items():
        if name in filled:
            filled[name] = with_defaults(of, filled[name])
        elif isinstance(of, Mapping) and "default" in of:
            filled[name] = of["default"]
    return filled


@lru_cache(maxsize=_CACHED_SCHEMAS)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return _made(orjson.loads(schema))


def _made(schema: Any) -> jsonschema_rs.Draft202012Validator:
    patterns = jsonschema_rs.RegexOptions()
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True, pattern_options=patterns)
