"""The graph of a recipe, as data: what a database of graphs is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.graph_form.keys import NAME, NO_INPUTS, PART, RETURNS, encode_key
from cypher_executor.cypher.graph_form.values import GraphValue, encode, json_text
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.plan import plan
from cypher_executor.cypher.plan.draft import DraftNode, DraftRelationship
from cypher_executor.cypher.plan.planned import Planned, PlannedColumn
from cypher_executor.cypher.printing import print_expression
from cypher_executor.cypher.report import Report
from cypher_executor.cypher.templated import holds_templates
from cypher_executor.errors import RecipeInvalid

Properties = Mapping[str, GraphValue]


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A `:Node`. Its `name` and `part` are among the properties."""

    name: str
    tags: tuple[str, ...]
    properties: Properties


@dataclass(frozen=True, slots=True)
class GraphRelationship:
    source: str
    type: str
    target: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class GraphForm:
    """A recipe as a graph. `recipe` is None when nothing is said of the whole."""

    recipe: Properties | None
    nodes: tuple[GraphNode, ...]
    relationships: tuple[GraphRelationship, ...]


def graph_form(text: str) -> GraphForm:
    """The graph form of a recipe, in whichever form it is written. Raises RecipeInvalid for what is none.

    The text must be a recipe without errors; those that only concern its meaning as a whole are not looked for here.
    """
    parsed = parse(text)
    report = Report()
    report.add_all(parsed.diagnostics)
    planned = plan(parsed.statement, report) if parsed.statement is not None else None
    if planned is None or report.has_errors:
        raise RecipeInvalid(report.sorted())
    drawn = planned.draft
    return GraphForm(
        _recipe(planned), tuple(map(_node, drawn.nodes.values())), tuple(map(_relationship, drawn.relationships))
    )


def _recipe(planned: Planned) -> Properties | None:
    pattern = planned.draft.recipe
    described = pattern.properties if pattern is not None else None
    properties = _encoded(described.entries if isinstance(described, syntax.MapLiteral) else (), templates=False)
    if planned.columns is not None:
        properties[RETURNS] = _returns(planned.columns)
    return properties or None


def _returns(columns: Iterable[PlannedColumn]) -> str:
    entries = tuple(syntax.MapEntry(c.place, syntax.Name(c.place, _column(c)), c.reading.expression) for c in columns)
    return json_text(syntax.MapLiteral(entries[0].place, entries), templates=False)


def _column(column: PlannedColumn) -> str:
    return column.alias.text if column.alias else print_expression(column.reading.expression, templates=False)


def _node(drawn: DraftNode) -> GraphNode:
    part, *tags = (label.text for label in drawn.labels) if drawn.labels else (None,)
    properties: dict[str, GraphValue] = {NAME: drawn.name}
    if part is not None:
        properties[PART] = part
    if drawn.properties is not None and not drawn.properties.entries:
        properties[NO_INPUTS] = "{}"
    for entry in drawn.properties.entries if drawn.properties is not None else ():
        key = entry.key.text
        properties[encode_key(key)] = encode(entry.value, templates=holds_templates(key))
    return GraphNode(drawn.name, tuple(filter(None, tags)), properties)


def _relationship(drawn: DraftRelationship) -> GraphRelationship:
    assert drawn.type is not None, "one without a type was reported"
    return GraphRelationship(drawn.source, drawn.type.text, drawn.target, _encoded(drawn.entries, templates=False))


def _encoded(entries: Iterable[syntax.MapEntry], *, templates: bool) -> dict[str, GraphValue]:
    return {entry.key.text: encode(entry.value, templates=templates) for entry in entries}
