"""How long each phase of a request may take: looking up the name, connecting, TLS, the first byte, and all of it.

A connection is made by tasks that are not told for whom they work, so the request in progress is in a context variable,
which those tasks inherit: `Progress` is where they find the host that was asked for, and where they say how far they
are. One time-out is set anew whenever a phase begins, so what fires knows which phase it was.
"""

from __future__ import annotations

import asyncio
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Any, Final, Literal

import aiohttp

Phase = Literal["queue", "dns", "connect", "tls", "first_byte", "body"]


@dataclass(frozen=True, slots=True)
class PhaseLimits:
    """In seconds. Waiting for a free connection, and for the rest of a body, is bounded by the total alone."""

    dns: float = 5.0
    connect: float = 10.0
    tls: float = 10.0
    first_byte: float = 30.0

    def of(self, phase: Phase) -> float | None:
        """None for no limit of its own."""
        limit: float | None = getattr(self, phase, None)
        return limit


class PhaseTimeout(Exception):
    """A phase, or all of them together, took too long. The message is the end of a sentence about the server."""


class Progress:
    """A request in progress, as a context: raises PhaseTimeout when a phase or the whole takes too long.

    A connection that was closed, as for any request that came to nothing, is over with the block. Without that it would
    be there, with all that was still to be sent, until its server has read that: never, if the server likes.
    """

    def __init__(self, host: str, limits: PhaseLimits, total_s: float) -> None:
        self.host = host
        self.transport: asyncio.Transport | None = None
        self._limits = limits
        self._total_s = total_s
        self._phase: Phase = "queue"
        self._ends = asyncio.get_running_loop().time() + total_s
        self._timeout = asyncio.timeout_at(self._ends)
        self._open = False

    def enter(self, phase: Phase) -> None:
        """This phase begins. A phase that nobody waits for any more changes nothing."""
        if not self._open or self._timeout.expired():
            return
        self._phase = phase
        limit = self._limits.of(phase)
        now = asyncio.get_running_loop().time()
        self._timeout.reschedule(self._ends if limit is None else min(self._ends, now + limit))

    async def __aenter__(self) -> Progress:
        current.set(self)
        await self._timeout.__aenter__()
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        if self.transport is not None and self.transport.is_closing():
            self.transport.abort()
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            raise PhaseTimeout(self._told()) from None

    def _told(self) -> str:
        limit = self._limits.of(self._phase)
        if limit is None or asyncio.get_running_loop().time() >= self._ends:
            return f"no complete answer within {round(self._total_s * 1000)} ms ({_DOING[self._phase]})"
        return f"{_DOING[self._phase]} took longer than {round(limit * 1000)} ms"


_DOING: Final[dict[Phase, str]] = {
    "queue": "waiting for a free connection",
    "dns": "looking up the name",
    "connect": "connecting",
    "tls": "the TLS handshake",
    "first_byte": "waiting for the first byte of the answer",
    "body": "reading the answer",
}

current: ContextVar[Progress | None] = ContextVar("the request that a connection is made for", default=None)


class TlsContext(ssl.SSLContext):
    """TLS as every HTTP client does it, which says when a handshake begins."""

    def __new__(cls) -> TlsContext:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self) -> None:
        self.load_default_certs()
        self.set_alpn_protocols(["http/1.1"])

    def wrap_bio(self, *args: Any, **more: Any) -> ssl.SSLObject:
        """See ssl.SSLContext."""
        if (progress := current.get()) is not None:
            progress.enter("tls")
        return super().wrap_bio(*args, **more)


def tracing() -> aiohttp.TraceConfig:
    """Tells the request in progress of the phases that the HTTP client knows of."""
    config = aiohttp.TraceConfig()
    config.on_dns_resolvehost_start.append(_entering("dns"))
    config.on_connection_create_end.append(_entering("first_byte"))
    config.on_connection_reuseconn.append(_entering("first_byte"))
    return config


def _entering(phase: Phase) -> Any:
    async def enter(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
        if (progress := current.get()) is not None:
            progress.enter(phase)

    return enter
