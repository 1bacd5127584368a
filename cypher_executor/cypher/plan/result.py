"""RETURN: what a run gives. A run has one result, so RETURN makes one row, and whatever is about rows is refused."""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import PlannedColumn, Reading
from cypher_executor.cypher.plan.readings import CompiledReadings
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place


def plan_result(clause: syntax.Return | None, report: Report) -> list[PlannedColumn] | None:
    """The columns; None without a RETURN."""
    if clause is None:
        return None
    _refuse_rows(clause.projection, report)
    items = clause.projection.items
    return [PlannedColumn(item.alias, item.place, Reading(item.expression, after=None)) for item in items]


def name_columns(columns: list[PlannedColumn], compiled: CompiledReadings, report: Report) -> None:
    """Gives each column that could be compiled its name. Without an alias that is the expression in its canonical form:
    how an expression is spaced must not change what a run gives."""
    taken: set[str] = set()
    for column in columns:
        if id(column.reading) not in compiled:
            continue
        column.name = column.alias.text if column.alias else compiled[id(column.reading)].text
        if column.name in taken:
            place = column.alias.place if column.alias else column.place
            sentence = f"RETURN gives `{column.name}` twice: give one of them another name with AS."
            report.add("column_twice", sentence, place)
        taken.add(column.name)


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
