"""Cypher lives in a .cypher file: many statements, each under a line `// name: <name>`.

What a parameter cannot be, labels and types, stands there in capitals. It is put in with backticks around it, so that
no name of a recipe can say more than a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import LiteralString

_NAME = re.compile(r"^// name: (\w+)\n", re.MULTILINE)


def _read() -> Mapping[str, str]:
    _, *parts = _NAME.split(Path(__file__).with_name("statements.cypher").read_text("utf-8"))
    return {name: _without_comments(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _without_comments(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.startswith("//")).strip()


STATEMENTS = _read()


def statement(name: str, **names: str | Iterable[str]) -> LiteralString:
    """A statement with these names in it; several labels become `a`:`b`."""
    text = STATEMENTS[name]
    for place, given in names.items():
        quoted = ":".join(map(_quoted, [given] if isinstance(given, str) else given))
        text = re.sub(rf"\b{place}\b", lambda _, quoted=quoted: quoted, text)  # type: ignore[misc]
    return text  # type: ignore[return-value,unused-ignore]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
