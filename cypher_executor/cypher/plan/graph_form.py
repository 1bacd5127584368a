"""Reads the graph form: its syntax tree becomes that of what authors write, and is planned like any other.

A text is in graph form when a node of it has `Node` as its first label. In such a text the variables only say which
appearances are one node; what it is called is its `name`, or the variable if it has none. What is not a `:Node` is read
as authors write it, so a drawing may be half in one form and half in the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cypher_executor.cypher import syntax
from cypher_executor.cypher.graph_form.decoding import Decoder
from cypher_executor.cypher.graph_form.keys import NAME, NO_INPUTS, NODE_LABEL, PART, RETURNS, decode_key
from cypher_executor.cypher.plan.draft import RECIPE_LABEL
from cypher_executor.cypher.plan.settings import Setting, read_setting, text
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place

_Drawing = syntax.Draw | syntax.Create | syntax.Merge


def read_graph_form(script: syntax.Script, report: Report) -> syntax.Script:
    """The same recipe as authors write it; any other text as it is."""
    return _Reading(script, report).script() if is_graph_form(script) else script


def is_graph_form(script: syntax.Script) -> bool:
    """Whether a text is in graph form."""
    return any(_is_node(pattern) for pattern in _patterns(script))


@dataclass
class _Node:
    """What is known of a node when all its appearances have been looked at. Its labels are given once."""

    name: syntax.Name | None = None
    part: syntax.Name | None = None
    tags: tuple[syntax.Name, ...] = ()

    def take_labels(self, place: Place, report: Report) -> tuple[syntax.Name, ...]:
        labels = (self.part, *self.tags) if self.part is not None else ()
        if self.tags and self.part is None:
            name = self.name.text if self.name else None
            report.add(
                "pattern_refused", "a node without a `part` cannot have labels besides `Node`.", place, node=name
            )
        self.part, self.tags = None, ()
        return labels


class _Reading:
    """The work of `read_graph_form`."""

    def __init__(self, script: syntax.Script, report: Report) -> None:
        self._script = script
        self._report = report
        self._decoder = Decoder(report)
        self._named: dict[str, _Node] = {}
        self._unnamed: dict[int, _Node] = {}
        self._returns: syntax.Return | None = None
        patterns = list(_patterns(script))
        variables = {p.variable.text for p in patterns if p.variable is not None and _is_node(p)}
        for pattern in patterns:
            if _is_node(pattern) or (pattern.variable is not None and pattern.variable.text in variables):
                self._note(pattern)

    def script(self) -> syntax.Script:
        first, *others = self._script.queries
        clauses = [self._clause(clause) for clause in first.clauses]
        if self._returns is not None:
            clauses.append(self._returns)
        return replace(self._script, queries=(replace(first, clauses=tuple(clauses)), *others))

    # --- nodes ------------------------------------------------------------------------------------------------------

    def _note(self, pattern: syntax.NodePattern) -> None:
        variable = pattern.variable
        node = self._named.setdefault(variable.text, _Node(variable)) if variable else _Node()
        if variable is None:
            self._unnamed[id(pattern)] = node
        if _is_node(pattern):
            node.tags = pattern.labels[1:]
        for entry in _entries(pattern):
            if entry.key.text == NAME:
                node.name = self._text(entry) or node.name
            elif entry.key.text == PART:
                node.part = self._text(entry)

    def _text(self, entry: syntax.MapEntry) -> syntax.Name | None:
        """`name` or `part`, as a name; None when it is reported."""
        value = read_setting(replace(entry, value=self._decoder.expression(entry.value)), Setting(text), self._report)
        if value == "":
            self._report.add("invalid_name", f"the `{entry.key.text}` of a node must not be empty.", entry.value.place)
        return syntax.QuotedName(entry.value.place, unicodedata.normalize("NFC", value)) if value else None

    def _node(self, pattern: syntax.NodePattern) -> syntax.NodePattern:
        if pattern.labels and pattern.labels[0].text == RECIPE_LABEL:
            return self._recipe(pattern)
        node = self._named.get(pattern.variable.text) if pattern.variable else self._unnamed.get(id(pattern))
        if node is None:
            return pattern
        labels = node.take_labels(pattern.place, self._report)
        return syntax.NodePattern(pattern.place, node.name, labels, self._inputs(pattern))

    def _inputs(self, pattern: syntax.NodePattern) -> syntax.MapLiteral | syntax.Parameter | None:
        if not isinstance(pattern.properties, syntax.MapLiteral):
            return pattern.properties
        entries = [e for e in pattern.properties.entries if e.key.text not in (NAME, PART)]
        inputs = tuple(self._entry(e) for e in entries if e.key.text != NO_INPUTS)
        return syntax.MapLiteral(pattern.properties.place, inputs) if entries else None

    def _entry(self, entry: syntax.MapEntry) -> syntax.MapEntry:
        key = replace(entry.key, text=decode_key(entry.key.text))
        return replace(entry, key=key, value=self._decoder.expression(entry.value))

    # --- everything else --------------------------------------------------------------------------------------------

    def _clause(self, clause: syntax.Clause) -> syntax.Clause:
        match clause:
            case syntax.Draw() | syntax.Create():
                return replace(clause, patterns=tuple(map(self._path, clause.patterns)))
            case syntax.Merge():
                return replace(clause, pattern=self._path(clause.pattern))
            case syntax.Return():
                items = tuple(map(self._column, clause.projection.items))
                return replace(clause, projection=replace(clause.projection, items=items))
        return clause

    def _path(self, path: syntax.Path) -> syntax.Path:
        elements = (
            self._node(e) if isinstance(e, syntax.NodePattern) else self._relationship(e) for e in path.elements
        )
        return replace(path, elements=tuple(elements))

    def _relationship(self, pattern: syntax.RelationshipPattern) -> syntax.RelationshipPattern:
        return replace(pattern, properties=self._decoded(pattern.properties))

    def _decoded(
        self, properties: syntax.MapLiteral | syntax.Parameter | None
    ) -> syntax.MapLiteral | syntax.Parameter | None:
        if not isinstance(properties, syntax.MapLiteral):
            return properties
        entries = (replace(e, value=self._decoder.expression(e.value)) for e in properties.entries)
        return replace(properties, entries=tuple(entries))

    def _column(self, item: syntax.ProjectionItem) -> syntax.ProjectionItem:
        return replace(item, expression=self._decoder.expression(item.expression))

    def _recipe(self, pattern: syntax.NodePattern) -> syntax.NodePattern:
        properties = self._decoded(pattern.properties)
        if not isinstance(properties, syntax.MapLiteral):
            return pattern
        for entry in properties.entries:
            if entry.key.text == RETURNS:
                self._read_returns(entry)
        settings = tuple(e for e in properties.entries if e.key.text != RETURNS)
        return replace(pattern, properties=replace(properties, entries=settings))

    def _read_returns(self, entry: syntax.MapEntry) -> None:
        """What RETURN says, from the :Recipe node."""
        if any(isinstance(clause, syntax.Return) for clause in self._script.queries[0].clauses):
            sentence = "there is a RETURN as well as `returns`: say in one place what the recipe gives."
            return self._report.add("clause_after_return", sentence, entry.key.place)
        if not isinstance(entry.value, syntax.MapLiteral) or not entry.value.entries:
            sentence = '`returns` takes a JSON text, for example `\'{"total": "{{ price.sum }}"}\'`.'
            return self._report.add("invalid_setting", sentence, entry.value.place)
        items = (syntax.ProjectionItem(e.place, e.value, e.key, e.key.text) for e in entry.value.entries)
        projection = syntax.Projection(entry.place, False, False, tuple(items), (), None, None)
        self._returns = syntax.Return(entry.place, projection)
        return None


def _patterns(script: syntax.Script) -> Iterator[syntax.NodePattern]:
    for clause in script.queries[0].clauses:
        if isinstance(clause, _Drawing):
            for path in clause.patterns:
                yield from path.nodes


def _is_node(pattern: syntax.NodePattern) -> bool:
    return bool(pattern.labels) and pattern.labels[0].text == NODE_LABEL


def _entries(pattern: syntax.NodePattern) -> tuple[syntax.MapEntry, ...]:
    return pattern.properties.entries if isinstance(pattern.properties, syntax.MapLiteral) else ()
