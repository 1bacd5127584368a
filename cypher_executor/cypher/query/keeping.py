"""The operators that keep rows: to tell them apart, and to sort them. What they keep is counted while they keep it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.expressions.ordering import sort_key
from cypher_executor.cypher.query.budget import Holding, weight
from cypher_executor.cypher.query.context import Context, Row
from cypher_executor.cypher.query.host import Evaluator
from cypher_executor.cypher.query.operators import Operator, row_count


@dataclass(frozen=True, slots=True)
class Distinct:
    """Each row once, told apart by these columns."""

    source: Operator
    names: tuple[str, ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        seen: set[Any] = set()
        with context.budget.holding() as held:
            for row in self.source.rows(context, argument):
                values = [row[name] for name in self.names]
                key = tuple(map(sort_key, values))
                context.budget.spend(1)
                if key not in seen:
                    held.add(weight(values))
                    seen.add(key)
                    yield row

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("distinct",)


_Keyed = tuple[Any, int, Row]
"""A row behind its keys and its number, which keeps rows of equal keys in order."""


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
        wanted = sum(row_count(count, context) for count in self.counts) if self.counts else None
        with context.budget.holding() as held:
            kept: list[_Keyed] = []
            for item in self._with_keys(context, argument, keys):
                held.add(weight(item[2].values()))
                kept.append(item)
                if wanted is not None and len(kept) >= max(_FEW, 2 * wanted):
                    kept = _shortened(kept, wanted, held)
            kept.sort(key=_first_two)
            yield from (row for _, _, row in kept[:wanted])

    def _with_keys(self, context: Context, argument: Row, keys: Iterable[Any]) -> Iterator[_Keyed]:
        for number, row in enumerate(self.source.rows(context, argument)):
            context.budget.spend(1)
            key = [_Backwards(sort_key(evaluate(row))) if down else sort_key(evaluate(row)) for evaluate, down in keys]
            yield key, number, row

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("sort, keeping the first rows only" if self.counts else "sort",)


_FEW = 1000
"""Below so many rows it is not worth while to throw some away."""


def _shortened(kept: list[_Keyed], wanted: int, held: Holding) -> list[_Keyed]:
    kept.sort(key=_first_two)
    for _, _, row in kept[wanted:]:
        held.add(-weight(row.values()))
    return kept[:wanted]


def _first_two(item: _Keyed) -> tuple[Any, int]:
    return item[:2]
