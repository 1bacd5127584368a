"""API keys in SQLite: what is kept of each, which opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
import orjson

from cypher_executor.adapters.sqlite.connection import open_reader
from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.settling import FILE_NAME
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.keys import Key, KeyId

_SQL = statements("keys")


class SqliteKeys:
    """`ports.KeyStore` over a `Database`, which it does not close."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: Key) -> None:
        """Keep a new key."""
        scopes = orjson.dumps(sorted(key.scopes)).decode()
        row = (key.id, key.tenant, key.name, scopes, key.digest, key.created_us, key.expires_us)
        await self._database.write(lambda connection: connection.execute(_SQL["add"], row) and None)

    async def revoke(self, key: KeyId, at_us: int) -> None:
        """From now on this key opens nothing. One that was revoked before stays as it is."""
        await self._database.write(lambda connection: connection.execute(_SQL["revoke"], (at_us, key)) and None)

    async def all(self) -> Sequence[Key]:
        """Every key of everybody, oldest first, revoked ones included."""

        def work(connection: apsw.Connection) -> list[Any]:
            return connection.execute(_SQL["all"]).fetchall()

        return [_key(*row) for row in await self._database.read(work)]


def has_keys(folder: Path) -> bool:
    """Whether a key was ever made in this data folder, which may be in use, or not be there yet."""
    path = folder / FILE_NAME
    if not path.exists():
        return False
    try:
        connection = open_reader(path, None)
    except apsw.Error:
        return False
    try:
        return bool(connection.execute(_SQL["any"]).get)
    except apsw.SQLError:  # of a layout that had no keys yet
        return False
    finally:
        connection.close()


def _key(
    id: str,
    tenant: str,
    name: str,
    scopes: str,
    digest: bytes,
    created_us: int,
    expires_us: int | None,
    revoked_us: int | None,
) -> Key:
    return Key(KeyId(id), tenant, name, frozenset(orjson.loads(scopes)), digest, created_us, expires_us, revoked_us)
