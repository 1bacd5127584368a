"""The catalog of recipes in SQLite, beside the journal: changes go through the same writer and are as durable.

The current versions that were asked for last are kept in memory, because every trigger asks for one. This process is
the only one that writes, so they are right until a change of their name is done, however that change ends.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import apsw
import orjson

from cypher_executor.adapters.sqlite.database import Database, OpenToRead
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.adapters.sqlite.writer import T, Work
from cypher_executor.core.recipe import Digest, Value
from cypher_executor.ports import RecipeVersion

_SQL = statements("catalog")

KEPT = 1_024
"""How many current versions are kept in memory."""


class SqliteReadCatalog:
    """`ports.ReadCatalog` over a file that is open to be read. It keeps nothing in memory: another process may be
    the one that writes."""

    def __init__(self, reading: OpenToRead) -> None:
        self._reading = reading

    async def versions(self, tenant: str, name: str) -> Sequence[RecipeVersion]:
        """All versions, oldest first; empty for an unknown name."""
        return await self._read("versions", tenant, name)

    async def tenants(self) -> Sequence[str]:
        """See `ports.Catalog`."""
        return [tenant for (tenant,) in await self._rows("tenants")]

    async def list_current(self, tenant: str) -> Sequence[RecipeVersion]:
        """The current version of every name, by name."""
        return await self._read("list_current", tenant)

    async def text(self, digest: Digest) -> str | None:
        """The text of a recipe that was stored under a name or used by a run."""
        rows = await self._rows("text", digest)
        return rows[0][0] if rows else None

    async def _read(self, name: str, *values: str) -> list[RecipeVersion]:
        return [_version(row) for row in await self._rows(name, *values)]

    async def _rows(self, name: str, *values: str) -> list[Any]:
        return await self._reading.read(lambda connection: connection.execute(_SQL[name], values).fetchall())


class SqliteCatalog(SqliteReadCatalog):
    """`ports.Catalog` over a `Database`, which it does not close."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._database = database
        self._current: OrderedDict[tuple[str, str], RecipeVersion] = OrderedDict()
        self._changes = 0

    async def save(
        self,
        tenant: str,
        name: str,
        digest: Digest,
        text: str,
        at_us: int,
        *,
        pins: Mapping[str, Digest] | None = None,
        bill: Mapping[str, Value] | None = None,
    ) -> RecipeVersion:
        """See `ports.Catalog`. A text that the name had before becomes current again under its old number."""
        with_pins, with_bill = _json(pins or {}), None if bill is None else _json(bill)

        def work(connection: apsw.Connection) -> RecipeVersion:
            number = connection.execute(_SQL["version_of_text"], (tenant, name, digest, text, with_pins)).get
            if number is None:
                number = 1 + (connection.execute(_SQL["last_version"], (tenant, name)).get or 0)
                values = (tenant, name, number, digest, text, at_us, with_pins, with_bill)
                connection.execute(_SQL["insert_version"], values)
                connection.execute(_SQL["insert_text"], (digest, text))
            elif with_bill is not None:
                connection.execute(_SQL["set_bill"], (with_bill, tenant, name, number))
            return _point(connection, tenant, name, number)

        return await self._change(tenant, name, work)

    async def current(self, tenant: str, name: str) -> RecipeVersion | None:
        """The version that `name` points at."""
        kept = self._current.get((tenant, name))
        if kept is not None:
            self._current.move_to_end((tenant, name))
            return kept
        changes = self._changes
        found = await self._read("current", tenant, name)
        if found and changes == self._changes and self._database.healthy:
            self._keep(found[0])
        return found[0] if found else None

    async def point(self, tenant: str, name: str, version: int) -> RecipeVersion | None:
        """Make an earlier version the current one; None if there is no such version."""

        def work(connection: apsw.Connection) -> RecipeVersion | None:
            known = connection.execute(_SQL["version"], (tenant, name, version)).fetchone()
            return _point(connection, tenant, name, version) if known else None

        return await self._change(tenant, name, work)

    async def using(self, part: str) -> Sequence[RecipeVersion]:
        """The current versions, of every tenant, that run the part of this name."""
        return await self._read("using", part)

    async def set_bill(self, tenant: str, name: str, version: int, bill: Mapping[str, Value]) -> None:
        """What a version can reach has changed, because what it starts has."""
        values = (_json(bill), tenant, name, version)
        await self._change(tenant, name, lambda connection: connection.execute(_SQL["set_bill"], values).fetchall())

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget the name. Runs keep their recipes, and its version numbers are not given again."""

        def work(connection: apsw.Connection) -> bool:
            connection.execute(_SQL["forget_name"], (tenant, name))
            known = connection.changes() > 0
            connection.execute(_SQL["delete_versions"], (tenant, name))
            return known

        return await self._change(tenant, name, work)

    def _keep(self, version: RecipeVersion) -> None:
        self._current[version.tenant, version.name] = version
        if len(self._current) > KEPT:
            self._current.popitem(last=False)

    async def _change(self, tenant: str, name: str, work: Work[T]) -> T:
        """Change what `name` points at. A caller who goes away takes nothing back: the writer goes on."""

        def forget(_: asyncio.Future[T]) -> None:
            self._changes += 1
            self._current.pop((tenant, name), None)

        written = self._database.write(work)
        written.add_done_callback(forget)
        return await asyncio.shield(written)


def _point(connection: apsw.Connection, tenant: str, name: str, version: int) -> RecipeVersion:
    connection.execute(_SQL["set_current"], {"tenant": tenant, "name": name, "version": version})
    row: Any = connection.execute(_SQL["version"], (tenant, name, version)).fetchone()
    return _version(row)


def _version(row: Any) -> RecipeVersion:
    tenant, name, version, digest, text, created_us, pins, bill = row
    told = None if bill is None else orjson.loads(bill)
    return RecipeVersion(tenant, name, version, digest, text, created_us, orjson.loads(pins), told)


def _json(value: Mapping[str, Value]) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
