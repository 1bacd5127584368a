"""Whoever looks on: the next delivery to a path of hooks, shown to those who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from cypher_executor.errors import Unavailable

MOST = 100
"""How many may look on at once."""

View = dict[str, Any]


class Onlookers:
    """Those who wait for a delivery now, by tenant and path."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[asyncio.Future[View]]] = {}

    async def next(self, tenant: str, path: str) -> View:
        """The next delivery to this path. Raises Unavailable when too many look on."""
        if sum(map(len, self._waiting.values())) >= MOST:
            raise Unavailable(
                f"{MOST} callers wait for deliveries already, which is the limit", code="too_many_waiting"
            )
        shown: asyncio.Future[View] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault((tenant, path), [])
        waiting.append(shown)
        try:
            return await shown
        finally:
            waiting.remove(shown)
            if not waiting:
                self._waiting.pop((tenant, path), None)

    def show(self, tenant: str, path: str, view: Callable[[], View]) -> None:
        """A delivery has come: show it to those who wait, if there are any."""
        for waiting in [*self._waiting.get((tenant, path), ())]:
            if not waiting.done():
                waiting.set_result(view())
