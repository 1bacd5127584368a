"""What queries give, case by case; the cases are in tests/fixtures/queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from cypher_executor.cypher.query import MemoryGraph, compile_query
from cypher_executor.errors import ExpressionError
from tests.cypher.query.drawing import drawn
from tests.cypher.query.shown import shown

FOLDER = Path(__file__).parents[2] / "fixtures" / "queries"


def cases() -> list[tuple[str, list[str]]]:
    """Every case: its title, and its lines."""
    found = []
    for file in sorted(FOLDER.glob("*.txt")):
        _, *blocks = ("\n" + file.read_text("utf-8")).split("\n--- ")
        for block in blocks:
            title, *lines = block.strip("\n").split("\n")
            found.append((f"{file.stem}: {title}", lines))
    return found


def graph_and_query(lines: list[str]) -> tuple[MemoryGraph, str]:
    first, *rest = [line for line in lines if line[:2] not in ("=>", "!!")]
    return (MemoryGraph() if first == "{}" else drawn(first.removeprefix("graph: "))), "\n".join(rest)


def outcome(graph: MemoryGraph, text: str) -> list[list[str]] | str:
    """The columns and the rows as text, or the code of the first error."""
    compiled = compile_query(text)
    if compiled.query is None:
        return compiled.diagnostics[0].code
    try:
        rows = list(compiled.query.run(graph))
    except ExpressionError as error:
        assert error.message
        return error.code
    return [list(compiled.query.columns), *([shown(value) for value in row] for row in rows)]


@pytest.mark.parametrize(("title", "lines"), cases(), ids=[title for title, _ in cases()])
def test_a_query_gives_its_rows_or_its_error(title: str, lines: list[str]) -> None:
    graph, text = graph_and_query(lines)
    found = outcome(graph, text)
    refused = [line[2:].strip() for line in lines if line.startswith("!!")]
    if refused:
        assert found == refused[0]
        return
    assert isinstance(found, list), found
    wanted = [line.lstrip("=>").strip().split(" | ") for line in lines if line.startswith("=>")]
    assert found[0] == wanted[0]
    in_order = any(line.startswith("=>>") for line in lines)
    assert found[1:] == wanted[1:] if in_order else sorted(found[1:]) == sorted(wanted[1:])
