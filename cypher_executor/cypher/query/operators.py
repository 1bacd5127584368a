"""The operators of a plan: each takes rows from the one before it and gives rows, one at a time.

All of them are generators, so a query does no more than what its reader asks for: a LIMIT that is full ends everything
behind it. Here are those that hand on rows one by one; `keeping` and `groups` have those that must keep rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.expressions.values import truth, wrong_type
from cypher_executor.cypher.query.context import Context, Row
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
