"""The answer to a question: columns, and rows that are worked out when they are taken.

Working them out takes place on a thread of the pool, one piece at a time, so whoever takes slowly holds no thread and
the event loop goes on. Only the time in which rows are worked out counts against the limit of seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from types import TracebackType

from cypher_executor.core.recipe import Value
from cypher_executor.cypher.diagnostics import to_json
from cypher_executor.errors import Diagnostic, ExpressionError, RequestInvalid

Row = tuple[Value, ...]
"""Values in the order of the columns: JSON values, and those of `cypher.query` and `cypher.temporal`."""


class QueryInvalid(RequestInvalid):
    """A text that is no query, or not one that is answered here; `diagnostics` has all that is wrong with it.

    A clause that would change the graph is the diagnostic `query_writes`.
    """

    code = "query_text_invalid"

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        first = diagnostics[0]
        super().__init__(first.message, problems=[to_json(d) for d in diagnostics], place=first.place)
        self.diagnostics = tuple(diagnostics)
        self.did_you_mean = first.did_you_mean


@dataclass(frozen=True, slots=True)
class Summary:
    """What an answer took so far. `behind_ms`: for how long the graph had not told everything when it was asked."""

    rows: int
    took_ms: float
    behind_ms: float
    complete: bool


class Stopwatch:
    """Seconds that were worked. It is the clock of the query's budget, which looks at it now and then; so this is also
    where a query that works long lets others have the interpreter for a moment."""

    def __init__(self) -> None:
        self._worked = 0.0
        self._since: float | None = None
        self._polite = 0.0
        self._stopped = False

    def stop(self) -> None:
        """Let the query end that looks at it next. May be called from any thread."""
        self._stopped = True

    def __call__(self) -> float:
        if self._stopped:
            raise ExpressionError("the query was stopped", code="query_stopped")
        now = time.perf_counter()
        if now - self._polite > _POLITE_EVERY_S:
            time.sleep(_POLITE_S)
            self._polite = time.perf_counter()
        return self.worked

    @property
    def worked(self) -> float:
        """Seconds until now."""
        return self._worked + (0.0 if self._since is None else time.perf_counter() - self._since)

    def __enter__(self) -> Stopwatch:
        self._since = self._polite = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._since is not None
        self._worked += time.perf_counter() - self._since
        self._since = None


_POLITE_EVERY_S = 1e-3
_POLITE_S = 5e-5
"""A thread that only computes keeps the interpreter for 5 ms at a time; this one gives it up after about one."""


class Table:
    """`columns` are names, in order. `explanation` is the plan, of a query that began with EXPLAIN: it has no rows.

    To be closed when it is not read to its end: it holds a snapshot of the graph. Not for several tasks at once.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Iterator[Row],
        *,
        pool: Executor,
        watch: Stopwatch,
        close: Callable[[], None],
        behind_ms: float = 0.0,
        explanation: str | None = None,
        notices: Sequence[Diagnostic] = (),
    ) -> None:
        self.columns = tuple(columns)
        self.explanation = explanation
        self.notices = tuple(notices)
        self._rows = rows
        self._pool = pool
        self._watch = watch
        self._let_go = close
        self._behind_ms = behind_ms
        self._given = 0
        self._complete = False

    @property
    def summary(self) -> Summary:
        """What it took so far."""
        return Summary(self._given, self._watch.worked * 1e3, self._behind_ms, self._complete)

    async def take(self, count: int) -> Sequence[Row]:
        """The next rows, at most `count`; fewer only at the end. Raises `errors.ExpressionError` for what a query
        cannot work out: `budget_used_up` when a limit is reached, `wrong_type` and others as expressions do."""
        if self._complete:
            return []
        found = await asyncio.get_running_loop().run_in_executor(self._pool, self._next, count)
        self._given += len(found)
        return found

    async def all(self) -> Sequence[Row]:
        """All rows that are left."""
        found: list[Row] = []
        while rows := await self.take(_AT_ONCE):
            found += rows
        return found

    async def __aiter__(self) -> AsyncIterator[Row]:
        while rows := await self.take(_AT_ONCE):
            for row in rows:
                yield row

    def stop(self) -> None:
        """Nobody wants more rows: what works them out just now ends soon, and `take` raises ExpressionError
        (`query_stopped`). The table is still to be closed."""
        self._watch.stop()

    async def close(self) -> None:
        """Let go of the graph. What was not taken is not worked out. A second call does nothing."""
        self._complete = True
        await asyncio.get_running_loop().run_in_executor(self._pool, self._let_go)

    async def __aenter__(self) -> Table:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _next(self, count: int) -> list[Row]:
        """On a thread of the pool."""
        try:
            with self._watch:
                found = list(islice(self._rows, count))
        except BaseException:
            self._end()
            raise
        if len(found) < count:
            self._end()
        return found

    def _end(self) -> None:
        self._complete = True
        self._let_go()


_AT_ONCE = 1_000
"""Rows that are worked out in one go when all are wanted."""
