"""The clauses of a recipe as pieces: each pattern becomes a clause of its own, then RETURN."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.fmt.items import NewLine, Piece, is_blank_before
from cypher_executor.cypher.plan.graph_form import is_graph_form
from cypher_executor.cypher.printing import (
    CLOSE,
    DEDENT,
    INDENT,
    LINE,
    OPEN,
    SOFT,
    At,
    Braces,
    name_text,
    pieces_of,
)
from cypher_executor.cypher.templated import holds_templates

_WORD = "CREATE "


def clauses(script: syntax.Script, lines: list[str]) -> Iterator[Piece]:
    """All of a recipe, clause by clause. What only queries have is none of a recipe's: it was refused before."""
    printing = _Clauses(lines, Braces.KEPT if is_graph_form(script) else None)
    for clause in script.queries[0].clauses:
        if isinstance(clause, syntax.Return):
            yield from printing.result(clause)
        elif isinstance(clause, syntax.Draw | syntax.Create | syntax.Merge):
            yield from printing.drawn(clause)


@dataclass(frozen=True)
class _Clauses:
    """How the clauses of one text are printed. In a graph form, which is strings all over, these keep their `braces`:
    `fmt --graph` prints what is in them canonically, too. An authors' form has its own rule for each place."""

    lines: list[str]
    braces: Braces | None

    def drawn(self, clause: syntax.Draw | syntax.Create | syntax.Merge) -> Iterator[Piece]:
        for number, path in enumerate(clause.patterns):
            yield from self._begin(path if number else clause)
            yield _WORD
            yield from self._path(path)

    def result(self, clause: syntax.Return) -> Iterator[Piece]:
        yield from self._begin(clause)
        yield from ("RETURN", OPEN, INDENT, LINE)
        yield from _separated(self._column(item) for item in clause.projection.items)
        yield from (DEDENT, CLOSE)

    def _begin(self, node: syntax.Syntax) -> Iterator[Piece]:
        yield NewLine(is_blank_before(self.lines, node.place.line))
        yield At(node.place.line, node.place.column)

    def _path(self, path: syntax.Path) -> Iterator[Piece]:
        """A path breaks before its relationships, unless there is only one: then the maps in it break."""
        yield At(path.place.line, path.place.column)
        if path.variable is not None:
            yield f"{name_text(path.variable.text)} = "
        breaks = len(path.elements) > 3
        yield from (OPEN, INDENT) if breaks else ()
        for element in path.elements:
            if isinstance(element, syntax.NodePattern):
                yield from self._node(element)
            else:
                yield from (SOFT,) if breaks else ()
                yield from self._relationship(element)
        yield from (DEDENT, CLOSE) if breaks else ()

    def _node(self, node: syntax.NodePattern) -> Iterator[Piece]:
        yield At(node.place.line, node.place.column)
        head = (name_text(node.variable.text) if node.variable else "") + "".join(map(_label, node.labels))
        yield f"({head}"
        yield from self._inputs(node.properties, " " if head else "")
        yield At(node.place.end_line, node.place.end_column)
        yield ")"

    def _relationship(self, drawn: syntax.RelationshipPattern) -> Iterator[Piece]:
        yield At(drawn.place.line, drawn.place.column)
        variable = name_text(drawn.variable.text) if drawn.variable else ""
        yield ("<-[" if drawn.direction == "left" else "-[") + variable + "".join(map(_label, drawn.types))
        if drawn.properties is not None:
            yield " "
            yield from pieces_of(drawn.properties, self.braces or Braces.TEXT)
        yield At(drawn.place.end_line, drawn.place.end_column)
        yield "]-" if drawn.direction == "left" else "]->"

    def _inputs(self, properties: syntax.MapLiteral | syntax.Parameter | None, before: str) -> Iterator[Piece]:
        """The map of a node, entry by entry, because not all of them hold templates."""
        if isinstance(properties, syntax.Parameter) or properties is None or not properties.entries:
            yield from (before, *pieces_of(properties)) if properties is not None else ()
            return
        yield from (before, At(properties.place.line, properties.place.column), "{", OPEN, INDENT, SOFT)
        yield from _separated(self._input(entry) for entry in properties.entries)
        yield from (At(properties.place.end_line, properties.place.end_column), DEDENT, SOFT, CLOSE, "}")

    def _input(self, entry: syntax.MapEntry) -> Iterator[Piece]:
        authors = Braces.TEMPLATES if holds_templates(entry.key.text) else Braces.TEXT
        return pieces_of(entry, self.braces or authors)

    def _column(self, item: syntax.ProjectionItem) -> Iterator[Piece]:
        yield from pieces_of(item.expression, self.braces or Braces.TEXT)
        if item.alias is not None:
            yield f" AS {name_text(item.alias.text)}"


def _label(name: syntax.Name) -> str:
    return f":{name_text(name.text)}"


def _separated(columns: Iterable[Iterator[Piece]]) -> Iterator[Piece]:
    for number, column in enumerate(columns):
        yield from (",", LINE) if number else ()
        yield from column
