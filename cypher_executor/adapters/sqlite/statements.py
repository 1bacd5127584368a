"""SQL lives in .sql files. One file holds many statements, each under a line `-- name: <name>`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def statements(file: str) -> Mapping[str, str]:
    """The statements of `queries/<file>.sql` by name."""
    _, *parts = _NAME.split((_HERE / "queries" / f"{file}.sql").read_text("utf-8"))
    return {name: _without_comments(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def migrations() -> Mapping[int, str]:
    """The numbered migrations, oldest first."""
    return {int(file.name[:4]): file.read_text("utf-8") for file in sorted((_HERE / "migrations").glob("*.sql"))}


def _without_comments(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip()
