"""The parts in a bucket: what names mean is asked now and then, modules are fetched when they are first needed.

What was asked or fetched once is kept on disk, so a service begins, and runs what it has run before, while S3 cannot be
reached. A module that was never fetched fails then in a way that may be tried again. Everything that comes from the
bucket or from the disk must have its digest before anything is made of it: what does not is refused, and told.

Whoever may write to the bucket decides what parts are, and what they are granted: it is the operator's, like a folder
of parts. Names that are taken by parts before these are not listened to.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Final

import orjson

from cypher_executor.adapters.parts_s3.bucket import Bucket, Objects
from cypher_executor.adapters.parts_s3.cache import ObjectCache
from cypher_executor.core.part_record import part_record, read_part
from cypher_executor.core.parts import Part, digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import CypherExecutorError, NotFound, module_too_large

_log = logging.getLogger(__name__)

REFRESH_EVERY_S: Final = 60.0
AGAIN_AFTER_S: Final = 5.0
FIRST_S: Final = 10.0
"""How long a start waits for what names mean, when nothing is known of them yet."""
MOST_RECORD_BYTES: Final = 1024 * 1024
MOST_MODULE_BYTES: Final = 4 * 1024 * 1024
"""Unless an operator says otherwise."""
_MOST_HEAD_BYTES: Final = 256

Changed = Callable[[str], Awaitable[None]]
"""Hears that the part of this name is another one now."""


_Asked = tuple[Mapping[str, str], dict[str, tuple[Digest, bytes]], set[str]]


class S3Parts:
    """`ports.PartStore` over a bucket. `taken` tells the names that are not listened to."""

    def __init__(
        self,
        bucket: Bucket,
        cache: ObjectCache,
        *,
        taken: Callable[[str], bool] = lambda name: False,
        most_module_bytes: int = MOST_MODULE_BYTES,
    ) -> None:
        self._bucket = bucket
        self._cache = cache
        self._taken = taken
        self._most_module_bytes = most_module_bytes
        self._tags: dict[str, str] = {}
        self._heads: dict[str, Digest] = {}
        self._parts: dict[str, Part] = {}
        self._by_digest: dict[Digest, dict[str, Part]] = {}
        self.asked = False
        """Whether it is known what there is: now, or when somebody last asked."""

    # --- looking up ---------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Part | None:
        """The part of this name."""
        return self._parts.get(name)

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        """The part whose module has this digest, of several the one of this name; earlier ones too."""
        found = self._by_digest.get(digest, {})
        return next(iter(found.values()), None) if name is None else found.get(name)

    def all(self) -> Sequence[Part]:
        """Every part, by name."""
        return [self._parts[name] for name in sorted(self._parts)]

    async def module(self, digest: Digest) -> bytes:
        """The bytes of a module.

        Raises NotFound when it is not in the bucket, or not what it was, ModuleRefused when it is too large, and
        Unavailable without S3.
        """
        if digest not in self._by_digest:
            raise NotFound(f"no part has a module with the digest {digest}")
        data = await asyncio.to_thread(self._cache.read, digest)
        if data is None:
            data = await self._bucket.use(lambda objects: self._fetched_module(objects, digest))
            await asyncio.to_thread(self._cache.write, digest, data)
            await asyncio.to_thread(self._cache.make_room)
        return data

    # --- what names mean ----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Begin with what was known when somebody last asked. May block."""
        heads = self._cache.heads()
        self.asked = bool(heads)
        for name, record in heads.items():
            data = self._cache.read(record)
            if data is not None and (part := self._part(name, data)) is not None:
                self._point(name, record, part)

    @contextlib.asynccontextmanager
    async def refreshing(self, changed: Changed) -> AsyncIterator[None]:
        """Ask what names mean now, and every minute as long as the block lasts. Without S3 that is tried on and on."""
        first = asyncio.Event()
        task = asyncio.create_task(self._refresh_on_and_on(changed, first))
        try:
            if not self._parts:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(first.wait(), FIRST_S)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def refresh(self) -> tuple[str, ...]:
        """Ask what names mean now; those that mean something else than before. Raises Unavailable."""
        tags, found, lost = await self._bucket.use(self._asked)
        self.asked = True
        gone = self._heads.keys() - {name.removeprefix("heads/") for name in tags}
        changed = [name for name, (record, data) in found.items() if self._take(name, record, data)]
        for name in gone:
            del self._heads[name], self._parts[name]
        self._tags = {path: tag for path, tag in tags.items() if path not in lost}
        if changed or gone:
            await asyncio.to_thread(self._cache.write_heads, dict(self._heads))
            await asyncio.to_thread(self._cache.make_room)
        return tuple(sorted({*changed, *gone}))

    async def publish(self, part: Part, module: bytes) -> None:
        """Write a part into the bucket; its name means it from then on. Raises Unavailable."""
        assert part.digest == digest_of(module), "a part goes with its module"
        record = orjson.dumps({"format": 1, "part": part_record(part)})

        async def write(objects: Objects) -> None:
            for data in (module, record):
                await objects.put(_object(digest_of(data)), data)
            await objects.put(f"heads/{part.name}", digest_of(record).encode())

        await self._bucket.use(write)

    async def _refresh_on_and_on(self, changed: Changed, first: asyncio.Event) -> None:
        told = ""
        while True:
            wait_s = REFRESH_EVERY_S
            try:
                for name in await self.refresh():
                    await changed(name)
                told = ""
            except CypherExecutorError as error:
                wait_s = AGAIN_AFTER_S
                if told != error.message:
                    _log.warning("%s; parts that are kept here run, others fail until it is back", error.message)
                told = error.message
            first.set()
            await asyncio.sleep(wait_s)

    async def _asked(self, objects: Objects) -> _Asked:
        """All heads with their tags, the records of those that are not as they were, and those without a record."""
        tags, found, lost = await objects.tags("heads/"), dict[str, tuple[Digest, bytes]](), set[str]()
        for path, tag in tags.items():
            if self._tags.get(path) == tag:
                continue
            head = await objects.get(path, _MOST_HEAD_BYTES)
            record = Digest((head or b"").decode("ascii", "replace").strip())
            if not _is_digest(record):
                _log.warning("%s in %s says nothing that could be a part: it is not listened to", path, self._where)
                continue
            data = self._cache.read(record)
            if data is None:
                try:
                    data = await self._fetched(objects, record, MOST_RECORD_BYTES)
                except NotFound as missing:
                    _log.warning("%s: %s", path, missing.message)
                    lost.add(path)
                    continue
                self._cache.write(record, data)
            found[path.removeprefix("heads/")] = (record, data)
        return tags, found, lost

    async def _fetched_module(self, objects: Objects, digest: Digest) -> bytes:
        size = await objects.size(_object(digest))
        if size is not None and size > self._most_module_bytes:
            raise module_too_large(size, self._most_module_bytes)
        return await self._fetched(objects, digest, self._most_module_bytes)

    async def _fetched(self, objects: Objects, digest: Digest, most_bytes: int) -> bytes:
        data = await objects.get(_object(digest), most_bytes)
        if data is None:
            raise NotFound(f"{self._where} has no object {digest} of at most {most_bytes} bytes")
        return self._verified(data, digest)

    def _verified(self, data: bytes, digest: Digest) -> bytes:
        if digest_of(data) != digest:
            raise NotFound(f"the object {digest} in {self._where} is not what it was: it is refused")
        return data

    def _take(self, name: str, record: Digest, data: bytes) -> bool:
        part = self._part(name, data)
        if part is None or self._heads.get(name) == record:
            return False
        self._point(name, record, part)
        return True

    def _part(self, name: str, data: bytes) -> Part | None:
        """What a record says, if that can be a part of this name."""
        try:
            part = read_part(orjson.loads(data)["part"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            part = None
        if part is None or part.name != name or part.digest is None or not _is_digest(part.digest):
            _log.warning("what %s has for the part %r cannot be read: it is not listened to", self._where, name)
            return None
        if self._taken(name):
            _log.warning("%s has a part %r, whose name is taken: it is not listened to", self._where, name)
            return None
        return part

    def _point(self, name: str, record: Digest, part: Part) -> None:
        assert part.digest is not None
        self._heads[name], self._parts[name] = record, part
        self._by_digest.setdefault(part.digest, {})[name] = part

    @property
    def _where(self) -> str:
        return str(self._bucket.address)


def _object(digest: Digest) -> str:
    return f"objects/{digest.removeprefix('sha256:')}"


def _is_digest(text: str) -> bool:
    figures = text.removeprefix("sha256:")
    return text.startswith("sha256:") and len(figures) == 64 and all(figure in "0123456789abcdef" for figure in figures)
