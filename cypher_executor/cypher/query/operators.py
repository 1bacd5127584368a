"""The operators of a plan: each takes rows from the one before it and gives rows, one at a time.

All of them are generators, so a query does no more than what its reader asks for: a LIMIT that is full ends everything
behind it. Only sorting, grouping and telling rows apart keep rows, and those are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.expressions.ordering import sort_key
from cypher_executor.cypher.expressions.values import truth, wrong_type
from cypher_executor.cypher.query.aggregates import MAKE, Accumulator
from cypher_executor.cypher.query.budget import weight
from cypher_executor.cypher.query.context import Context, QueryFrame, Row
from cypher_executor.cypher.query.host import Evaluator
from cypher_executor.cypher.query.steps import Step, find
from cypher_executor.errors import ExpressionError


class Operator(Protocol):
    """A part of a plan. `argument` is the row that the plan as a whole begins with."""

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        """Its rows."""
        ...

    def before(self) -> Sequence[Operator]:
        """Where its rows come from."""
        ...

    def describe(self) -> Sequence[str]:
        """What it does, for EXPLAIN: a headline, and what belongs to it."""
        ...


@dataclass(frozen=True, slots=True)
class Argument:
    """The one row that a plan begins with."""

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        yield argument

    def before(self) -> Sequence[Operator]:
        return ()

    def describe(self) -> Sequence[str]:
        return ("begin",)


@dataclass(frozen=True, slots=True)
class FindPatterns:
    """MATCH; with `optional`, a row for which nothing is found goes on with null for the new names."""

    source: Operator
    steps: tuple[Step, ...]
    optional: bool
    names: tuple[str, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        for row in self.source.rows(context, argument):
            nothing = True
            for found in find(self.steps, context, row):
                nothing = False
                yield found
            if nothing and self.optional:
                yield {**row, **dict.fromkeys(self.names)}

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("find, or go on with null" if self.optional else "find", *(step.describe() for step in self.steps))


@dataclass(frozen=True, slots=True)
class Unwind:
    """A row for each item of a list; none for null; one for what is no list."""

    source: Operator
    items: Evaluator
    name: str

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        evaluate = self.items.on(context)
        for row in self.source.rows(context, argument):
            found = evaluate(row)
            for item in found if isinstance(found, list) else () if found is None else (found,):
                context.budget.spend(1)
                yield {**row, self.name: item}

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return (f"a row for each item, as `{self.name}`",)


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows for which a condition is true."""

    source: Operator
    condition: Evaluator

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        evaluate = self.condition.on(context)
        return (row for row in self.source.rows(context, argument) if truth(evaluate(row), "WHERE") is True)

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("filter",)


