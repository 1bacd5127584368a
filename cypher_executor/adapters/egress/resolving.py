"""Looking names up, and refusing a name when any of its addresses is refused: mixed answers are an attack.

Nothing is remembered from one connection to the next, because what a name meant a minute ago was checked then and not
now. But connections that are made at the same time share one look-up: a thousand requests for one host need no
thousand questions.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp.abc import AbstractResolver, ResolveResult

from cypher_executor.adapters.egress.networks import read_address
from cypher_executor.adapters.egress.rule import EgressRule

Resolve = Callable[[str, int, socket.AddressFamily], Awaitable[list[ResolveResult]]]
_Question = tuple[str, int, socket.AddressFamily]


class CheckedResolver(AbstractResolver):
    """Every address of every answer has passed the rule."""

    def __init__(self, rule: EgressRule, resolve: Resolve) -> None:
        self._rule = rule
        self._resolve = resolve
        self._asked: dict[_Question, asyncio.Task[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp. Raises EgressRefused, and what looking up raises."""
        found = await self._look_up((host, port, family))
        for result in found:
            self._rule.check_address(host, read_address(result["host"]), port)
        return found

    async def close(self) -> None:
        """Give up the look-ups that are under way."""
        for task in self._asked.values():
            task.cancel()

    async def _look_up(self, question: _Question) -> list[ResolveResult]:
        task = self._asked.get(question)
        if task is None:
            task = asyncio.ensure_future(self._ask(question))
            self._asked[question] = task
            task.add_done_callback(lambda _: self._asked.pop(question, None))
        # Whoever gives up waiting must not end the look-up of the others.
        return cast("list[ResolveResult]", await asyncio.shield(task))

    async def _ask(self, question: _Question) -> list[ResolveResult]:
        return await self._resolve(*question)
