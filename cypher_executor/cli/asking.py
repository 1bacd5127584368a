"""One question to a service, from a command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cypher_executor.cli.client import Client
from cypher_executor.cli.finding import service

T = TypeVar("T")


def asked(server: str | None, ask: Callable[[Client], Awaitable[T]]) -> T:
    """What the service answers. Raises what the client raises."""

    async def answered() -> T:
        async with service(server) as client:
            return await ask(client)

    return asyncio.run(answered())
