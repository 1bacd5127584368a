"""The op `http_request`, without the weight of an HTTP client until somebody wants one.

Loading aiohttp takes longer than all the rest of a start, and many services never make a request. So it is loaded when
the first one comes, in a thread, while everything else goes on; what the operator set is checked at once all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cypher_executor.adapters.egress.rule import EgressRule
from cypher_executor.core.recipe import Value
from cypher_executor.ports import CallContext, Secrets

if TYPE_CHECKING:
    from cypher_executor.adapters.egress.connection import Connections
    from cypher_executor.adapters.egress.phases import PhaseLimits
    from cypher_executor.adapters.egress.resolving import Resolve


class Egress:
    """Carries out `http_request`. `allow` and `only` are the operator's entries, see `rule`.

    Raises errors.RequestInvalid for an entry that cannot be understood. `resolve` looks names up, by default as the
    machine does; `secrets` opens the secrets whose handles requests have; `limits` bound the phases of a request.
    """

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        only: Iterable[str] = (),
        secrets: Secrets | None = None,
        resolve: Resolve | None = None,
        limits: PhaseLimits | None = None,
    ) -> None:
        self._rule = EgressRule(allow, only)
        self._secrets = secrets
        self._resolve = resolve
        self._limits = limits
        self._connections: Connections | None = None
        self._loading = asyncio.Lock()

    async def http_request(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """A `ports.CallHandler`: the answer to one request of a part."""
        connections = self._connections or await self._loaded()
        return await connections.request(request, context)

    async def close(self) -> None:
        """Close all connections."""
        if self._connections is not None:
            await self._connections.close()

    async def _loaded(self) -> Connections:
        """Load them once, however many requests come first."""
        async with self._loading:
            if self._connections is None:
                self._connections = await asyncio.to_thread(self._load)
        return self._connections

    def _load(self) -> Connections:
        from cypher_executor.adapters.egress.connection import Connections

        return Connections(self._rule, self._secrets, self._resolve, self._limits)
