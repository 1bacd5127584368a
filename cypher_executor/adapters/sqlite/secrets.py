"""Sealed secrets in SQLite. What is written here was sealed before; nothing in this folder could open it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import apsw
import orjson

from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.ports import SealedSecret

_SQL = statements("secrets")


class SqliteSecrets:
    """`ports.SecretStore` over a `Database`, which it does not close."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, secret: SealedSecret) -> None:
        """Store it, in the place of an earlier one of this name."""
        s = secret
        row = (s.tenant, s.name, s.key_id, s.nonce, s.sealed, orjson.dumps(s.hosts).decode(), s.changed_us)
        await self._change("put", row)

    async def replace(self, old: SealedSecret, new: SealedSecret) -> bool:
        """Store the new one if the old one is still there, which its nonce tells."""
        return await self._change("replace", (new.key_id, new.nonce, new.sealed, old.tenant, old.name, old.nonce))

    async def find(self, tenant: str, names: Iterable[str]) -> Sequence[SealedSecret]:
        """Those of these names that there are."""
        return await self._read("find", tenant, orjson.dumps(list(names)).decode())

    async def of_tenant(self, tenant: str) -> Sequence[SealedSecret]:
        """All secrets of a tenant, by name."""
        return await self._read("of_tenant", tenant)

    async def all(self) -> Sequence[SealedSecret]:
        """All secrets of everybody."""
        return await self._read("all")

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget it; whether it was there."""
        return await self._change("delete", (tenant, name))

    async def _change(self, statement: str, values: Sequence[Any]) -> bool:
        def work(connection: apsw.Connection) -> bool:
            connection.execute(_SQL[statement], values)
            return connection.changes() > 0

        return await self._database.write(work)

    async def _read(self, statement: str, *values: str) -> list[SealedSecret]:
        def work(connection: apsw.Connection) -> list[Any]:
            return connection.execute(_SQL[statement], values).fetchall()

        return [_secret(*row) for row in await self._database.read(work)]


def _secret(
    tenant: str, name: str, key_id: str, nonce: bytes, sealed: bytes, hosts: str, changed_us: int
) -> SealedSecret:
    return SealedSecret(tenant, name, key_id, nonce, sealed, tuple(orjson.loads(hosts)), changed_us)
