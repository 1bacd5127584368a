"""Where clients of Neo4j are answered: a text with its parameters becomes an answer, whichever way it came."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cypher_executor.compat import plans, tables
from cypher_executor.compat.commands import rewritten
from cypher_executor.compat.deeds import Doing, Wanted, deed_of, done
from cypher_executor.compat.plans import Plan
from cypher_executor.compat.procedures import About, procedures, shown_kinds
from cypher_executor.compat.refusals import BUG, NO_DATABASE, NOT_ON_SYSTEM, READ_ONLY, Refused, refusal
from cypher_executor.compat.scanning import words
from cypher_executor.cypher.query import SHIPPED, Limits, Procedure, compile_query
from cypher_executor.errors import CypherExecutorError, Diagnostic
from cypher_executor.queries import Questions, Table

DEFAULT_LIMITS = Limits(rows=1_000_000, steps=50_000_000, bytes=64 * 2**20, seconds=30.0)
"""What a question may use up. Rows are many, because clients take them as they go."""

_LOG = logging.getLogger(__name__)
_FOR_SYSTEM = re.compile(r"SHOW\b|CALL DBMS\b|CALL DB (?:PING|INFO)\b|EXPLAIN CALL DBMS\b")


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks. `client` and `protocol` are shown to others who ask what is going on; `may_write` says that
    it did not promise to read only, and `deeds` what it is allowed to do; `timeout_s` is the longest that it wants to
    be worked for."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tenant: str = "default"
    database: str | None = None
    may_write: bool = True
    deeds: frozenset[str] = frozenset()
    timeout_s: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    client: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A question in the list of those that are being answered."""

    number: int
    tenant: str
    text: str
    parameters: Mapping[str, Any]
    metadata: Mapping[str, Any]
    client: str
    protocol: str
    begun_us: int


