"""Texts to begin with: every fixture of the language, every seed, every example of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cypher_executor

ROOT = Path(__file__).parent.parent.parent
_PAGES = Path(cypher_executor.__file__).parent / "docs"
_BLOCK = re.compile(r"```cypher\n([\s\S]+?)```")
_FOLDERS = ("valid", "invalid", "diagnostics", "plans", "queries", "graph_form", "fmt", "digests", "drawing")


@cache
def texts() -> tuple[str, ...]:
    """Recipes, queries and expressions, right and wrong ones."""
    return tuple(dict.fromkeys(text for text in (*_cases(), *_expressions(), *_pages(), *_seeds()) if text.strip()))


def _cases() -> Iterator[str]:
    for folder in _FOLDERS:
        for file in sorted((ROOT / "tests" / "fixtures" / folder).rglob("*.txt")):
            for block in re.split(r"^(?:=== |--- ).*$", file.read_text("utf-8"), flags=re.MULTILINE):
                yield "\n".join(line for line in block.split("\n") if not line.startswith(("=>", "---"))).strip("\n")


def _expressions() -> Iterator[str]:
    for folder in ("expressions", "temporal"):
        for file in sorted((ROOT / "tests" / "fixtures" / folder).glob("*.txt")):
            for line in file.read_text("utf-8").split("\n"):
                yield f"RETURN {re.split(r'  +(?:=>|!!)', line)[0]}"


def _pages() -> Iterator[str]:
    for page in sorted(_PAGES.glob("*.md")):
        yield from (found[1] for found in _BLOCK.finditer(page.read_text("utf-8")))


def _seeds() -> Iterator[str]:
    for file in sorted((ROOT / "seeds").glob("*.cypher")):
        yield file.read_text("utf-8")
