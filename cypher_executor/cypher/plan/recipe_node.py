"""The :Recipe node, which describes the recipe and is not a step of it."""

from __future__ import annotations

import unicodedata
from typing import Any

from cypher_executor.core.grants import read_grants
from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan import settings
from cypher_executor.cypher.plan.settings import Owner, Setting
from cypher_executor.cypher.plan.visible import visible
from cypher_executor.cypher.report import Report

LONGEST_NAME = 200


def recipe_name(value: Value) -> str:
    """A name that a recipe may have: it is shown, and it stands in addresses. Raises ValueError with the reason.

    Two ways to write the same characters are one name: it is given back in Unicode's composed form (NFC).
    """
    name = unicodedata.normalize("NFC", settings.text(value))
    if not name or name != name.strip():
        raise ValueError("a name must not be empty, and must not begin or end with a space")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a name may have {LONGEST_NAME} characters at most")
    if "/" in name or name in (".", "..") or not visible(name):
        raise ValueError("a name must not have `/` or characters that cannot be seen, and must not be `.` or `..`")
    return name


def _grants(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise ValueError("this must be a map, like {http: ['https://api.example.com/*'], kv: true}")
    read_grants(value)
    return value


def _schema(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise ValueError("this must be a JSON Schema, like {type: 'object', required: ['text']}")
    properties = value.get("properties", {})
    if not isinstance(properties, dict) or not all(isinstance(p, dict | bool) for p in properties.values()):
        raise ValueError("`properties` of a JSON Schema must be a map of schemas")
    if not isinstance(value.get("required", []), list):
        raise ValueError("`required` of a JSON Schema must be a list of names")
    return value


_FIELDS = {"timeout": "timeout_ms", "input": "input_schema"}
SETTINGS = {
    "name": Setting(recipe_name, "invalid_name"),
    "description": Setting(settings.text),
    "timeout": settings.TIME_LIMIT,
    "fail_fast": Setting(settings.boolean),
    "max_runs": Setting(settings.count),
    "grants": Setting(_grants),
    "input": Setting(_schema),
}


def plan_recipe_node(pattern: syntax.NodePattern | None, report: Report) -> dict[str, Any]:
    """The fields of `core.recipe.Recipe` that the :Recipe node gives."""
    if pattern is None or pattern.properties is None:
        return {}
    if isinstance(pattern.properties, syntax.Parameter):
        sentence = "the :Recipe node is read before the recipe runs, so its properties cannot come from a parameter."
        report.add("constant_expected", sentence, pattern.properties.place)
        return {}
    found = settings.read_settings(
        pattern.properties.entries, SETTINGS, Owner("the :Recipe node", "unknown_recipe_property"), report
    )
    return {_FIELDS.get(name, name): value for name, value in found.items()}