class Desk:
    """Answers questions. `running` is what is being answered just now, over all connections."""

    def __init__(self, questions: Questions, doing: Doing, about: About, limits: Limits = DEFAULT_LIMITS) -> None:
        self._questions = questions
        self._doing = doing
        self._limits = limits
        self._numbers = itertools.count(1)
        self._running: dict[int, _Entry] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._about = about
        self._procedures: dict[str, Mapping[str, Procedure]] = {}
        self._kinds = shown_kinds()

    @property
    def about(self) -> About:
        """What is told of the service."""
        return self._about

    async def ask(self, question: Question) -> Answer:
        """The answer, of which nothing has been worked out yet. Raises Refused."""
        database = database_of(question.database)
        if database == tables.SYSTEM:
            _refuse_on_system(question.text)
        query = rewritten(question.text, self._kinds)
        deed = deed_of(question.text, may_write=question.may_write, allowed=question.deeds)
        entry = self._entered(question)
        try:
            answer = Answer(self, entry.number, question, query or question.text, database)
            await answer.begin(self._known(question.tenant), deed)
        except BaseException:
            self.forget(entry.number)
            raise
        return answer

    def _known(self, tenant: str) -> Mapping[str, Procedure]:
        """What CALL knows for this tenant; made once for each, so that texts need not be compiled again."""
        if tenant not in self._procedures:
            about = replace(self._about, running=lambda: self._running_of(tenant))
            self._procedures[tenant] = procedures(about)
        return self._procedures[tenant]

    def _running_of(self, tenant: str) -> Sequence[_Entry]:
        return [entry for entry in list(self._running.values()) if entry.tenant == tenant]

    def _entered(self, question: Question) -> _Entry:
        number, now_us = next(self._numbers), self._about.now_us()
        entry = _Entry(number, question.tenant, question.text, question.parameters, question.metadata, question.client,
                       question.protocol, now_us)  # fmt: skip
        self._running[number] = entry
        return entry

    def forget(self, number: int) -> None:
        """A question that is answered."""
        self._running.pop(number, None)

    def later(self, closing: Coroutine[Any, Any, None]) -> None:
        """Let go of what is still at work, when it is not any more."""
        task = asyncio.create_task(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Wait for what is still at work; the limits of questions say how long that can be."""
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def table(self, question: Question, query: str, known: Mapping[str, Procedure]) -> Table:
        """Ask the graph."""
        wanted = question.timeout_s or self._limits.seconds
        seconds = min(wanted, self._limits.seconds) if wanted and self._limits.seconds else wanted
        limits = replace(self._limits, seconds=seconds)
        given = question.parameters
        return await self._questions.ask(query, given, tenant=question.tenant, limits=limits, procedures=known)

    async def do(self, deed: Procedure, tenant: str, arguments: tuple[Any, ...]) -> Procedure:
        """Do a deed."""
        return await done(deed, self._doing, tenant, arguments)


class Answer:
    """Rows that are worked out as they are taken. To be closed when it is not read to its end."""

    def __init__(self, desk: Desk, number: int, question: Question, query: str, database: str) -> None:
        self.database = database
        self.columns: Sequence[str] = ()
        self.plan: Plan | None = None
        self.notices: Sequence[Diagnostic] = ()
        self._desk = desk
        self._number = number
        self._question = question
        self._query = query
        self._table: Table | None = None
        self._next: Sequence[tuple[Any, ...]] = ()
        self._taking: asyncio.Task[Sequence[tuple[Any, ...]]] | None = None

    async def begin(self, known: Mapping[str, Procedure], deed: Procedure | None) -> None:
        """Find out whether there is an answer; what the question does is done here. Raises Refused."""
        try:
            await self._open(known)
            if deed is not None:
                await self._do(known, deed)
        except CypherExecutorError as error:
            await self.close()
            raise refusal(error, self._query) from None

    async def _open(self, known: Mapping[str, Procedure]) -> None:
        self._table = await self._desk.table(self._question, self._query, known)
        self.columns, self.notices = self._table.columns, self._table.notices
        if self._table.explanation is not None:
            compiled = compile_query(self._query, procedures={**SHIPPED, **known})
            assert compiled.query is not None
            self.columns, self.plan = compiled.query.columns, plans.plan_of(compiled)

    async def _do(self, known: Mapping[str, Procedure], deed: Procedure) -> None:
        assert self._table is not None
        try:
            await self._table.take(1)
        except Wanted as wanted:
            await self._table.close()
            after = await self._desk.do(deed, self._question.tenant, wanted.arguments)
            await self._open({**known, deed.name: after})

    async def take(self, count: int) -> tuple[Sequence[tuple[Any, ...]], bool]:
        """The next rows, at most `count`, and whether there are more. Raises Refused; then there are none."""
        if self._table is None:
            return (), False
        wanted = count + 1 - len(self._next)
        try:
            found = [*self._next, *await self._taken(self._table, wanted)]
        except Wanted:
            await self.close()
            raise Refused(
                READ_ONLY, "CALL executor.run and executor.save begin a query, and stand in it once"
            ) from None
        except CypherExecutorError as error:
            await self.close()
            raise refusal(error, self._query) from None
        except Exception:
            await self.close()
            _LOG.exception("a question met a bug")
            raise Refused(BUG, "this is a mistake of cypher-executor; its log tells more") from None
        self._next = found[count:]
        if not self._next:
            await self.close()
        return found[:count], bool(self._next)

    async def _taken(self, table: Table, count: int) -> Sequence[tuple[Any, ...]]:
        """Rows of the table. Whoever waits for them may stop waiting, but a table must be left in peace until it has
        them, because a thread of its own is at work."""
        self._taking = asyncio.create_task(table.take(count))
        return await asyncio.shield(self._taking)

    async def close(self) -> None:
        """Let go of the graph, now or as soon as nobody works on it. A second call does nothing."""
        self._desk.forget(self._number)
        table, self._table = self._table, None
        if table is None:
            return
        if self._taking is None or self._taking.done():
            await table.close()
        else:
            table.stop()
            self._desk.later(_close_after(self._taking, table))


async def _close_after(taking: asyncio.Task[Any], table: Table) -> None:
    await asyncio.gather(taking, return_exceptions=True)
    await table.close()


def database_of(name: str | None) -> str:
    """The database of this name; the one that there is when none is named. Raises Refused."""
    known = (name or tables.DATABASE).lower()
    if known == tables.SYSTEM:
        return tables.SYSTEM
    if known != tables.DATABASE and known not in tables.ALIASES:
        raise Refused(NO_DATABASE, f"Graph not found: {name}. There is `{tables.DATABASE}`, and `{tables.SYSTEM}`.")
    return tables.DATABASE


def _refuse_on_system(text: str) -> None:
    beginning = " ".join(word.text for _, word in zip(range(4), words(text), strict=False))
    if _FOR_SYSTEM.match(beginning) is None:
        message = f"`{tables.SYSTEM}` answers SHOW and CALL dbms.*; recipes and runs are in `{tables.DATABASE}`"
        raise Refused(NOT_ON_SYSTEM, message)
