"""One connection after its handshake: requests in, replies out. `states` has what is possible when.

There are no changes to keep apart, so a transaction is no more than answers with numbers; each of its questions sees
the graph as it is when it is asked. A bookmark is satisfied by whoever asks later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cypher_executor.bolt.extras import Begun, Credentials, begun, credentials, wanted
from cypher_executor.bolt.handshake import Version
from cypher_executor.bolt.messages import IGNORED, Request, failure, record, success
from cypher_executor.bolt.parameters import received
from cypher_executor.bolt.results import Results
from cypher_executor.bolt.states import AUTHENTICATED, State, possible
from cypher_executor.bolt.values import Dialect, sent
from cypher_executor.compat.desk import Answer, Desk, Question, database_of
from cypher_executor.compat.notices import notifications
from cypher_executor.compat.refusals import BUG, INVALID_REQUEST, Refused, refusal
from cypher_executor.errors import CypherExecutorError

BOOKMARK = "executor:live"
ROUTES_FOR_S = 300
ROWS_AT_ONCE = 200
"""Rows that are worked out, and sent, before anything else is looked at."""

SOON_S = 0.01
"""Replies are kept back so long for rows that are still worked out."""

_LOG = logging.getLogger(__name__)


class Wire(Protocol):
    """Where replies go."""

    async def reply(self, message: bytes) -> None:
        """Send a message, as soon as the client takes it."""
        ...

    async def flush(self) -> None:
        """Send what has been kept back to be sent together with more."""
        ...

    @property
    def interrupted(self) -> bool:
        """Whether the client wants nothing any more of what it has sent: a RESET has arrived, or it is gone."""
        ...

    async def interruption(self) -> None:
        """Returns when it is."""
        ...


class Interrupted(Exception):
    """What was asked for is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever has said who they are. `deeds` are the procedures that do something, and that they may call."""

    tenant: str
    deeds: frozenset[str]


Admit = Callable[[Credentials], Guest]
"""Lets somebody in, and is asked again with each question: a key may have been revoked. Raises Refused."""


class Session:
    """`id` names the connection, `client` is where it comes from, `address` where it was reached."""

    def __init__(
        self, desk: Desk, admit: Admit, wire: Wire, version: Version, id: str, client: str, address: str
    ) -> None:
        self.state = State.NEGOTIATION
        self._desk = desk
        self._admit = admit
        self._wire = wire
        self._version = version
        self._id = id
        self._client = client
        self._address = address
        self._dialect = Dialect(element_ids=version.major >= 5, utc=version.major >= 5)
        self._credentials: Credentials | None = None
        self._begun: Begun | None = None
        self._results = Results()
        self._busy = False
        self._handlers: Mapping[str, Callable[..., Awaitable[None]]] = {
            "HELLO": self._hello,
            "LOGON": self._logon,
            "LOGOFF": self._logoff,
            "RESET": self._reset,
            "GOODBYE": self._goodbye,
            "TELEMETRY": self._telemetry,
            "ROUTE": self._route,
            "RUN": self._run,
            "PULL": self._pull,
            "DISCARD": self._discard,
            "BEGIN": self._begin,
            "COMMIT": self._commit,
            "ROLLBACK": self._rollback,
        }

    @property
    def authenticated(self) -> bool:
        """Whether somebody has said who they are."""
        return self.state in AUTHENTICATED

    @property
    def holding(self) -> bool:
        """Whether an answer is open, or a transaction."""
        return bool(self._results) or self._begun is not None

    @property
    def busy(self) -> bool:
        """Whether something is being carried out."""
        return self._busy

    @property
    def ended(self) -> bool:
        """Whether the connection is to be closed."""
        return self.state is State.DEFUNCT

    async def handle(self, request: Request) -> None:
        """Carry out a request and reply to it. `ended` says whether the connection is to be closed then."""
        if (self.state is State.FAILED or self._wire.interrupted) and request.name not in ("RESET", "GOODBYE"):
            await self._wire.reply(IGNORED)
        elif not possible(self.state, request.name, self._version):
            await self.refuse(f"{request.name} is not possible in the state '{self.state.value}'")
        else:
            await self._carry_out(request)

    async def _carry_out(self, request: Request) -> None:
        before, self._busy = self.state, True
        try:
            await self._handlers[request.name](*request.fields)
        except Interrupted:
            await self._results.close()
            await self._wire.reply(IGNORED)
        except Refused as refused:
            await self._failed(before, refused)
        except CypherExecutorError as error:
            await self._failed(before, refusal(error, ""))
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            _LOG.exception("connection %s met a bug", self._id)
            await self._failed(before, Refused(BUG, "this is a mistake of cypher-executor; its log tells more"))
        finally:
            self._busy = False

    async def _failed(self, before: State, refused: Refused) -> None:
        await self._results.close()
        entering = before in (State.NEGOTIATION, State.AUTHENTICATION)
        self.state = State.DEFUNCT if entering else State.FAILED
        await self._wire.reply(failure(refused.code, refused.message))

    async def refuse(self, message: str) -> None:
        """Tell what is no request that makes sense now, and end."""
        self.state = State.DEFUNCT
        await self._wire.reply(failure(INVALID_REQUEST, message))

    async def close(self) -> None:
        """Let go of everything."""
        self.state = State.DEFUNCT
        await self._results.close()

    # --- who asks -----------------------------------------------------------------------------------------------------

    async def _hello(self, extra: dict[str, Any]) -> None:
        told: dict[str, Any] = {"server": self._server(), "connection_id": self._id, "hints": {}}
        if self._version < (5, 1):
            self._enter(extra)
        if self._version.major < 5 and "utc" in _patches(extra):
            self._dialect = Dialect(element_ids=False, utc=True)
            told["patch_bolt"] = ["utc"]
        self.state = State.READY if self._credentials is not None else State.AUTHENTICATION
        await self._wire.reply(success(told))

    def _server(self) -> str:
        """Drivers talk to what says that it is Neo4j, and to nothing else."""
        about = self._desk.about
        return f"Neo4j/{about.neo4j_version}-cypher-executor-{about.version}"

    def _enter(self, extra: dict[str, Any]) -> None:
        found = credentials(extra)
        self._admit(found)
        self._credentials = found

    async def _logon(self, extra: dict[str, Any]) -> None:
        self._enter(extra)
        self.state = State.READY
        await self._wire.reply(success({}))

    async def _logoff(self) -> None:
        self._credentials = None
        self.state = State.AUTHENTICATION
        await self._wire.reply(success({}))

    async def _reset(self) -> None:
        await self._results.close()
        self._begun = None
        if self._wire.interrupted:  # another RESET follows, and what stands before it is ignored, too
            self.state = State.FAILED
        else:
            self.state = State.READY
        await self._wire.reply(success({}))

    async def _goodbye(self) -> None:
        await self.close()

    async def _telemetry(self, api: int) -> None:
        """What a driver tells about how it is used is not kept."""
        await self._wire.reply(success({}))

    async def _route(self, context: dict[str, Any], bookmarks: list[Any], extra: dict[str, Any]) -> None:
        """There is one server, and it is where it was reached. A client keeps this under the name that it asked for."""
        asked_for = begun(extra).database
        database = asked_for or database_of(None)
        database_of(database)
        given = context.get("address")
        address = given if isinstance(given, str) and 0 < len(given) <= 300 else self._address
        servers = [{"addresses": [address], "role": role} for role in ("WRITE", "READ", "ROUTE")]
        await self._wire.reply(success({"rt": {"ttl": ROUTES_FOR_S, "db": database, "servers": servers}}))

    # --- questions ----------------------------------------------------------------------------------------------------

    async def _begin(self, extra: dict[str, Any]) -> None:
        self._begun = begun(extra)
        database_of(self._begun.database)
        self.state = State.TX_READY
        await self._wire.reply(success({}))

    async def _commit(self) -> None:
        await self._end_transaction({"bookmark": BOOKMARK})

    async def _rollback(self) -> None:
        await self._end_transaction({})

    async def _end_transaction(self, told: Mapping[str, Any]) -> None:
        await self._results.close()
        self._begun = None
        self.state = State.READY
        await self._wire.reply(success(told))

    async def _run(self, text: str, parameters: dict[str, Any], extra: dict[str, Any]) -> None:
        within = self._begun is not None
        self._results.check_room()
        values = await asyncio.to_thread(received, parameters, self._dialect) if parameters else {}
        answer = await self._desk.ask(self._question(text, values, self._begun or begun(extra)))
        number = self._results.add(answer)
        self.state = State.TX_STREAMING if within else State.STREAMING
        told = {"fields": list(answer.columns), "t_first": 0, "db": answer.database}
        await self._wire.reply(success({**told, "qid": number} if within else told))

    def _question(self, text: str, parameters: dict[str, Any], how: Begun) -> Question:
        assert self._credentials is not None
        guest = self._admit(self._credentials)
        return Question(
            text,
            parameters,
            tenant=guest.tenant,
            database=how.database,
            may_write=how.may_write,
            deeds=guest.deeds,
            timeout_s=how.timeout_s,
            metadata=how.metadata,
            client=self._client,
            protocol="bolt",
        )

    async def _pull(self, extra: dict[str, Any]) -> None:
        count, number = wanted(extra)
        number, answer = self._results.get(number)
        more = True
        while more and (count is None or count > 0):
            rows, more = await self._taken(answer, count)
            count = None if count is None else count - len(rows)
            for packed in await asyncio.to_thread(_records, rows, self._dialect):
                await self._wire.reply(packed)
        await self._streamed(number, answer, more)

    async def _taken(self, answer: Answer, count: int | None) -> tuple[Sequence[tuple[Any, ...]], bool]:
        """The next rows. Raises Interrupted when the client does not want them any more: it need not wait for them."""
        taking = asyncio.create_task(answer.take(min(count or ROWS_AT_ONCE, ROWS_AT_ONCE)))
        interruption = asyncio.create_task(self._wire.interruption())
        try:
            done, _ = await asyncio.wait((taking, interruption), timeout=SOON_S, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                await self._wire.flush()
                await asyncio.wait((taking, interruption), return_when=asyncio.FIRST_COMPLETED)
            if self._wire.interrupted:
                raise Interrupted
            return await taking
        finally:
            for task in (taking, interruption):
                task.cancel()
            await asyncio.gather(taking, interruption, return_exceptions=True)

    async def _discard(self, extra: dict[str, Any]) -> None:
        """Rows that are passed over are worked out only where others follow that are wanted."""
        count, number = wanted(extra)
        number, answer = self._results.get(number)
        more = False
        if count is None:
            await answer.close()
        while count is not None and count > 0:
            rows, more = await self._taken(answer, count)
            count = count - len(rows) if more else 0
        await self._streamed(number, answer, more)

    async def _streamed(self, number: int, answer: Answer, more: bool) -> None:
        if not more:
            self._results.done(number)
        if not self._results:
            self.state = State.READY if self._begun is None else State.TX_READY
        await self._wire.reply(success({"has_more": True} if more else self._summary(answer)))

    def _summary(self, answer: Answer) -> Mapping[str, Any]:
        told: dict[str, Any] = {"type": "r", "t_last": 0, "db": answer.database}
        if self._begun is None:
            told["bookmark"] = BOOKMARK
        if answer.plan is not None:
            told["plan"] = answer.plan
        if answer.notices:
            told["notifications"] = notifications(answer.notices)
        return told


def _records(rows: Sequence[tuple[Any, ...]], dialect: Dialect) -> list[bytes]:
    """Rows as they are sent; made in a thread, as they may be large."""
    return [record([sent(value, dialect) for value in row]) for row in rows]


def _patches(extra: Mapping[str, Any]) -> list[Any]:
    found = extra.get("patch_bolt")
    return found if isinstance(found, list) else []
