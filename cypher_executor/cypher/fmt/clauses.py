"""The clauses of a recipe as pieces: each pattern becomes a clause of its own, then RETURN."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cypher_executor.cypher import syntax
from cypher_executor.cypher.fmt.items import NewLine, Piece, is_blank_before
from cypher_executor.cypher.printing import (
    CLOSE,
    DEDENT,
    INDENT,
    LINE,
    OPEN,
    SOFT,
    At,
    name_text,
    pieces_of,
)
from cypher_executor.cypher.templated import holds_templates

_WORD = "CREATE "


def clauses(script: syntax.Script, lines: list[str]) -> Iterator[Piece]:
    """All of a recipe, clause by clause. What only queries have is none of a recipe's: it was refused before."""
    for clause in script.queries[0].clauses:
        if isinstance(clause, syntax.Return):
            yield from _begin(clause, lines)
            yield from _return(clause.projection)
        elif isinstance(clause, syntax.Draw | syntax.Create | syntax.Merge):
            yield from _drawn(clause, lines)


def _begin(node: syntax.Syntax, lines: list[str]) -> Iterator[Piece]:
    yield NewLine(is_blank_before(lines, node.place.line))
    yield At(node.place.line, node.place.column)


def _drawn(clause: syntax.Draw | syntax.Create | syntax.Merge, lines: list[str]) -> Iterator[Piece]:
    for number, path in enumerate(clause.patterns):
        yield from _begin(path if number else clause, lines)
        yield _WORD
        yield from _path(path)


def _path(path: syntax.Path) -> Iterator[Piece]:
    """A path breaks before its relationships, unless there is only one: then the maps in it break."""
    yield At(path.place.line, path.place.column)
    if path.variable is not None:
        yield f"{name_text(path.variable.text)} = "
    breaks = len(path.elements) > 3
    yield from (OPEN, INDENT) if breaks else ()
    for element in path.elements:
        if isinstance(element, syntax.NodePattern):
            yield from _node(element)
        else:
            yield from (SOFT,) if breaks else ()
            yield from _relationship(element)
    yield from (DEDENT, CLOSE) if breaks else ()


def _node(node: syntax.NodePattern) -> Iterator[Piece]:
    yield At(node.place.line, node.place.column)
    head = (name_text(node.variable.text) if node.variable else "") + "".join(map(_label, node.labels))
    yield f"({head}"
    yield from _inputs(node.properties, " " if head else "")
    yield At(node.place.end_line, node.place.end_column)
    yield ")"


def _relationship(relationship: syntax.RelationshipPattern) -> Iterator[Piece]:
    yield At(relationship.place.line, relationship.place.column)
    variable = name_text(relationship.variable.text) if relationship.variable else ""
    yield ("<-[" if relationship.direction == "left" else "-[") + variable + "".join(map(_label, relationship.types))
    if relationship.properties is not None:
        yield " "
        yield from pieces_of(relationship.properties, templates=False)
    yield At(relationship.place.end_line, relationship.place.end_column)
    yield "]-" if relationship.direction == "left" else "]->"


def _label(name: syntax.Name) -> str:
    return f":{name_text(name.text)}"


def _inputs(properties: syntax.MapLiteral | syntax.Parameter | None, before: str) -> Iterator[Piece]:
    """The map of a node, entry by entry, because not all of them hold templates."""
    if isinstance(properties, syntax.Parameter) or properties is None or not properties.entries:
        yield from (before, *pieces_of(properties)) if properties is not None else ()
        return
    yield from (before, At(properties.place.line, properties.place.column), "{", OPEN, INDENT, SOFT)
    yield from _separated(pieces_of(e, templates=holds_templates(e.key.text)) for e in properties.entries)
    yield from (At(properties.place.end_line, properties.place.end_column), DEDENT, SOFT, CLOSE, "}")


def _return(projection: syntax.Projection) -> Iterator[Piece]:
    yield from ("RETURN", OPEN, INDENT, LINE)
    yield from _separated(_column(item) for item in projection.items)
    yield from (DEDENT, CLOSE)


def _column(item: syntax.ProjectionItem) -> Iterator[Piece]:
    yield from pieces_of(item.expression, templates=False)
    if item.alias is not None:
        yield f" AS {name_text(item.alias.text)}"


def _separated(columns: Iterable[Iterator[Piece]]) -> Iterator[Piece]:
    for number, column in enumerate(columns):
        yield from (",", LINE) if number else ()
        yield from column
