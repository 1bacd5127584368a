"""RETURN: what a run gives. A run has one result, so RETURN makes one row, and whatever is about rows is refused."""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import PlannedColumn, Reading
from cypher_executor.cypher.printing import print_expression
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place


def plan_result(clause: syntax.Return | None, report: Report) -> list[PlannedColumn] | None:
    """The columns; None without a RETURN."""
    if clause is None:
        return None
    _refuse_rows(clause.projection, report)
    columns: dict[str, PlannedColumn] = {}
    for item in clause.projection.items:
        name, place = _name(item), item.alias.place if item.alias else item.place
        if name in columns:
            report.add("column_twice", f"RETURN gives `{name}` twice: give one of them another name with AS.", place)
        columns[name] = PlannedColumn(name, Reading(item.expression, after=None))
    return list(columns.values())


def _name(item: syntax.ProjectionItem) -> str:
    """Without an alias, the expression in its canonical form: how it is spaced must not change what a run gives."""
    return item.alias.text if item.alias else print_expression(item.expression)


def _refuse_rows(projection: syntax.Projection, report: Report) -> None:
    """A run gives one row."""
    if projection.distinct:
        _refuse("`DISTINCT` has nothing to tell apart", projection.place, report)
    if projection.star:
        _refuse("`*` would give everything: name what the run gives, or leave RETURN out", projection.place, report)
    if projection.order:
        _refuse("`ORDER BY` has nothing to sort", projection.order[0].place, report)
    for word, cut in (("SKIP", projection.skip), ("LIMIT", projection.limit)):
        if cut is not None:
            _refuse(f"`{word}` has nothing to cut", cut.place, report)


def _refuse(why: str, place: Place, report: Report) -> None:
    report.add("return_one_row", f"a run gives one row, so {why}.", place)
