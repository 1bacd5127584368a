"""The compiled modules that workers were or will be sent: those used last are in memory.

A module comes from memory, from the disk, or from a compiler, in this order. The last two take time, so orders wait
here for it: all orders of one part for one reading or compiling. A module that was refused once is refused until the
next start, because nothing about it will be different.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from cypher_executor.adapters.dispatch_local.artifacts import Artifacts, name_of
from cypher_executor.adapters.dispatch_local.compilers import Compilers, Spawn
from cypher_executor.adapters.dispatch_local.orders import Module, Order
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import CypherExecutorError, Failure, ModuleRefused
from cypher_executor.ports import PartStore

_log = logging.getLogger(__name__)

_KEPT: Final = 128
_KEPT_BYTES: Final = 64 * 1024 * 1024
_REFUSED: Final = 1024

Key = tuple[Digest, bool]
"""A module, and whether it counts fuel."""


class Modules:
    """Calls `on_ready` with the orders whose module has arrived, and `on_refused` with each that cannot have one.

    `fingerprint` is what workers run; until it is known, nothing is taken from the disk.
    """

    def __init__(
        self,
        store: PartStore,
        compilers: Compilers,
        artifacts: Artifacts | None,
        spawn: Spawn,
        on_ready: Callable[[list[Order]], None],
        on_refused: Callable[[Order, Failure], None],
    ) -> None:
        self.fingerprint = b""
        self._store = store
        self._compilers = compilers
        self._artifacts = artifacts
        self._spawn = spawn
        self._on_ready = on_ready
        self._on_refused = on_refused
        self._numbers = itertools.count(1)
        self._kept: OrderedDict[Key, Module] = OrderedDict()
        self._kept_bytes = 0
        self._unusable: set[Key] = set()
        self._refused: OrderedDict[Key, Failure] = OrderedDict()
        self._waiting: dict[Key, list[Order]] = {}

    def bring(self, order: Order) -> bool:
        """Whether the order has its module now; otherwise it comes back through `on_ready` or `on_refused`."""
        key = _key(order)
        if (module := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            order.module = module
            return True
        if key not in self._waiting:
            self._spawn(self._fetch(key))
        self._waiting.setdefault(key, []).append(order)
        return False

    async def prefetch(self, digest: Digest, *, fuel: bool) -> Module | None:
        """Have a module in memory if it is on the disk."""
        key = (digest, fuel)
        if key not in self._kept and key not in self._waiting:
            code = await self._stored(key)
            if code is not None and key not in self._kept:
                self._keep(key, code, stored=True)
        return self._kept.get(key)

    def replace(self, unusable: Order) -> bool:
        """Bring an order's module once more, compiled anew: what was stored cannot be used. Answers as `bring` does."""
        key = _key(unusable)
        kept = self._kept.get(key)
        if kept is None or kept.stored:
            self._unusable.add(key)
            if kept is not None:
                self._drop(key)
        return self.bring(unusable)

    # --- from where they come -----------------------------------------------------------------------------------------

    async def _fetch(self, key: Key) -> None:
        try:
            if (failure := self._refused.get(key)) is None:
                await self._bring(key)
                return
        except ModuleRefused as error:
            failure = self._refused[key] = Failure(error.code, error.message)
            if len(self._refused) > _REFUSED:
                self._refused.popitem(last=False)
        except CypherExecutorError as error:
            failure = Failure("part_unavailable", error.message, error.retryable)
        except Exception:
            _log.exception("the module %s cannot be loaded", key[0])
            failure = Failure("part_unavailable", "its module cannot be loaded", True)
        self._refuse(key, failure)

    async def _bring(self, key: Key) -> None:
        if (code := await self._stored(key)) is not None:
            self._arrived(key, code, stored=True)
            return
        digest, fuel = key
        compiled = await self._compilers.compile(await self._store.module(digest), fuel=fuel)
        if self._artifacts is not None:
            name = name_of(digest, compiled.fingerprint, fuel=fuel)
            await asyncio.to_thread(self._artifacts.write, name, compiled.code)
        self._unusable.discard(key)
        self._arrived(key, compiled.code, stored=False)

    async def _stored(self, key: Key) -> bytes | None:
        if self._artifacts is None or not self.fingerprint or key in self._unusable:
            return None
        name = name_of(key[0], self.fingerprint, fuel=key[1])
        code = await asyncio.to_thread(self._artifacts.read, name)
        return None if key in self._unusable else code  # which may have turned out meanwhile

    # --- what is kept -------------------------------------------------------------------------------------------------

    def _keep(self, key: Key, code: bytes, *, stored: bool) -> Module:
        if key in self._kept:
            self._drop(key)
        module = self._kept[key] = Module(next(self._numbers), key[1], code, stored)
        self._kept_bytes += len(code)
        while len(self._kept) > 1 and (len(self._kept) > _KEPT or self._kept_bytes > _KEPT_BYTES):
            self._drop(next(iter(self._kept)))
        return module

    def _drop(self, key: Key) -> None:
        self._kept_bytes -= len(self._kept.pop(key).code)

    def _arrived(self, key: Key, code: bytes, *, stored: bool) -> None:
        module = self._keep(key, code, stored=stored)
        orders = self._waiting.pop(key)
        for order in orders:
            order.module = module
        self._on_ready(orders)

    def _refuse(self, key: Key, failure: Failure) -> None:
        for order in self._waiting.pop(key, ()):
            message = f"part {order.execute.part!r} cannot be loaded: {failure.message}"
            self._on_refused(order, Failure(failure.code, message, failure.retryable))


def _key(order: Order) -> Key:
    return order.execute.digest, order.fuel
