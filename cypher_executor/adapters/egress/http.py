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

    async def http_request(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """A `ports.CallHandler`: the answer to one request of a part."""
        if self._connections is None:
            loaded = await asyncio.to_thread(self._load)
            self._connections = self._connections or loaded  # another request may have been first
        return await self._connections.request(request, context)

    async def close(self) -> None:
        """Close all connections."""
        if self._connections is not None:
            await self._connections.close()

    def _load(self) -> Connections:
        from cypher_executor.adapters.egress.connection import Connections

        return Connections(self._rule, self._secrets, self._resolve, self._limits)
