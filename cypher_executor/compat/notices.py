"""Warnings of a question as notifications, which drivers hand on and Browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cypher_executor.errors import Diagnostic


def notifications(notices: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """One for each warning. Lines and columns count from 1; offsets are left at 0, as the text is not here any more."""
    return [
        {
            "code": "Neo.ClientNotification.Statement.Warning",
            "title": found.code.replace("_", " "),
            "description": found.message,
            "severity": "WARNING",
            "category": "GENERIC",
            "position": {"offset": 0, "line": found.place.line, "column": found.place.column},
        }
        for found in notices
        if found.severity == "warning"
    ]
