"""Groups of rows, and the aggregates over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.expressions.ordering import sort_key
from cypher_executor.cypher.query.aggregates import MAKE, Accumulator
from cypher_executor.cypher.query.budget import Holding, weight
from cypher_executor.cypher.query.context import Context, Row
from cypher_executor.cypher.query.host import Evaluator
from cypher_executor.cypher.query.operators import Operator, shown


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregating call: `function` of `value` (None for `count(*)`), over distinct values if so wanted. `variable`:
    what the value is, if it is nothing but a variable."""

    name: str
    function: str
    value: Evaluator | None
    argument: Evaluator | None
    distinct: bool
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A row for each group of rows that agree in the keys. Without keys there is one group, even of no rows."""

    source: Operator
    keys: tuple[tuple[str, Evaluator], ...]
    aggregates: tuple[Aggregate, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        with context.budget.holding() as held:
            for values, cells in self._groups(context, argument, held).values():
                found = zip(self.aggregates, cells, strict=True)
                yield {**values, **{one.name: cell.accumulator.result() for one, cell in found}}

    def _groups(self, context: Context, argument: Row, held: Holding) -> dict[Any, tuple[Row, list[_Cell]]]:
        keys = [(name, evaluator.on(context)) for name, evaluator in self.keys]
        running = [_Running(aggregate, context, held) for aggregate in self.aggregates]
        groups: dict[Any, tuple[Row, list[_Cell]]] = {}
        if not keys:
            groups[()] = ({}, [one.cell() for one in running])
        for row in self.source.rows(context, argument):
            context.budget.spend(1)
            values = {name: evaluate(row) for name, evaluate in keys}
            key = tuple([v if type(v) is str else sort_key(v) for v in values.values()])
            group = groups.get(key)
            if group is None:
                held.add(weight(values.values()) * (1 + len(running)))
                group = groups[key] = (values, [one.cell() for one in running])
            for one, cell in zip(running, group[1], strict=True):
                one.add(cell, row)
        return groups

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        by = ", ".join(shown(name for name, _ in self.keys))
        return (f"group by {by}" if by else "one group", *(f"{a.function}()" for a in self.aggregates))


@dataclass(slots=True)
class _Cell:
    """One aggregate of one group, and what it has seen if it must tell values apart."""

    accumulator: Accumulator
    seen: set[Any] | None


class _Running:
    """One aggregate while rows are grouped."""

    def __init__(self, aggregate: Aggregate, context: Context, held: Holding) -> None:
        self.aggregate = aggregate
        self.held = held
        self.frame = context.frame(0)
        self.value = aggregate.value.on(context) if aggregate.value else None
        self.argument = aggregate.argument.on(context) if aggregate.argument else None

    def cell(self) -> _Cell:
        return _Cell(MAKE[self.aggregate.function](self.frame, self.held), set() if self.aggregate.distinct else None)

    def add(self, cell: _Cell, row: Row) -> None:
        value = self.value(row) if self.value else True
        if value is None:
            return
        if cell.seen is not None:
            key = sort_key(value)
            if key in cell.seen:
                return
            self.held.add(weight((value,)))
            cell.seen.add(key)
        cell.accumulator.add(value, self.argument(row) if self.argument else None)
