"""The key-value store of recipes in SQLite: durable when it is answered, and each change made once.

A change and the note that it was made are one transaction, so a change that is asked for again after a crash finds the
note, gives the first answer, and does not undo what others have done since. What has expired is invisible at once and
removed by the changes that follow, a hundred keys at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import apsw

from cypher_executor import errors
from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.ports import KeySpace, Once

MAX_KEYS: Final = 10_000
MAX_BYTES: Final = 64 * 1024 * 1024
"""Of all keys and values of one recipe."""

_SQL = statements("kv")


class SqliteKeyValues:
    """`ports.KeyValues` over a `Database`, which it does not close."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, space: KeySpace, key: str, now_us: int) -> bytes | None:
        """The value of a key."""
        values = {"tenant": space.tenant, "recipe": space.recipe, "key": key, "now": now_us}
        return await self._database.read(lambda connection: connection.execute(_SQL["get"], values).get)

    async def put(
        self, space: KeySpace, key: str, value: bytes, expires_us: int | None, now_us: int, once: Once
    ) -> None:
        """Set a key. Raises RequestInvalid (`kv_full`) when the recipe has no room for it."""

        def change(connection: apsw.Connection) -> bool:
            connection.execute(_SQL["forget_expired"], (now_us,))
            number = _space(connection, space)
            connection.execute(_SQL["put"], (number, key, value, expires_us))
            _check_room(connection, space, number, now_us)
            return True

        await self._once(once, change)

    async def delete(self, space: KeySpace, key: str, now_us: int, once: Once) -> bool:
        """Forget a key; whether it was there."""
        values = {"tenant": space.tenant, "recipe": space.recipe, "key": key, "now": now_us}
        return await self._once(once, lambda connection: bool(connection.execute(_SQL["delete"], values).get))

    async def _once(self, once: Once, change: Callable[[apsw.Connection], bool]) -> bool:
        """Make a change, unless it has been made: its answer."""

        def work(connection: apsw.Connection) -> bool:
            answer = connection.execute(_SQL["done"], (once.run, once.op)).get
            if answer is not None:
                return bool(answer)
            changed = change(connection)
            connection.execute(_SQL["note_done"], {"run": once.run, "op": once.op, "answer": int(changed)})
            return changed

        return await self._database.write(work)


def _space(connection: apsw.Connection, space: KeySpace) -> int:
    values = {"tenant": space.tenant, "recipe": space.recipe}
    connection.execute(_SQL["make_space"], values)
    number: Any = connection.execute(_SQL["space"], values).fetchone()
    return int(number[0])


def _check_room(connection: apsw.Connection, space: KeySpace, number: int, now_us: int) -> None:
    if _fits(connection, space):
        return
    connection.execute(_SQL["forget_expired_here"], (number, now_us))
    if not _fits(connection, space):
        raise errors.RequestInvalid(
            f"a recipe may keep {MAX_KEYS} keys of {MAX_BYTES} bytes together: delete some, or give them a ttl_s",
            code="kv_full",
        )


def _fits(connection: apsw.Connection, space: KeySpace) -> bool:
    row: Any = connection.execute(_SQL["space"], {"tenant": space.tenant, "recipe": space.recipe}).fetchone()
    _, keys, size = row
    return bool(keys <= MAX_KEYS and size <= MAX_BYTES)
