"""The page about the parts that ship, made from their manifests and examples, so that it cannot say anything else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from cypher_executor.core.parts import Example, Part
from cypher_executor.core.recipe import Value
from cypher_executor.partkit.build import part_folders
from cypher_executor.partkit.manifest import read_folder

PAGE = "parts.md"
_HEAD = """# The parts that ship

Made by `cypher-executor parts docs` from the manifests and examples in `parts/`; do not edit. Every example here is run
as a test. *Pure* parts see nothing but their input; the others make calls, which the engine carries out and journals.
"""
_LONGEST = 1200


def page_of(folder: Path) -> str:
    """The page about all parts of a folder."""
    parts = [read_folder(one).part for one in part_folders(folder)]
    index = [f"| [`{p.name}`](#{p.name}) | {_effects(p)} | {_cell(p.summary)} |" for p in parts]
    table = "\n".join(["| part | effects | what it does |", "| --- | --- | --- |", *index])
    return "\n".join([_HEAD, table, "", *map(_section, parts)])


def _section(part: Part) -> str:
    lines = [f"## {part.name}", "", part.summary, "", f"{_effects(part).capitalize()}; {_limits(part)}.", ""]
    fields = part.input.get("properties", {})
    if isinstance(fields, Mapping) and fields:
        lines += ["| input | type | |", "| --- | --- | --- |"]
        lines += [_field(name, schema, part) for name, schema in fields.items()] + [""]
    return "\n".join([*lines, *_examples(part.examples), ""])


def _effects(part: Part) -> str:
    if part.pure:
        return "pure"
    grants = [*(["http"] if part.grants.http else []), *(["kv"] if part.grants.kv else [])]
    return f"calls ({', '.join(grants)})" if grants else "in the engine"


def _limits(part: Part) -> str:
    return f"{part.limits.timeout_ms} ms, {part.limits.memory_mb} MiB"


def _field(name: str, schema: Mapping[str, Value], part: Part) -> str:
    required = part.input.get("required", ())
    kind = schema.get("type", "any")
    types = [t for t in (kind if isinstance(kind, list) else [kind]) if t != "null"]
    notes = [str(schema.get("description", ""))]
    if "enum" in schema:
        notes.append("One of " + ", ".join(f"`{one}`" for one in schema["enum"]) + ".")
    if "default" in schema:
        notes.append(f"Default `{_json(schema['default'])}`.")
    mark = " (required)" if isinstance(required, list | tuple) and name in required else ""
    return f"| `{name}`{mark} | {' or '.join(map(str, types))} | {_cell(' '.join(notes))} |"


def _examples(examples: Iterable[Example]) -> list[str]:
    lines = ["```text"]
    for example in examples:
        result = example.output if example.error is None else {"error": example.error}
        shown = [f"# {example.title}", _json(example.input)]
        shown += [f"  asks {_json(request)} -> {_json(answer)}" for request, answer in example.calls]
        lines += [
            *(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..." for line in shown),
            f"-> {_json(result)}",
        ]
    return [*lines, "```"]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("```", "\\u0060\\u0060\\u0060")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
