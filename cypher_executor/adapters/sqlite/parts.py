"""Parts in SQLite, beside the journal: those that were brought to this service, and those that something needs.

What is known of parts is read once and then in memory; only modules are read when they are asked for. They lie here
under their digests, and are handed out only when they still have it. As with recipes, this process is the only one that
writes, and what it remembers changes when the change is on disk. What nothing needs any more goes: see `unneeded`.
"""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import apsw
import orjson

from cypher_executor.adapters.sqlite import unneeded
from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.reading import snapshot
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.adapters.sqlite.unneeded import Survey
from cypher_executor.adapters.sqlite.writer import T, Work
from cypher_executor.core.part_record import part_record, read_part
from cypher_executor.core.parts import Part, digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import NotFound
from cypher_executor.ports import PartVersion

PAUSE_S: Final = 0.004
"""For how long the writer belongs to others between two modules that go."""

_SQL = statements("parts")


class SqliteParts:
    """`ports.OwnParts` over a `Database`, which it does not close. Empty until `load`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current: dict[str, PartVersion] = {}
        self._names: list[str] = []
        self._versions: dict[str, list[PartVersion]] = {}
        self._by_digest: dict[Digest, dict[str, Part]] = {}
        self._unneeded: set[Digest] = set()

    async def load(self) -> None:
        """Read what is known of all parts."""
        kept, versions, current, marked = await self._database.read(_everything)
        self._unneeded = {Digest(digest) for (digest,) in marked}
        for (told,) in kept:
            self._index(read_part(orjson.loads(told)))
        for number, told, made, created_us in versions:
            self._add(PartVersion(number, read_part(orjson.loads(told)), bool(made), created_us))
        for name, number in current:
            self._point(next(one for one in self._versions[name] if one.number == number))

    # --- looking up ---------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Part | None:
        """The newest version of a part that was brought here."""
        found = self._current.get(name)
        return found.part if found else None

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        """The part whose module has this digest, of several the one of this name; also what is only kept."""
        found = self._by_digest.get(digest, {})
        return next(iter(found.values()), None) if name is None else found.get(name)

    def all(self) -> Sequence[Part]:
        """The newest version of every part that was brought here, by name."""
        return [self._current[name].part for name in self._names]

    def versions(self, name: str) -> Sequence[PartVersion]:
        """All versions of a part, oldest first; empty when there is none of this name now."""
        return list(self._versions.get(name, ())) if name in self._current else ()

    async def module(self, digest: Digest) -> bytes:
        """The bytes of a module. Raises NotFound when it is not here, or damaged."""
        data: Any = await self._database.read(lambda connection: connection.execute(_SQL["module"], (digest,)).get)
        if data is None:
            raise NotFound(f"no part has a module with the digest {digest}")
        if await asyncio.to_thread(digest_of, data) != digest:
            raise NotFound(f"the module {digest} in the journal is damaged; bring its part again, or restore a backup")
        return bytes(data)

    def holds(self, digest: Digest, name: str) -> bool:
        """Whether the part of this name with this module stays here as long as something pins it."""
        return digest not in self._unneeded and name in self._by_digest.get(digest, {})

    # --- changing -----------------------------------------------------------------------------------------------------

    async def put(self, part: Part, module: bytes, *, made: bool, at_us: int) -> PartVersion:
        """A new version of a part, which becomes the newest."""
        told = _json(part)

        def work(connection: apsw.Connection) -> int:
            number: int = 1 + (connection.execute(_SQL["last_number"], (part.name,)).get or 0)
            _put_module(connection, part, module)
            connection.execute(_SQL["put_version"], (part.name, number, part.digest, told, int(made), at_us))
            connection.execute(_SQL["set_current"], {"name": part.name, "number": number})
            return number

        def remember(number: int) -> None:
            self._add(PartVersion(number, part, made, at_us))
            self._point(self._versions[part.name][-1])

        await self._change(work, remember)
        return self._current[part.name]

    async def delete(self, name: str) -> bool:
        """Forget the name; whether it was there. Its modules stay for whoever began with them."""

        def work(connection: apsw.Connection) -> bool:
            connection.execute(_SQL["forget_name"], (name,))
            return connection.changes() > 0

        def remember(known: bool) -> None:
            if self._current.pop(name, None) is not None:
                self._names.remove(name)

        return await self._change(work, remember)

    async def keep(self, part: Part, module: bytes) -> None:
        """Have this part stay here under its digest, and under no name."""
        told = _json(part)

        def work(connection: apsw.Connection) -> None:
            _put_module(connection, part, module)
            connection.execute(_SQL["keep"], (part.name, part.digest, told))

        await self._change(work, lambda _: self._index(part))

    async def let_go(self, after_us: int, now_us: int) -> tuple[int, int]:
        """Let modules go that nothing has needed for so long; how many there were, and their bytes."""
        found = await self._database.read(_survey)
        gone = []
        for one in unneeded.due(found, now_us - after_us):
            work = partial(unneeded.let_go, one.digest, found.position, now_us - after_us)
            if await self._change(work, partial(self._forget, one.digest)):
                gone.append(one)
            await asyncio.sleep(PAUSE_S)
        await self._change(partial(unneeded.mark, found, now_us), lambda _: self._mark(found))
        return len(gone), sum(one.bytes for one in gone)

    async def _change(self, work: Work[T], remember: Callable[[T], None]) -> T:
        """Change what is on disk, then what is in memory. A caller who goes away stops neither."""

        def written(done: asyncio.Future[T]) -> None:
            if not done.cancelled() and done.exception() is None:
                remember(done.result())

        change = self._database.write(work)
        change.add_done_callback(written)
        return await asyncio.shield(change)

    # --- what is in memory --------------------------------------------------------------------------------------------

    def _add(self, version: PartVersion) -> None:
        self._versions.setdefault(version.part.name, []).append(version)
        self._index(version.part)

    def _point(self, version: PartVersion) -> None:
        name = version.part.name
        if name not in self._current:
            bisect.insort(self._names, name)
        self._current[name] = version

    def _index(self, part: Part) -> None:
        assert part.digest is not None, "a part that is kept has a module"
        self._by_digest.setdefault(part.digest, {})[part.name] = part
        self._unneeded.discard(part.digest)

    def _mark(self, found: Survey) -> None:
        for one in found.modules:
            (self._unneeded.discard if one.needed else self._unneeded.add)(one.digest)

    def _forget(self, digest: Digest, gone: bool) -> None:
        if not gone:
            return
        for name in self._by_digest.pop(digest, {}):
            left = [version for version in self._versions.pop(name, ()) if version.part.digest != digest]
            if left:
                self._versions[name] = left


def _survey(connection: apsw.Connection) -> Survey:
    with snapshot(connection):
        return unneeded.survey(connection)


def _put_module(connection: apsw.Connection, part: Part, module: bytes) -> None:
    connection.execute(_SQL["put_module"], {"digest": part.digest, "module": module})
    connection.execute(_SQL["needed"], (part.digest,))


def _everything(connection: apsw.Connection) -> list[list[Any]]:
    return [list(connection.execute(_SQL[name])) for name in ("kept", "versions", "current", "unneeded")]


def _json(part: Part) -> str:
    return orjson.dumps(part_record(part)).decode()
