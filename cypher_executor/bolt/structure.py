"""Structures of PackStream: a tag and fields, of which messages, nodes and times are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Structure:
    """A tag (one byte) with at most fifteen fields."""

    tag: int
    fields: tuple[Any, ...] = ()