@dataclass(frozen=True, slots=True)
class Extend:
    """Adds columns to what there is, all of them computed from the row as it was."""

    source: Operator
    columns: tuple[tuple[str, Evaluator], ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        columns = [(name, evaluator.on(context)) for name, evaluator in self.columns]
        for row in self.source.rows(context, argument):
            context.budget.spend(1)
            yield {**row, **{name: evaluate(row) for name, evaluate in columns}}

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("compute " + ", ".join(shown(name for name, _ in self.columns)),)


@dataclass(frozen=True, slots=True)
class Keep:
    """Only these columns, in this order."""

    source: Operator
    names: tuple[str, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        names = self.names
        return ({name: row[name] for name in names} for row in self.source.rows(context, argument))

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("keep " + ", ".join(shown(self.names)),)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregating call: `function` of `value` (None for `count(*)`), over distinct values if so wanted."""

    name: str
    function: str
    value: Evaluator | None
    argument: Evaluator | None
    distinct: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A row for each group of rows that agree in the keys. Without keys there is one group, even of no rows."""

    source: Operator
    keys: tuple[tuple[str, Evaluator], ...]
    aggregates: tuple[Aggregate, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        keys = [(name, evaluator.on(context)) for name, evaluator in self.keys]
        running = [_Running(aggregate, context) for aggregate in self.aggregates]
        groups: dict[Any, tuple[Row, list[_Cell]]] = {}
        if not keys:
            groups[()] = ({}, [one.cell() for one in running])
        for row in self.source.rows(context, argument):
            context.budget.spend(1)
            values = {name: evaluate(row) for name, evaluate in keys}
            key = tuple(map(sort_key, values.values()))
            if key not in groups:
                context.budget.hold(weight(values.values()) * (1 + len(running)))
                groups[key] = (values, [one.cell() for one in running])
            for one, cell in zip(running, groups[key][1], strict=True):
                one.add(cell, row)
        for values, cells in groups.values():
            results = {one.name: cell.accumulator.result() for one, cell in zip(self.aggregates, cells, strict=True)}
            yield {**values, **results}

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

    def __init__(self, aggregate: Aggregate, context: Context) -> None:
        self.aggregate = aggregate
        self.context = context
        self.frame: QueryFrame = context.frame(0)
        self.value = aggregate.value.on(context) if aggregate.value else None
        self.argument = aggregate.argument.on(context) if aggregate.argument else None

    def cell(self) -> _Cell:
        return _Cell(MAKE[self.aggregate.function](self.frame), set() if self.aggregate.distinct else None)

    def add(self, cell: _Cell, row: Row) -> None:
        value = self.value(row) if self.value else True
        if value is None:
            return
        if cell.seen is not None:
            key = sort_key(value)
            if key in cell.seen:
                return
            self.context.budget.hold(weight((value,)))
            cell.seen.add(key)
        cell.accumulator.add(value, self.argument(row) if self.argument else None)


@dataclass(frozen=True, slots=True)
class Distinct:
    """Each row once, told apart by these columns."""

    source: Operator
    names: tuple[str, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        seen: set[Any] = set()
        for row in self.source.rows(context, argument):
            values = [row[name] for name in self.names]
            key = tuple(map(sort_key, values))
            context.budget.spend(1)
            if key not in seen:
                context.budget.hold(weight(values))
                seen.add(key)
                yield row

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("distinct",)


class _Backwards:
    """A key that sorts the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: _Backwards) -> bool:
        return bool(other.key < self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and self.key == other.key


@dataclass(frozen=True, slots=True)
class Sort:
    """ORDER BY; when a LIMIT (and a SKIP) follows, only as many rows are kept as they let through."""

    source: Operator
    keys: tuple[tuple[Evaluator, bool], ...]
    counts: tuple[Evaluator, ...]
    """The SKIP and the LIMIT that follow; empty when there is no LIMIT."""

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        keys = [(evaluator.on(context), descending) for evaluator, descending in self.keys]
        rows = self._with_keys(context, argument, keys)
        if self.counts:
            wanted = sum(row_count(count, context) for count in self.counts)
            yield from self._first(wanted, rows, context)
            return
        kept, held = [], 0
        for item in rows:
            size = weight(item[2].values())
            context.budget.hold(size)
            held += size
            kept.append(item)
        kept.sort(key=_first_two)
        context.budget.hold(-held)
        yield from (row for _, _, row in kept)

    def _first(self, wanted: int, rows: Iterator[tuple[Any, int, Row]], context: Context) -> Iterator[Row]:
        """The first rows, by keeping twice as many and throwing the others away now and then."""
        kept: list[tuple[Any, int, Row]] = []
        for item in rows:
            context.budget.hold(weight(item[2].values()))
            kept.append(item)
            if len(kept) >= max(_FEW, 2 * wanted):
                kept = _shortened(kept, wanted, context)
        yield from (row for _, _, row in _shortened(kept, wanted, context))

    def _with_keys(self, context: Context, argument: Row, keys: Iterable[Any]) -> Iterator[tuple[Any, int, Row]]:
        for number, row in enumerate(self.source.rows(context, argument)):
            context.budget.spend(1)
            key = [_Backwards(sort_key(evaluate(row))) if down else sort_key(evaluate(row)) for evaluate, down in keys]
            yield key, number, row

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("sort, keeping the first rows only" if self.counts else "sort",)


_FEW = 1000


def _shortened(kept: list[tuple[Any, int, Row]], wanted: int, context: Context) -> list[tuple[Any, int, Row]]:
    kept.sort(key=_first_two)
    for _, _, row in kept[wanted:]:
        context.budget.hold(-weight(row.values()))
    return kept[:wanted]


def _first_two(item: tuple[Any, int, Row]) -> tuple[Any, int]:
    return item[:2]


@dataclass(frozen=True, slots=True)
class Skip:
    """All but the first rows."""

    source: Operator
    count: Evaluator

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        return islice(self.source.rows(context, argument), row_count(self.count, context, "SKIP"), None)

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("skip the first rows",)


@dataclass(frozen=True, slots=True)
class Limit:
    """The first rows. The row behind the last one is never asked for."""

    source: Operator
    count: Evaluator

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        return islice(self.source.rows(context, argument), row_count(self.count, context, "LIMIT"))

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("only the first rows",)


def row_count(count: Evaluator, context: Context, word: str = "LIMIT") -> int:
    """What SKIP or LIMIT says. Raises ExpressionError for what is no number of rows."""
    value: Value = count.on(context)({})
    if type(value) is not int:
        raise wrong_type(word, "an integer", value)
    if value < 0:
        raise ExpressionError(f"{word} cannot be {value}: rows are counted from 0", code="negative_integer_argument")
    return value


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of several queries, one query after the other."""

    sources: tuple[Operator, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        for source in self.sources:
            yield from source.rows(context, argument)

    def before(self) -> Sequence[Operator]:
        return self.sources

    def describe(self) -> Sequence[str]:
        return ("the rows of each",)


def shown(names: Iterable[str]) -> list[str]:
    """Names as EXPLAIN shows them: those of the plan itself are left out."""
    return [f"`{name}`" for name in names if not name.startswith("\0")]
