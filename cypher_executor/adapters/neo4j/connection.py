"""One Neo4j database by the official asynchronous driver: every statement is bounded in time, every failure is ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from cypher_executor.cypher.temporal.instants import DateTime
from cypher_executor.errors import RequestInvalid, Unavailable

CONNECT_S = 5.0
ANSWER_S = 20.0
"""How long one statement may take. What hangs is given up with its connection."""
SCHEMES = frozenset(kind + secured for kind in ("bolt", "neo4j") for secured in ("", "+s", "+ssc"))
_ADVICE: Mapping[str, str] = {
    "Neo.ClientError.Security.Unauthorized": "look at NEO4J_USERNAME and NEO4J_PASSWORD",
    "Neo.ClientError.Database.DatabaseNotFound": "look at NEO4J_DATABASE",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is. `username` None: it wants no password. `database` None: the user's own."""

    uri: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str | None = None


class Connection:
    """A pool of connections to one database; none is made before the first statement. Raises RequestInvalid for an
    address that is none."""

    def __init__(self, address: Address, *, answer_s: float = ANSWER_S) -> None:
        import neo4j

        if address.uri.partition("://")[0] not in SCHEMES:
            message = f"NEO4J_URI: {address.uri!r} is no address of Bolt: write bolt://HOST:7687 or neo4j://HOST"
            raise RequestInvalid(message, code="setting_invalid")
        logging.getLogger("neo4j").setLevel(logging.ERROR)  # what fails is told once, by whoever asks
        self._address = address
        self._answer_s = answer_s
        auth = None if address.username is None else (address.username, address.password or "")
        try:
            self._driver = neo4j.AsyncGraphDatabase.driver(
                address.uri,
                auth=auth,
                connection_timeout=CONNECT_S,
                connection_acquisition_timeout=CONNECT_S * 2,
                max_transaction_retry_time=2,
                liveness_check_timeout=30,
                notifications_min_severity="OFF",
            )
        except (neo4j.exceptions.ConfigurationError, ValueError) as error:
            raise RequestInvalid(f"NEO4J_URI: {error}", code="setting_invalid") from None

    async def ask(self, text: LiteralString, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        """The rows of one statement, in a transaction of its own. Raises Unavailable."""
        import neo4j

        try:
            async with asyncio.timeout(self._answer_s):
                found = await self._driver.execute_query(text, parameters, database_=self._address.database)
        except TimeoutError:
            raise self._unavailable(f"no answer within {self._answer_s:g} s") from None
        except neo4j.exceptions.Neo4jError as error:
            raise self._unavailable(error.message or str(error), error.code) from error
        except (neo4j.exceptions.DriverError, OSError) as error:
            raise self._unavailable(str(error).replace("\n", " ")) from error
        return found.records

    async def close(self) -> None:
        """Let go of all connections, without waiting for one that hangs."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._driver.close()
        except (TimeoutError, OSError):
            return

    def _unavailable(self, why: str, code: str | None = None) -> Unavailable:
        return Unavailable(
            f"Neo4j at {self._address.uri}: {why}",
            code="neo4j_unavailable",
            next_actions=[_ADVICE.get(code or "", "look whether Neo4j runs, and at NEO4J_URI")],
        )


def sent(value: Any) -> Any:
    """A property as the driver takes it."""
    if isinstance(value, DateTime):
        return _EPOCH + timedelta(microseconds=value.instant // 1_000)
    return value
