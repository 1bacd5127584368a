"""Parts as JSON, for stores that keep them; what is read back is the part that was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cypher_executor.core.parts import Example, Grants, Limits, Part
from cypher_executor.core.recipe import Value


def part_record(part: Part) -> dict[str, Value]:
    """A part as JSON."""
    grants = part.grants
    return {
        "name": part.name,
        "version": part.version,
        "summary": part.summary,
        "digest": part.digest,
        "pure": part.pure,
        "input": part.input,
        "output": part.output,
        "grants": {**asdict(grants), "http": list(grants.http), "secrets": list(grants.secrets)},
        "limits": asdict(part.limits),
        "examples": [_example_record(example) for example in part.examples],
    }


def read_part(told: Mapping[str, Any]) -> Part:
    """A part from what `part_record` made of it. Raises KeyError, TypeError or ValueError for anything else."""
    grants = told["grants"]
    return Part(
        name=str(told["name"]),
        version=str(told["version"]),
        summary=str(told["summary"]),
        digest=told["digest"],
        pure=bool(told["pure"]),
        input=dict(told["input"]),
        output=dict(told["output"]),
        grants=Grants(**{**grants, "http": tuple(grants["http"]), "secrets": tuple(grants["secrets"])}),
        limits=Limits(**told["limits"]),
        examples=tuple(map(_example, told["examples"])),
    )


def _example_record(example: Example) -> dict[str, Value]:
    end = {"output": example.output} if example.error is None else {"error": example.error}
    calls = [{"request": request, "answer": answer} for request, answer in example.calls]
    return {"title": example.title, "input": example.input, **end, "calls": calls}


def _example(told: Mapping[str, Any]) -> Example:
    calls = tuple((call["request"], call["answer"]) for call in told["calls"])
    return Example(told["title"], told["input"], told.get("output"), told.get("error"), calls)
