"""Which clauses a recipe may have: patterns that draw, then at most one RETURN. Every other clause is refused with a
sentence that says why it is not here."""

from __future__ import annotations

from dataclasses import dataclass, field

from cypher_executor.cypher import syntax
from cypher_executor.cypher.report import Report

_WHY_NOT: dict[type[syntax.Syntax], tuple[str, str]] = {
    syntax.Match: ("MATCH", "reads graphs: use it in a query, not in a recipe"),
    syntax.Unwind: ("UNWIND", "makes rows, and a recipe has none: use a list comprehension"),
    syntax.With: ("WITH", "passes rows on, and a recipe has none: use a node without a label to hold values"),
    syntax.Set: ("SET", "changes a graph: give a node its properties where it is drawn"),
    syntax.Remove: ("REMOVE", "changes a graph, but a recipe only draws one"),
    syntax.Delete: ("DELETE", "changes a graph, but a recipe only draws one"),
    syntax.Call: ("CALL", "runs a procedure of a database: use a node with a part instead"),
    syntax.Foreach: ("FOREACH", "changes a graph, but a recipe only draws one"),
}


@dataclass
class Clauses:
    """What is left of a recipe when its clauses are sorted: what it draws and what it gives."""

    paths: list[syntax.Path] = field(default_factory=list)
    result: syntax.Return | None = None
    complete: bool = True
    """Whether no clause was left out that might have named something."""


def sort_clauses(script: syntax.Script, report: Report) -> Clauses:
    """The patterns and the RETURN of a recipe; refuses whatever else there is."""
    sorted_ = Clauses()
    if len(script.queries) > 1:
        sentence = "a recipe is one drawing: UNION joins the rows of two queries."
        report.add("union_in_recipe", sentence, script.queries[1].place)
        sorted_.complete = False
    for clause in script.queries[0].clauses:
        _sort(clause, sorted_, report)
    return sorted_


def _sort(clause: syntax.Clause, clauses: Clauses, report: Report) -> None:
    if clauses.result is not None:
        report.add("clause_after_return", "RETURN ends a recipe: put this before it, or take it out.", clause.place)
    match clause:
        case syntax.Draw() | syntax.Create():
            clauses.paths.extend(clause.patterns)
        case syntax.Merge():
            clauses.paths.append(clause.pattern)
            _refuse_actions(clause, report)
        case syntax.Return():
            clauses.result = clauses.result or clause
        case _:
            word, why = _WHY_NOT[type(clause)]
            report.add("clause_refused", f"`{word}` {why}.", clause.place)
            clauses.complete = False


def _refuse_actions(clause: syntax.Merge, report: Report) -> None:
    for action in clause.actions:
        sentence = f"`ON {action.on}` changes a graph: give a node its properties where it is drawn."
        report.add("clause_refused", sentence, action.place)
