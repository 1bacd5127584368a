"""Parts as they leave the service."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cypher_executor.core.part_record import part_record
from cypher_executor.core.parts import Part
from cypher_executor.ports import PartVersion
from cypher_executor.service.times import iso


def part_line(part: Part) -> dict[str, Any]:
    """A part as lists show it."""
    return {
        "name": part.name,
        "version": part.version,
        "summary": part.summary,
        "digest": part.digest,
        "pure": part.pure,
    }


def part_view(part: Part) -> dict[str, Any]:
    """A part with all that its manifest says."""
    return part_record(part)


def version_line(version: PartVersion, newest: PartVersion) -> dict[str, Any]:
    """A version as lists show it."""
    return {
        "number": version.number,
        "version": version.part.version,
        "digest": version.part.digest,
        "pure": version.part.pure,
        "grants": asdict(version.part.grants),
        "made": version.made,
        "created_at": iso(version.created_us),
        "current": version.number == newest.number,
    }


def version_view(version: PartVersion, newest: PartVersion) -> dict[str, Any]:
    """A version with all that its manifest says."""
    return {**part_view(version.part), **version_line(version, newest)}
