"""Asking: from a text to a table. This is the one entry for everybody who asks the graph of recipes and runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from secrets import token_hex
from typing import Any

from cypher_executor.cypher.query import (
    SHIPPED,
    UNANCHORED,
    Budget,
    CompiledQuery,
    Limits,
    Procedure,
    Query,
    compile_query,
)
from cypher_executor.ports import Clock
from cypher_executor.queries.keeper import Follower
from cypher_executor.queries.store import Snapshot, Store
from cypher_executor.queries.table import QueryInvalid, Row, Stopwatch, Table

MAX_TEXT = 64 * 1024
"""Characters of a query."""

DEFAULT_LIMITS = Limits(rows=10_000, steps=10_000_000, bytes=64 * 2**20, seconds=10.0)
"""What a question may use up unless it says otherwise."""

THREADS = 2
"""Questions that are worked on at the same time; others wait for their turn."""

Procedures = Mapping[str, Procedure]


class Questions:
    """Answers questions over the graph that a follower keeps in a store. Begins to follow with the first question, or
    by `begin`."""

    def __init__(self, store: Store, follower: Follower, clock: Clock) -> None:
        self._store = store
        self._follower = follower
        self._clock = clock
        self._pool = ThreadPoolExecutor(THREADS, "query")

    def begin(self) -> None:
        """Begin to follow the journal; returns at once."""
        self._follower.start()

    @property
    def lag_s(self) -> float | None:
        """For how long the graph has not told everything; None before it is followed."""
        return self._follower.lag_s

    async def ask(
        self,
        text: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        tenant: str = "default",
        limits: Limits = DEFAULT_LIMITS,
        procedures: Procedures | None = None,
    ) -> Table:
        """The answer to a query, of a graph that has all that was on disk when it was asked (`Summary.behind_ms` tells
        where that would have taken too long). `procedures` are what CALL knows, beside those that ship.

        Raises QueryInvalid for a text that is no query, ExpressionError (`parameter_missing`), and Unavailable.
        """
        query, notices = await self._compiled(text, procedures)
        watch = Stopwatch()
        if query.explained:
            return self._explained(query, watch, notices)
        behind_ms = await self._follower.catch_up()
        asked = _Asked(query, dict(parameters or {}), limits, self._clock.now_us(), watch)
        snapshot = await asyncio.get_running_loop().run_in_executor(self._pool, self._store.snapshot, tenant)
        try:
            rows = asked.rows(snapshot)
        except BaseException:
            snapshot.close()
            raise
        return Table(
            query.columns,
            rows,
            pool=self._pool,
            watch=watch,
            close=snapshot.close,
            behind_ms=behind_ms,
            notices=notices,
        )

    async def close(self) -> None:
        """End it. Tables that are open then give nothing more."""
        await self._follower.stop()
        await asyncio.to_thread(partial(self._pool.shutdown, cancel_futures=True))
        await self._store.close()

    def _explained(self, query: Query, watch: Stopwatch, notices: Any) -> Table:
        told = query.explain()
        return Table((), iter(()), pool=self._pool, watch=watch, close=_nothing, explanation=told, notices=notices)

    async def _compiled(self, text: str, procedures: Procedures | None) -> tuple[Query, Any]:
        if len(text) > MAX_TEXT:
            raise _too_long(text)
        known = None if procedures is None else tuple(sorted(procedures.items()))
        compiled = await asyncio.get_running_loop().run_in_executor(self._pool, _compile, text, known)
        if compiled.query is None:
            raise QueryInvalid(compiled.diagnostics)
        lost = [diagnostic for diagnostic in compiled.diagnostics if diagnostic.code == UNANCHORED]
        if lost and not compiled.query.explained:
            raise QueryInvalid(lost)
        return compiled.query, compiled.diagnostics


@dataclass(frozen=True, slots=True)
class _Asked:
    query: Query
    parameters: Mapping[str, Any]
    limits: Limits
    at_us: int
    watch: Stopwatch

    def rows(self, snapshot: Snapshot) -> Iterator[Row]:
        budget = Budget(self.limits, self.watch)
        return self.query.run(snapshot.graph, self.parameters, budget=budget, at_us=self.at_us, seed=token_hex(8))


@lru_cache(maxsize=256)
def _compile(text: str, procedures: tuple[tuple[str, Procedure], ...] | None) -> CompiledQuery:
    return compile_query(text, procedures={**SHIPPED, **dict(procedures or ())})


def _too_long(text: str) -> QueryInvalid:
    from cypher_executor.errors import Diagnostic, Place

    message = f"A query has at most {MAX_TEXT:,} characters, and this one has {len(text):,}."
    return QueryInvalid([Diagnostic("query_too_long", message, Place(1, 1, 1, 2))])


def _nothing() -> None: ...
