"""The parts that the recipes of the tests know: declarations like those of real manifests, small enough to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest


def part(name: str, *required: str, output: Mapping[str, Any] | None = None, pure: bool = True, **fields: Any) -> Part:
    """A part whose input is these fields and nothing else; a field is a JSON Schema."""
    schema: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return Part(name, "1.0.0", "A part.", Digest("sha256:" + "0" * 64), pure, schema, output or {})


TEXT = {"type": "string"}
OPERATIONS = {"type": "string", "enum": ["upper", "lower", "trim", "length"]}
COUNT = {"type": "integer", "minimum": 1}
BRANCHES = {"type": "object", "properties": {"result": {}, "branch": {"enum": ["true", "false"]}}}
CIRCLE = {
    "type": "object", "required": ["radius"], "additionalProperties": False,
    "properties": {"radius": {"type": "number"}, "colour": {"enum": ["red", "green"]}},
}  # fmt: skip
SQUARE = {
    "type": "object", "required": ["side"], "additionalProperties": False,
    "properties": {"side": {"type": "number"}, "colour": {"enum": ["red", "green"]}},
}  # fmt: skip
CONDITION = {
    "type": ["object", "array"],
    "items": {"$ref": "#/properties/where"},
    "properties": {
        "op": {"enum": ["eq", "ne", "gt", "lt", "between"]},
        "all": {"type": "array", "items": {"$ref": "#/properties/where"}},
        "not": {"$ref": "#/properties/where"},
    },
}

PARTS: Mapping[str, Part] = {
    p.name: p
    for p in (
        part(
            "http_request",
            "url",
            url=TEXT,
            method={"enum": ["GET", "POST"]},
            headers={"type": "object"},
            body={},
            pure=False,
        ),
        part("wait_for_callback", note=TEXT, schema={"type": "object"}, pure=False),
        part("string_ops", "operation", operation=OPERATIONS, text={"type": ["string", "null"]}),
        part("array_ops", "items", items={"type": "array", "items": {"type": "number"}}, count={"type": "integer"}),
        part("switch", "cases", value={}, cases={"type": "array"}, default=TEXT),
        part("if_control", "condition", condition={"type": "boolean"}, output=BRANCHES),
        part("template", "text", text=TEXT, values={"type": "object"}, timeout={"type": "number"}),
        part("trigger_workflow", "workflow", workflow=TEXT, input={}, wait={"type": "boolean"}, key=TEXT),
        part("wait", seconds={"type": ["number", "string"]}, until=TEXT),
        part(
            "wait_for_workflows",
            "runs",
            runs={"type": "array", "minItems": 1},
            mode={"type": ["string", "integer"], "anyOf": [{"enum": ["all", "any"]}, COUNT]},
            on_timeout={"enum": ["fail", "partial"]},
            on_child_fail={"enum": ["collect", "fail"]},
        ),
        part(
            "limited",
            size={"type": "integer", "minimum": 0, "maximum": 9},
            share={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            short={"type": "string", "minLength": 1, "maxLength": 3},
            tags={"type": "array", "minItems": 1, "maxItems": 2},
            word={"enum": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]},
        ),
        part(
            "shaped",
            version={"const": 2},
            size={"oneOf": [{"type": "number", "minimum": 0, "maximum": 100}, {"const": "full"}, {"enum": [None]}]},
            shape={"anyOf": [CIRCLE, SQUARE]},
            where=CONDITION,
            both={"allOf": [{"type": "string"}, {"minLength": 2}]},
            whatever={"anyOf": [{"type": "string"}, True]},
            odd={"anyOf": [{"minLength": 3}, {"minItems": 1, "type": "array"}]},
            lost={"$ref": "#/properties/nowhere"},
            round={"$ref": "#/properties/round"},
        ),
        Part("set", "1.0.0", "Any map.", Digest("sha256:" + "1" * 64), True, {"type": "object"}),
    )
}

STORED = ("summarise", "translate")
"""The names of the recipes that are stored."""
