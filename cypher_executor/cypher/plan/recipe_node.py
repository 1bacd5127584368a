"""The :Recipe node, which describes the recipe and is not a step of it."""

from __future__ import annotations

import unicodedata
from typing import Any

from cypher_executor.core.grants import read_grants
from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan import settings
from cypher_executor.cypher.plan.constants import NotConstant, constant
from cypher_executor.cypher.plan.planned import PlannedShare, Reading
from cypher_executor.cypher.plan.settings import Owner, Setting
from cypher_executor.cypher.plan.visible import visible
from cypher_executor.cypher.report import Report

LONGEST_NAME = 200
KEY, LIMIT = "concurrency_key", "concurrency_limit"


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
    "concurrency_limit": Setting(settings.count),
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
    owner = Owner("the :Recipe node", "unknown_recipe_property", others=(KEY,))
    key = _key(pattern)
    entries = [entry for entry in pattern.properties.entries if entry is not key]
    found = settings.read_settings(entries, SETTINGS, owner, report)
    return {_FIELDS.get(name, name): value for name, value in found.items() if name != LIMIT}


def plan_recipe_share(pattern: syntax.NodePattern | None, report: Report) -> PlannedShare | None:
    """How many runs of the recipe are under way at once, as the :Recipe node has it."""
    key = None if pattern is None else _key(pattern)
    limit = None if pattern is None else _entry(pattern, LIMIT)
    if limit is None:
        if key is not None:
            sentence = f"`{KEY}` needs `{LIMIT}`: how many runs with the same key may be under way at once."
            report.add("missing_setting", sentence, key.key.place)
        return None
    return PlannedShare(_count(limit), None if key is None else Reading(key.value, after=None, templates=True))


def _count(limit: syntax.MapEntry) -> int:
    """The limit; 1 for one that is none, which is told with the other settings."""
    try:
        return int(SETTINGS[LIMIT].read(constant(limit.value)))
    except (NotConstant, ValueError):
        return 1


def _key(pattern: syntax.NodePattern) -> syntax.MapEntry | None:
    return _entry(pattern, KEY)


def _entry(pattern: syntax.NodePattern, name: str) -> syntax.MapEntry | None:
    """The first property of this name."""
    entries = pattern.properties.entries if isinstance(pattern.properties, syntax.MapLiteral) else ()
    return next((entry for entry in entries if entry.key.text == name), None)
