"""The modules that workers were or will be sent: their numbers on the wire, and the bytes of those used last.

Reading a module may take time (a disk, a bucket), so orders wait here for it: all orders of one part for one reading.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Final

from cypher_executor.adapters.dispatch_local.orders import Order
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import CypherExecutorError, Failure
from cypher_executor.ports import PartStore

_log = logging.getLogger(__name__)

_KEPT: Final = 128

Spawn = Callable[[Coroutine[None, None, None]], None]


class Modules:
    """Calls `on_ready` with the orders whose module has arrived, and `on_refused` with each that cannot have one."""

    def __init__(
        self,
        store: PartStore,
        spawn: Spawn,
        on_ready: Callable[[list[Order]], None],
        on_refused: Callable[[Order, Failure], None],
    ) -> None:
        self._store = store
        self._spawn = spawn
        self._on_ready = on_ready
        self._on_refused = on_refused
        self._numbers: dict[Digest, int] = {}
        self._kept: OrderedDict[Digest, bytes] = OrderedDict()
        self._waiting: dict[Digest, list[Order]] = {}

    def number(self, digest: Digest) -> int:
        """The number of this module on the wire."""
        return self._numbers.setdefault(digest, len(self._numbers))

    def bring(self, order: Order) -> bool:
        """Whether the order has its module now; otherwise it is read, and the order comes back through `on_ready`."""
        digest = order.execute.digest
        if (code := self._kept.get(digest)) is not None:
            self._kept.move_to_end(digest)
            order.code = code
            return True
        if digest not in self._waiting:
            self._spawn(self._fetch(digest))
        self._waiting.setdefault(digest, []).append(order)
        return False

    async def _fetch(self, digest: Digest) -> None:
        try:
            code = await self._store.module(digest)
        except CypherExecutorError as error:
            self._refuse(digest, error.message, error.retryable)
        except Exception:
            _log.exception("the module %s cannot be read", digest)
            self._refuse(digest, "its module cannot be read", True)
        else:
            self._arrived(digest, code)

    def _arrived(self, digest: Digest, code: bytes) -> None:
        self._kept[digest] = code
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        orders = self._waiting.pop(digest)
        for order in orders:
            order.code = code
        self._on_ready(orders)

    def _refuse(self, digest: Digest, why: str, retryable: bool) -> None:
        for order in self._waiting.pop(digest):
            message = f"part {order.execute.part!r} cannot be loaded: {why}"
            self._on_refused(order, Failure("part_unavailable", message, retryable))
